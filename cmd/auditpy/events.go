package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules"
)

type eventsFlags struct {
	format                string
	sample, stats, follow bool
}

func eventsCommand() *cobra.Command {
	var f eventsFlags
	c := &cobra.Command{
		Use:   "events [flags] FILE...|-|netlink:",
		Short: "Print the events of audit logs, one a line",
		Long: `Events reads audit logs, oldest record first, joins the records of each event, and prints the event with
its process. FILE may be gzip or zstd; - is standard input; netlink: is what the kernel tells from now on, until SIGINT
or SIGTERM.`,
		Example: `  auditpy events --sample
  auditpy events --format text /var/log/audit/audit.log*
  auditpy events --follow /var/log/audit/audit.log`,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	c.Flags().StringVar(&f.format, "format", "json", "output `format`: text, json or none")
	c.Flags().BoolVar(&f.sample, "sample", false, "read the built-in sample capture")
	c.Flags().BoolVar(&f.follow, "follow", false, "go on with what is written to FILE, through its rotations, until SIGINT or SIGTERM")
	c.Flags().BoolVar(&f.stats, "stats", false, "end with one line of JSON on standard error: what was read")
	return c
}

func (f *eventsFlags) run(c *cobra.Command, args []string) error {
	if f.format != "text" && f.format != "json" && f.format != "none" {
		return fmt.Errorf("--format %q: want text, json or none", f.format)
	}
	in, err := f.open(c, args)
	if err != nil {
		return err
	}
	none, _ := rules.Load(nil)
	l := in.loop(none, correlate.Options{})
	out := bufio.NewWriterSize(c.OutOrStdout(), 1<<16)
	if f.format != "none" {
		l.OnEvent = eventPrinter(out, f.format)
	}
	l.OnIdle = func() bool { // nothing more to come for now: show what there is
		return out.Flush() == nil
	}
	if err := errors.Join(in.run(c.Context(), l), out.Flush()); err != nil {
		return err
	}
	if f.stats {
		printStats(c.ErrOrStderr(), l, in)
	}
	return in.err()
}

func (f *eventsFlags) open(c *cobra.Command, args []string) (*input, error) {
	in := newInput(c)
	switch netlink := len(args) == 1 && args[0] == netlinkFile; {
	case f.follow && (netlink || len(args) != 1 || f.sample || args[0] == "-"):
		return nil, errors.New("--follow takes one FILE")
	case f.follow:
		return in, in.openFollow(args[0])
	case netlink:
		return in, in.openNetlink()
	}
	return openInput(c, args, f.sample)
}

func eventPrinter(w io.Writer, format string) func(*event.Event) error {
	appendEvent := alert.AppendEvent
	if format == "text" {
		appendEvent = alert.AppendEventText
	}
	var buf []byte
	return func(ev *event.Event) error {
		buf = append(appendEvent(buf[:0], ev), '\n')
		_, err := w.Write(buf)
		return err
	}
}
