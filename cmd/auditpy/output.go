package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/internal/agent"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/report"
	"github.com/auditpy/auditpy/internal/sink"
	"github.com/auditpy/auditpy/internal/source"
)

// output is where scan's alerts go: each at once to standard output, or all at the end to a file.
type output struct {
	f        *scanFlags
	in       *input
	w        io.Writer
	quiet    bool // nothing on standard output: the report is a file
	term     report.Terminal
	csv      *report.CSV
	sarif    *report.SARIF
	page     *report.Page
	progress *progress
	buf      []byte
}

func (f *scanFlags) output(c *cobra.Command, in *input) *output {
	w := c.OutOrStdout()
	onTerminal := isTerminal(w)
	o := &output{f: f, in: in, w: w, quiet: f.html != "" && !c.Flags().Changed("format"), progress: newProgress(c.ErrOrStderr(), in.src)}
	in.stderr = o.progress
	o.term = report.Terminal{Color: colors(f.color, onTerminal), Tree: onTerminal, Width: columns(w)}
	if c.Flags().Changed("tree") {
		o.term.Tree = f.tree
	}
	switch f.format {
	case "csv":
		o.csv = report.NewCSV(w)
	case "sarif":
		o.sarif = new(report.SARIF)
	}
	if f.html != "" {
		o.page = new(report.Page)
	}
	return o
}

// room is the memory that a report takes while it is written: what it keeps, and a copy.
func (o *output) room() int64 {
	if o.page == nil && o.sarif == nil {
		return 0
	}
	return 2 * report.MaxBytes
}

// alert takes an alert of the loop.
func (o *output) alert(a *alert.Alert, _ uint64) error {
	o.progress.alerts++
	if o.page != nil {
		o.page.Add(a)
	}
	switch {
	case o.quiet:
		return nil
	case o.csv != nil:
		return o.csv.Add(a)
	case o.sarif != nil:
		o.sarif.Add(a, o.place(a))
		return nil
	}
	o.progress.clear()
	o.buf = o.append(o.buf[:0], a)
	_, err := o.w.Write(o.buf)
	return err
}

func (o *output) append(dst []byte, a *alert.Alert) []byte {
	switch o.f.format {
	case "text":
		return o.term.Append(dst, a)
	case "json":
		return append(a.AppendJSON(dst), '\n')
	}
	e := alert.Seal(a)
	if o.f.format == "syslog" {
		// Neither this host nor this process has to do with what is in the file: the same file prints the same bytes.
		line := sink.Encoding{Header: sink.Header{Facility: authpriv}}
		return append(line.Append(dst, &e, 0), '\n')
	}
	format, _ := sink.ParseFormat(o.f.format)
	return append(sink.Payload{Format: format, Version: version()}.Append(dst, &e, 0), '\n')
}

// authpriv is the facility that run sends with by default.
const authpriv sink.Facility = 10

// place is where the first record of an alert's event stands.
func (o *output) place(a *alert.Alert) report.Place {
	src, ok := o.in.src.(source.Places)
	if !ok || len(a.Event.Records) == 0 {
		return report.Place{}
	}
	name, offset, _ := src.Place(a.Event.Records[0].Mark)
	return report.Place{File: name, Offset: offset}
}

// end writes what is made of all alerts.
func (o *output) end(l *agent.Loop, args []string) error {
	about := report.About{Version: version(), Sources: args, Records: l.Stats.Records, Events: l.Assembler.Stats().Events, Problems: o.problems(l)}
	if o.f.sample {
		about.Sources = []string{"the built-in sample"}
	}
	if o.csv != nil && !o.quiet {
		if err := o.csv.Begin(); err != nil {
			return err
		}
	}
	if o.sarif != nil {
		if err := o.sarif.Write(o.w, about, lines(o.sarif.Places())); err != nil {
			return err
		}
	}
	if o.page == nil {
		return nil
	}
	err := report.Save(o.f.html, func(w io.Writer) error { return o.page.Write(w, about) })
	if err == nil {
		fmt.Fprintf(o.progress, "auditpy: %s: %d alerts%s\n", printable(o.f.html), o.page.Len(), leftOut(o.page.Left()))
	}
	return err
}

func leftOut(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d of the lowest levels left out", n)
}

// problems are what could not be read.
func (o *output) problems(l *agent.Loop) (out []string) {
	for _, e := range o.in.errs {
		out = append(out, eachError(e)...)
	}
	if n := l.Stats.Unparsed; n > 0 {
		out = append(out, fmt.Sprintf("%d lines were no audit records", n))
	}
	return out
}

func eachError(err error) (out []string) {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			out = append(out, eachError(e)...)
		}
		return out
	}
	return []string{err.Error()}
}

// lines counts on which line each place is. Files are read again for it: nobody else has to count then.
func lines(places []report.Place) func(report.Place) int64 {
	known := make(map[report.Place]int64)
	for rest := report.Sorted(places); len(rest) > 0; {
		name, offsets := rest[0].File, []int64(nil)
		for len(rest) > 0 && rest[0].File == name {
			offsets, rest = append(offsets, rest[0].Offset), rest[1:]
		}
		at, _ := source.LinesAt(name, offsets) // a file that is gone since has places without lines
		for i, line := range at {
			known[report.Place{File: name, Offset: offsets[i]}] = line
		}
	}
	return func(p report.Place) int64 { return known[p] }
}
