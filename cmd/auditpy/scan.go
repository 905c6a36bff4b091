package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/internal/agent"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/sink"
)

type scanFlags struct {
	rules         []string
	noBuiltin     bool
	format, group string
	config        string
	stats, sample bool
	follow        bool
}

func scanCommand() *cobra.Command {
	var f scanFlags
	c := &cobra.Command{
		Use:   "scan [flags] FILE...|-",
		Short: "Find alerts in audit logs",
		Long: `Scan reads audit logs, oldest record first, and prints an alert for each event that rules match.
FILE may be gzip or zstd; - is standard input. Exit status: 0 no alert, 1 alerts, 2 something could not be read.
With --follow it goes on with what is written to one FILE or named pipe, for a person who watches: run is what loses nothing
when a log is rotated.`,
		Example: `  auditpy scan --sample
  auditpy scan /var/log/audit/audit.log*
  auditpy scan --rules my-rules/ --format json audit.log
  auditpy scan --follow /var/log/audit/audit.log`,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	c.Flags().StringArrayVar(&f.rules, "rules", nil, "rule `file or folder`, besides the built-in rules; may be given again")
	addRulesConfigFlag(c, &f.config)
	c.Flags().BoolVar(&f.noBuiltin, "no-builtin", false, "leave the built-in rules out")
	c.Flags().StringVar(&f.format, "format", "text", "output `format`: text, json (ECS), ocsf, asim, cef or syslog")
	c.Flags().StringVar(&f.group, "group", "event", "one alert per event or rule: `what`")
	c.Flags().BoolVar(&f.stats, "stats", false, "end with one line of JSON on standard error: what was read and found")
	c.Flags().BoolVar(&f.follow, "follow", false, "go on with what is written to FILE, until SIGINT or SIGTERM")
	c.Flags().BoolVar(&f.sample, "sample", false, "scan the built-in sample capture of a real attack")
	return c
}

func (f *scanFlags) check() error {
	if _, ok := sink.ParseFormat(f.format); !ok && f.format != "syslog" {
		return fmt.Errorf("--format %q: want text, json, ocsf, asim, cef or syslog", f.format)
	}
	if f.group != "event" && f.group != "rule" {
		return fmt.Errorf("--group %q: want event or rule", f.group)
	}
	return nil
}

func (f *scanFlags) run(c *cobra.Command, args []string) error {
	if err := f.check(); err != nil {
		return err
	}
	o, err := ruleOptions(f.config)
	if err != nil {
		return err
	}
	set, rulesErr := loadRules(c.ErrOrStderr(), ruleSource{f.rules, !f.noBuiltin, o})
	if len(set.Rules()) == 0 {
		return errors.Join(rulesErr, &hintError{errors.New("no rule to scan with"), "--rules names a file or folder; without --no-builtin there are the built-in rules"})
	}
	in, err := f.open(c, args)
	if err != nil {
		return err
	}
	in.errs = append([]error{rulesErr}, in.errs...)
	l := in.loop(set, correlate.Options{PerRule: f.group == "rule"})
	var buf []byte
	l.OnAlert = func(a *alert.Alert, _ uint64) error {
		buf = f.append(buf[:0], a)
		_, err := c.OutOrStdout().Write(buf)
		return err
	}
	if err := in.run(c.Context(), l); err != nil {
		return err
	}
	printUndecided(c.ErrOrStderr(), set.Undecided(nil))
	if f.stats {
		printStats(c.ErrOrStderr(), l, in)
	}
	return f.result(l, in)
}

func (f *scanFlags) open(c *cobra.Command, args []string) (*input, error) {
	if !f.follow {
		return openInput(c, args, f.sample)
	}
	if len(args) != 1 || f.sample || args[0] == "-" || args[0] == netlinkFile {
		return nil, errors.New("--follow takes one FILE")
	}
	in := newInput(c)
	return in, in.openTail(args[0])
}

func (f *scanFlags) append(dst []byte, a *alert.Alert) []byte {
	switch f.format {
	case "text":
		return a.AppendText(dst)
	case "json":
		return append(a.AppendJSON(dst), '\n')
	}
	e := alert.Seal(a)
	if f.format == "syslog" {
		// Neither this host nor this process has to do with what is in the file: the same file prints the same bytes.
		line := sink.Encoding{Header: sink.Header{Facility: authpriv}}
		return append(line.Append(dst, &e, 0), '\n')
	}
	format, _ := sink.ParseFormat(f.format)
	return append(sink.Payload{Format: format, Version: version()}.Append(dst, &e, 0), '\n')
}

// authpriv is the facility that run sends with by default.
const authpriv sink.Facility = 10

// result puts what could not be read before what was found: a script must not take a scan of half the
// files for a whole one.
func (f *scanFlags) result(l *agent.Loop, in *input) error {
	if err := in.err(); err != nil {
		return err
	}
	if l.Correlator.Stats().Alerts > 0 {
		return errFound
	}
	return nil
}
