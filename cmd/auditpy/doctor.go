package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/doctor"
)

// doctorFlags are what doctor is asked for.
type doctorFlags struct {
	config string
	asJSON bool
	fix    bool
	canary bool
	wait   time.Duration
	rules  string
}

func doctorCommand() *cobra.Command {
	var f doctorFlags
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Tell what keeps alerts from being raised or from arriving, and what to do about it",
		Long: `Doctor looks at the kernel's auditing, auditd and its log, the agent, its files and its sinks, and tells which of the loaded
detections audit rules leave blind. It changes nothing and sends nothing. What needs rights that it does not have it cannot
look at, and says so.

With --fix it prints the audit rules that bring blind detections back, as a file for the end of /etc/audit/rules.d. With
--canary it runs a harmless command whose alert must arrive at each sink.

The exit status is 0 if all is well (there may be warnings), 1 if there is a fault, 2 if something could not be looked at.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runDoctor(c, &f) },
	}
	addConfigFlag(c, &f.config)
	c.Flags().BoolVar(&f.asJSON, "json", false, "print one JSON document")
	c.Flags().BoolVar(&f.fix, "fix", false, "print a file of the audit rules that are missing, and nothing else")
	c.Flags().BoolVar(&f.canary, "canary", false, "run a harmless command, and wait for its alert at each sink")
	c.Flags().DurationVar(&f.wait, "wait", doctor.CanaryWait, "how long to wait for the canary's alert")
	c.Flags().StringVar(&f.rules, "audit-rules", "", "judge the audit rules in `file`, as auditctl -l prints them, instead of the kernel's (- is standard input)")
	c.MarkFlagsMutuallyExclusive("canary", "fix")
	c.MarkFlagsMutuallyExclusive("canary", "audit-rules")
	return c
}

func runDoctor(c *cobra.Command, f *doctorFlags) error {
	o, err := doctorOptions(c, f)
	if err != nil {
		return err
	}
	var r *doctor.Report
	if f.canary {
		r = doctor.Canary(c.Context(), o, f.wait)
	} else {
		r = doctor.Examine(c.Context(), o)
	}
	if f.fix {
		return printFix(c.OutOrStdout(), r)
	}
	if err := printReport(c.OutOrStdout(), r, f.asJSON); err != nil {
		return err
	}
	switch r.Status {
	case doctor.Fault:
		return errFound
	case doctor.Unknown:
		return &hintError{errors.New("doctor: not everything could be looked at"), "run it as root, on the host itself"}
	}
	return nil
}

func doctorOptions(c *cobra.Command, f *doctorFlags) (o doctor.Options, err error) {
	cfg, err := loadConfig(f.config)
	if err != nil {
		return o, err
	}
	loaded, err := (&loader{file: f.config, kind: cfg.Source.Kind}).rules(&cfg)
	if loaded == nil {
		return o, err
	}
	o = doctor.Options{Config: &cfg, ConfigFile: f.config, Detections: listed(loaded.Rules), Diags: loaded.Diags} // no rule at all is a finding
	if _, err := os.Stat(defaultConfig); f.config == "" && !errors.Is(err, fs.ErrNotExist) {
		o.ConfigFile = defaultConfig
	}
	if f.rules == "" {
		return o, nil
	}
	text, err := readListed(c.InOrStdin(), f.rules)
	o.Listed = &text
	return o, err
}

// maxListed bounds a file of audit rules.
const maxListed = 16 << 20

func readListed(stdin io.Reader, name string) (string, error) {
	r := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return "", err
		}
		defer file.Close()
		r = file
	}
	b, err := io.ReadAll(io.LimitReader(r, maxListed+1))
	if err == nil && len(b) > maxListed {
		err = fmt.Errorf("read %q: over %d bytes", name, maxListed)
	}
	return string(b), err
}

// printFix prints the fix alone, so that it can be written to a file.
func printFix(w io.Writer, r *doctor.Report) error {
	for _, c := range r.Checks {
		if (c.Name == "audit rules" || c.Name == "detections") && c.Status == doctor.Unknown {
			return &hintError{fmt.Errorf("doctor: %s: %s", c.Name, c.What), "run it as root, or name the rules with --audit-rules"}
		}
	}
	if r.Fix == "" {
		_, err := io.WriteString(w, "## auditpy doctor --fix: nothing is missing.\n")
		return err
	}
	_, err := io.WriteString(w, r.Fix)
	return err
}

func printReport(w io.Writer, r *doctor.Report, asJSON bool) error {
	if !asJSON {
		return r.Print(w, wantsColours(w), alert.Escape)
	}
	b, err := r.AppendJSON(nil)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// wantsColours reports whether a person reads what is written. That /dev/null passes for a terminal hurts nobody.
func wantsColours(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
