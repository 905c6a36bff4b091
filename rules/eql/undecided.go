package eql

import (
	"slices"

	"github.com/auditpy/auditpy/rules/rule"
)

// regexBudget is how many steps the regular expressions of all queries may take on one event together.
const regexBudget = 50_000_000

// Undecided appends the tests that were undecided since Compile: they counted as false. It may be called while Eval runs.
func (e *Engine) Undecided(dst []rule.Undecided) []rule.Undecided {
	for id, l := range e.leaves {
		if n := l.undecided.Load(); n > 0 {
			dst = append(dst, rule.Undecided{Field: l.name, Pattern: l.pattern(), Rules: e.askers(id), Count: n})
		}
	}
	return dst
}

// pattern is the first expression of a test.
func (l *leaf) pattern() string { return l.regexes[0].words }

// askers returns the rules that have a test, each once.
func (e *Engine) askers(leaf int) (all []*rule.Meta) {
	for i := range e.units {
		if m := e.rules[e.units[i].rule].meta; e.units[i].cond.asks(leaf) && !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

func (c *cond) asks(leaf int) bool {
	return c.op == condLeaf && c.leaf == leaf || slices.ContainsFunc(c.kids, func(k *cond) bool { return k.asks(leaf) })
}
