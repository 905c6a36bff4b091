package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

type explainFlags struct {
	rules  []string
	config string
	id     string
	serial uint64
	sample bool
}

func rulesExplainCommand() *cobra.Command {
	var f explainFlags
	c := &cobra.Command{
		Use:   "explain --rule ID [flags] FILE...|-",
		Short: "Tell, test by test, why a rule does or does not hold for the events of audit logs",
		Long: `Explain reads audit logs and tells for each event that the rule's log source sees, or for the one with --serial, what
the rule asks and what the answers are. Exit status: 0 the rule holds for none, 1 it holds for some, 2 something failed.`,
		Example: "  auditpy rules explain --sample --rule 522bc779-3764-4a74-ad02-8248e7e7a8c5 --serial 15",
		RunE:    func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	addRulesConfigFlag(c, &f.config)
	c.Flags().StringArrayVar(&f.rules, "rules", nil, "rule `file or folder`, besides the built-in rules; may be given again")
	c.Flags().StringVar(&f.id, "rule", "", "`ID` of the rule")
	c.Flags().Uint64Var(&f.serial, "serial", 0, "only the event with this `serial`")
	c.Flags().BoolVar(&f.sample, "sample", false, "read the built-in sample capture")
	return c
}

func (f *explainFlags) run(c *cobra.Command, args []string) error {
	if f.id == "" {
		return &hintError{errors.New("no rule to explain"), "--rule takes an id; auditpy rules list shows them"}
	}
	o, err := ruleOptions(f.config)
	if err != nil {
		return err
	}
	set, err := loadRules(io.Discard, ruleSource{f.rules, true, o})
	if err != nil {
		return err
	}
	if _, ok := set.Explain(f.id, &event.Event{}); !ok {
		return noSuchRule(set, f.id)
	}
	in, err := openInput(c, args, f.sample)
	if err != nil {
		return err
	}
	return f.explain(c, set, in)
}

// noSuchRule says why nothing can be explained about an id.
func noSuchRule(set *rules.Set, id string) error {
	for _, k := range set.Correlations() {
		if k.Meta.ID == id {
			return &hintError{fmt.Errorf("rule %q is a correlation: it asks nothing of an event", id), "explain the rules that it counts: " + strings.Join(k.Refs, ", ")}
		}
	}
	return &hintError{fmt.Errorf("no rule has the id %q", id), "auditpy rules list shows the ids; auditpy rules lint says why one does not load"}
}

func (f *explainFlags) explain(c *cobra.Command, set *rules.Set, in *input) error {
	none, _ := rules.Load(nil)
	l := in.loop(none, correlate.Options{})
	out := bufio.NewWriter(c.OutOrStdout())
	found, seen := false, false
	l.OnEvent = func(ev *event.Event) error {
		if f.serial != 0 && ev.ID.Serial != f.serial {
			return nil
		}
		seen = true
		x, _ := set.Explain(f.id, ev)
		found = found || x.Holds
		return writeExplanation(out, ev, x)
	}
	if err := errors.Join(in.run(c.Context(), l), out.Flush(), in.err()); err != nil {
		return err
	}
	if f.serial != 0 && !seen {
		return &hintError{fmt.Errorf("no event has the serial %d", f.serial), "auditpy events shows the events; a serial is the number behind the colon, as in msg=audit(1700000000.123:4711)"}
	}
	if found {
		return errFound
	}
	return nil
}

func writeExplanation(w io.Writer, ev *event.Event, x rule.Explanation) error {
	for _, row := range x.Rows {
		_, err := fmt.Fprintf(w, "%d %s: %s\n", ev.ID.Serial, row.Name, verdict(row.Holds))
		for _, l := range row.Lines {
			_, e := fmt.Fprintf(w, "  %-4s%s%s%s\n", verdict(l.Holds), strings.Repeat("  ", l.Depth+1), printable(l.Text), shown(l.Values))
			err = errors.Join(err, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func verdict(holds bool) string {
	if holds {
		return "yes"
	}
	return "no"
}

// shown are the values of a field, cut to what fits a screen.
func shown(values []string) string {
	const most = 200
	if len(values) == 0 {
		return ""
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = printable(v)
	}
	s := "    <- " + strings.Join(quoted, " | ")
	return clip(s, most)
}
