package eql

import (
	"iter"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Unrecorded is the need for what no audit record tells.
const Unrecorded = "unrecorded"

// needs returns what audit rules must record so that a rule can hold: for each term the cheapest, which is executions if
// they will do. Alternatives are joined with a bar.
func (e *Engine) needs(r *compiled) (needs []string) {
	for u := range e.needed(r) {
		n := e.needsOf(u.cond)
		if !e.hasKey(u) {
			n = Unrecorded
		}
		if !slices.Contains(needs, n) {
			needs = append(needs, n)
		}
	}
	slices.Sort(needs)
	return needs
}

// signals are the needs for package coverage.
func (e *Engine) signals(r *compiled) (all []rule.Signal) {
	for u := range e.needed(r) {
		all = rule.Both(all, e.signalsOf(u.cond))
		if !e.hasKey(u) {
			all = rule.Both(all, rule.Unrecorded())
		}
	}
	return all
}

// needed are the units without which a rule cannot hold: not what ends a sequence, nor what must be missing from it.
func (e *Engine) needed(r *compiled) iter.Seq[*unit] {
	return func(yield func(*unit) bool) {
		for i := range e.units[r.first:r.end] {
			u := &e.units[r.first+i]
			if s := r.seq; s != nil && (u.term == s.Until || s.Terms[u.term].Missing) {
				continue
			}
			if !yield(u) {
				return
			}
		}
	}
}

// hasKey reports whether some event has the fields that join a term to others.
func (e *Engine) hasKey(u *unit) bool {
	return !slices.ContainsFunc(u.by, func(f keyField) bool { return !f.optional && e.fields[f.id].get == nil })
}

// signalsOf are the kinds of events that a condition can hold for, and what the fields of arguments and streams that it asks for need.
func (e *Engine) signalsOf(c *cond) []rule.Signal {
	var names []string
	for _, k := range e.kinds {
		g := k.kind.Group
		switch {
		case g == "" || c.told(k) == never:
		case g == "exec":
			return rule.Both(rule.Is("exec"), e.streams(c, true))
		case g == "call":
			names = append(names, "any")
		case k.kind.Record && g == "other" && k.kind.Name == "":
			return nil
		case k.kind.Record:
			names = append(names, strings.ToUpper(k.kind.Name))
		default:
			names = append(names, rule.OfCall(k.kind.Name))
		}
	}
	if len(names) == 0 && c.told(e.kinds[event.NoKind]) != never {
		return nil
	}
	return rule.Both(rule.Is(names...), e.streams(c, true))
}

// streams is what must be recorded so that a condition can hold, or fail, for its fields of arguments and streams.
func (e *Engine) streams(c *cond, want bool) []rule.Signal {
	switch c.op {
	case condLeaf:
		if l := e.leaves[c.leaf]; want && l.kind != isExpression {
			return rule.OfField(l.name, func(v string) bool { return l.kind != isText || l.exact[v] || len(l.patterns) > 0 })
		}
		return nil
	case condNot:
		return e.streams(c.kids[0], !want)
	case condTrue, condFalse:
		return nil
	}
	join := rule.Either
	if (c.op == condAnd) == want {
		join = rule.Both
	}
	all := e.streams(c.kids[0], want)
	for _, k := range c.kids[1:] {
		all = join(all, e.streams(k, want))
	}
	return all
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
