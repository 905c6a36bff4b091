package wazuh

import (
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// findExecs finds out whether only executions can hold for any of the rules: then no other event is asked about.
func (c *compiler) findExecs() {
	known := make(map[int32]bool)
	c.engine.execs = true
	for i := range c.engine.rules {
		r := &c.engine.rules[i]
		c.engine.execs = c.engine.execs && (c.ofExec(int32(i), known) || r.base && len(r.counts) == 0)
	}
}

// ofExec reports whether a rule asks for what only executions have, or all its parents do.
func (c *compiler) ofExec(id int32, known map[int32]bool) bool {
	if id == root {
		return false
	}
	if of, ok := known[id]; ok {
		return of
	}
	r := &c.engine.rules[id]
	own := slices.ContainsFunc(r.tests, func(t use) bool { return c.engine.leaves[t.leaf].ofExec() })
	known[id] = own || !slices.ContainsFunc(r.parents, func(p int32) bool { return !c.ofExec(p, known) })
	return known[id]
}

// ofExec reports whether only executions pass a test, or its contrary: an absent field fails both.
func (l *leaf) ofExec() bool {
	return strings.HasPrefix(strings.ToLower(l.name), "audit.execve.") || len(l.types) == 1 && l.types[0] == audit.Execve
}
