package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/internal/rulefile"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/builtin"
	"github.com/auditpy/auditpy/rules/rule"
)

// loadRules loads the rules at paths, and the built-in ones if asked. A bad rule is told on w and left
// out; the error is about files that could not be read, and the set holds the rest.
func loadRules(w io.Writer, paths []string, withBuiltin bool) (*rules.Set, error) {
	var files []rule.File
	if withBuiltin {
		files = builtin.Files()
	}
	read, err := rulefile.Read(paths)
	set, diags := rules.Load(append(files, read...))
	for _, d := range diags {
		fmt.Fprintln(w, printable(d.String()))
	}
	boundMemory()
	return set, err
}

func rulesCommand() *cobra.Command {
	c := &cobra.Command{Use: "rules", Short: "Work with rules", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(rulesListCommand(), rulesLintCommand())
	return c
}

func rulesListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list [PATH...]",
		Short: "List the rules that load: the built-in ones, or those at PATH",
		RunE: func(c *cobra.Command, args []string) error {
			set, err := loadRules(c.ErrOrStderr(), args, len(args) == 0)
			for _, m := range set.Rules() {
				fmt.Fprintf(c.OutOrStdout(), "%-13s %-8s %s  %s\n", m.Level, m.Dialect, printable(m.ID), printable(m.Title))
			}
			return err
		},
	}
}

func rulesLintCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lint PATH...",
		Short: "Tell what is wrong with rules: exit status 1 if a rule does not load",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			files, err := rulefile.Read(args)
			set, diags := rules.Load(files)
			bad := 0
			for _, d := range diags {
				fmt.Fprintln(c.OutOrStdout(), printable(d.String()))
				if d.Fatal {
					bad++
				}
			}
			fmt.Fprintf(c.ErrOrStderr(), "auditpy: %d rules load, %d errors in those that do not\n", len(set.Rules()), bad)
			if err == nil && bad > 0 {
				err = errFound
			}
			return err
		},
	}
}
