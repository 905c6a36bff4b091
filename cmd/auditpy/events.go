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

func eventsCommand() *cobra.Command {
	var format string
	var useSample, withStats bool
	c := &cobra.Command{
		Use:   "events [flags] FILE...|-",
		Short: "Print the events of audit logs, one a line",
		Long: `Events reads audit logs, oldest record first, joins the records of each event, and prints the event with
its process. FILE may be gzip or zstd; - is standard input.`,
		RunE: func(c *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return fmt.Errorf("--format %q: want text or json", format)
			}
			return events(c, args, format, useSample, withStats)
		},
	}
	c.Flags().StringVar(&format, "format", "json", "output `format`: text or json")
	c.Flags().BoolVar(&useSample, "sample", false, "read the built-in sample capture")
	c.Flags().BoolVar(&withStats, "stats", false, "end with one line of JSON on standard error: what was read")
	return c
}

func events(c *cobra.Command, args []string, format string, useSample, withStats bool) error {
	in, err := openInput(c, args, useSample)
	if err != nil {
		return err
	}
	none, _ := rules.Load(nil)
	l := in.loop(none, correlate.Options{})
	out := bufio.NewWriterSize(c.OutOrStdout(), 1<<16)
	l.OnEvent = eventPrinter(out, format)
	if err := errors.Join(in.run(c.Context(), l), out.Flush()); err != nil {
		return err
	}
	if withStats {
		printStats(c.ErrOrStderr(), l, in)
	}
	return in.err()
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
