package eql

import (
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/event"
)

// Unrecorded is the need for what no audit record tells.
const Unrecorded = "unrecorded"

// needs returns what audit rules must record so that a rule can hold: for each term the cheapest, which is executions if
// they will do. Alternatives are joined with a bar.
func (e *Engine) needs(r *compiled) (needs []string) {
	for id := r.first; id < r.end; id++ {
		if s := r.seq; s != nil && (e.units[id].term == s.Until || s.Terms[e.units[id].term].Missing) {
			continue
		}
		n := e.needsOf(e.units[id].cond)
		if slices.ContainsFunc(e.units[id].by, func(f keyField) bool { return !f.optional && e.fields[f.id].get == nil }) {
			n = Unrecorded
		}
		if !slices.Contains(needs, n) {
			needs = append(needs, n)
		}
	}
	slices.Sort(needs)
	return needs
}

func (e *Engine) needsOf(c *cond) string {
	var groups []string
	for _, k := range e.kinds {
		if g := k.kind.Group; g != "" && !slices.Contains(groups, g) && c.told(k) != never {
			groups = append(groups, g)
		}
	}
	switch {
	case slices.Contains(groups, "exec"):
		return "exec"
	case len(groups) > 0:
		slices.Sort(groups)
		return strings.Join(groups, "|")
	case c.told(e.kinds[event.NoKind]) != never:
		return "other"
	}
	return Unrecorded
}
