package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/internal/agent"
	"github.com/auditpy/auditpy/internal/report"
)

type scanFlags struct {
	rules         []string
	noBuiltin     bool
	format, group string
	config        string
	stats, sample bool
	follow        bool
	html, color   string
	tree          bool
}

// formats of --format; all but text are for programs.
var formats = []string{"text", "json", "ocsf", "asim", "cef", "syslog", "csv", "sarif"}

func scanCommand() *cobra.Command {
	var f scanFlags
	c := &cobra.Command{
		Use:   "scan [flags] FILE...|-",
		Short: "Find alerts in audit logs",
		Long: `Scan reads audit logs, oldest record first, and prints an alert for each event that rules match.
FILE may be gzip or zstd; - is standard input. Exit status: 0 no alert, 1 alerts, 2 something could not be read.
With --follow it goes on with what is written to one FILE or named pipe, for a person who watches: run is what loses nothing
when a log is rotated.

In a terminal the alerts are in colours (unless NO_COLOR is set) and show the processes above. With --html they are one page for
a browser, which needs no network; standard output then has alerts only if --format is given.`,
		Example: `  auditpy scan --sample
  auditpy scan /var/log/audit/audit.log*
  auditpy scan --rules my-rules/ --format json audit.log
  auditpy scan --html report.html /var/log/audit/audit.log*
  auditpy scan --follow /var/log/audit/audit.log`,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	c.Flags().StringArrayVar(&f.rules, "rules", nil, "rule `file or folder`, besides the built-in rules; may be given again")
	addRulesConfigFlag(c, &f.config)
	c.Flags().BoolVar(&f.noBuiltin, "no-builtin", false, "leave the built-in rules out")
	c.Flags().StringVar(&f.format, "format", "text", "output `format`: text, json (ECS), ocsf, asim, cef, syslog, csv or sarif")
	c.Flags().StringVar(&f.html, "html", "", "write a report for a browser to `file`")
	c.Flags().StringVar(&f.color, "color", "auto", "`when` to use colours in text: auto, always or never; auto is in a terminal, without NO_COLOR")
	c.Flags().BoolVar(&f.tree, "tree", false, "show in text the processes above each alert's (default: in a terminal)")
	c.Flags().StringVar(&f.group, "group", "event", "one alert per event or rule: `what`")
	c.Flags().BoolVar(&f.stats, "stats", false, "end with one line of JSON on standard error: what was read and found")
	c.Flags().BoolVar(&f.follow, "follow", false, "go on with what is written to FILE, until SIGINT or SIGTERM")
	c.Flags().BoolVar(&f.sample, "sample", false, "scan the built-in sample capture of a real attack")
	return c
}

func (f *scanFlags) check() error {
	if !slices.Contains(formats, f.format) {
		return fmt.Errorf("--format %q: want %s or %s", f.format, strings.Join(formats[:len(formats)-1], ", "), formats[len(formats)-1])
	}
	if f.group != "event" && f.group != "rule" {
		return fmt.Errorf("--group %q: want event or rule", f.group)
	}
	if f.color != "auto" && f.color != "always" && f.color != "never" {
		return fmt.Errorf("--color %q: want auto, always or never", f.color)
	}
	if f.html != "" { // before hours of reading
		return report.MaySave(f.html)
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
	set, rulesErr := loadNamed(c.ErrOrStderr(), ruleSource{f.rules, !f.noBuiltin, o})
	if len(set.Rules()) == 0 {
		return errors.Join(rulesErr, &hintError{errors.New("no rule to scan with"), "--rules names a file or folder; without --no-builtin there are the built-in rules"})
	}
	in, err := f.open(c, args)
	if err != nil {
		return err
	}
	in.errs = append([]error{rulesErr}, in.errs...)
	out := f.output(c, in)
	l := in.loop(set, correlate.Options{PerRule: f.group == "rule"})
	l.OnAlert, l.OnEvent = out.alert, out.progress.event
	addRoom(out.room())
	err = in.run(c.Context(), l)
	out.progress.clear()
	if err != nil {
		return err
	}
	printUndecided(c.ErrOrStderr(), set.Undecided(nil))
	if err := out.end(l, args); err != nil {
		return err
	}
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
