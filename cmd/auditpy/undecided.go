package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// printUndecided says which tests nobody can rely on for this input: who can write a value that takes their regular
// expressions too many steps can hide from their rules.
func printUndecided(w io.Writer, all []rule.Undecided) {
	for _, u := range all {
		var titles []string
		for _, m := range u.Rules {
			titles = append(titles, fmt.Sprintf("%q", m.Title))
		}
		fmt.Fprintf(w, "auditpy: warning: undecided %d times, too many steps: %s\n", u.Count,
			printable(fmt.Sprintf("%s like %s of %s", u.Field, u.Pattern, strings.Join(titles, ", "))))
	}
}
