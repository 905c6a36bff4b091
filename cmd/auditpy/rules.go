package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/rulefile"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/builtin"
	"github.com/auditpy/auditpy/rules/rule"
)

// ruleSource is where rules come from, and what they ask of the configuration.
type ruleSource struct {
	paths   []string
	builtin bool
	options rules.Options
}

// ruleOptions takes what rules ask of the configuration. Without a file that is nothing.
func ruleOptions(file string) (rules.Options, error) {
	o := rules.Options{Zone: time.Local}
	if file == "" {
		return o, nil
	}
	cfg, err := config.Load(file)
	return optionsOf(&cfg), err
}

func optionsOf(cfg *config.Config) rules.Options {
	o := rules.Options{Zone: time.Local, Placeholders: make(map[string][]string)}
	for _, p := range cfg.Rules.Placeholders {
		o.Placeholders[p.Name] = append(o.Placeholders[p.Name], p.Values...)
	}
	for _, s := range cfg.Rules.LogSources {
		o.Sources = append(o.Sources, rules.Override{From: rules.Source(s.From), To: rules.Source(s.To)})
	}
	return o
}

// loadRules loads the rules at paths, and the built-in ones if asked. A bad rule is told on w and left
// out; the error is about files that could not be read, and the set holds the rest.
func loadRules(w io.Writer, from ruleSource) (*rules.Set, error) {
	set, _, err := loadTold(w, from)
	return set, err
}

// loadNamed is loadRules, and its error tells too of paths that were named and not loaded: who asks for a rule must not take silence
// for an answer of it. One bad rule in a folder of hundreds is only told.
func loadNamed(w io.Writer, from ruleSource) (*rules.Set, error) {
	set, diags, err := loadTold(w, from)
	loaded := listed(set)
	for _, p := range from.paths {
		bad, some := 0, false
		for _, d := range diags {
			if below(d.Pos.File, p) && (d.Fatal || d.Pos.File == p) {
				bad++
			}
		}
		for _, m := range loaded {
			some = some || below(m.Pos.File, p)
		}
		if fatal := slices.ContainsFunc(diags, func(d rule.Diag) bool { return d.Fatal && d.Pos.File == p }); fatal || bad > 0 && !some {
			err = errors.Join(err, &hintError{fmt.Errorf("rules %s: not all of it loads: nothing was looked for in its place", p), "auditpy rules lint " + alert.Escape(p)})
		}
	}
	return set, err
}

// below reports whether a file is p, or in the folder p.
func below(file, p string) bool {
	return file == p || strings.HasPrefix(file, strings.TrimSuffix(p, "/")+"/") || p == "."
}

func loadTold(w io.Writer, from ruleSource) (*rules.Set, []rule.Diag, error) {
	var files []rule.File
	if from.builtin {
		files = builtin.Files()
	}
	read, err := rulefile.Read(from.paths)
	files = append(files, read...)
	set, diags, room := loadWithRoom(files, from.options)
	addRoom(room)
	for _, d := range diags {
		fmt.Fprintln(w, told(d))
	}
	return set, diags, err
}

func rulesCommand() *cobra.Command {
	c := &cobra.Command{Use: "rules", Short: "Work with rules", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(rulesListCommand(), rulesLintCommand(), rulesTestCommand(), rulesImportCommand(), rulesExplainCommand(), rulesEvalCommand())
	return c
}

func rulesListCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "list [PATH...]",
		Short: "List the rules that load: the built-in ones, or those at PATH",
		Long: `List tells of each rule its level, its dialect, what audit rules must record for it, its id and its title. What must be
recorded is exec for executions; connect, accept, or another system call by its name; stdio for descriptors that become standard
streams; create for new files; of Elastic's rules a category such as file or network, and call for a call that the rule names; a type
of records in upper case; key=K for what an audit rule with that key records; a|b for either of two. Unrecorded is what no audit
record tells, so that the rule never holds; - is nothing in particular. auditpy doctor tells whether it is recorded here.`,
		RunE: func(c *cobra.Command, args []string) error {
			o, err := ruleOptions(file)
			if err != nil {
				return err
			}
			set, err := loadRules(c.ErrOrStderr(), ruleSource{args, len(args) == 0, o})
			for _, m := range listed(set) {
				fmt.Fprintf(c.OutOrStdout(), "%-13s %-8s %-16s %s  %s\n", m.Level, m.Dialect, needs(m), alert.Escape(m.ID), alert.Escape(m.Title))
			}
			return err
		},
	}
	addRulesConfigFlag(c, &file)
	return c
}

// listed are the rules of a set, and behind them the correlations.
func listed(set *rules.Set) []*rule.Meta {
	all := set.Rules()
	for _, k := range set.Correlations() {
		all = append(all, k.Meta)
	}
	return all
}

// needs is what audit rules must record for a rule.
func needs(m *rule.Meta) string {
	if len(m.Needs) == 0 {
		return "-"
	}
	return strings.Join(m.Needs, ",")
}

func rulesLintCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "lint PATH...",
		Short: "Tell what is wrong with rules: exit status 1 if a rule does not load",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := ruleOptions(file)
			if err != nil {
				return err
			}
			files, err := rulefile.Read(args)
			set, diags := rules.LoadOptions(files, o)
			bad := 0
			for _, d := range diags {
				fmt.Fprintln(c.OutOrStdout(), told(d))
				if d.Fatal {
					bad++
				}
			}
			fmt.Fprintf(c.ErrOrStderr(), "auditpy: %d rules load, %d errors in those that do not\n", len(listed(set)), bad)
			if err == nil && bad > 0 {
				err = errFound
			}
			return err
		},
	}
	addRulesConfigFlag(c, &file)
	return c
}
