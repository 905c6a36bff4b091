package eql

import (
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// askLate sees to it that the keys and the evidence of a sequence's terms are asked once they are needed: most events of a term
// come to nothing.
func (e *Engine) askLate(r *compiled) {
	units := e.units[r.first:r.end]
	r.seq.Evidence = func(dst []rule.Evidence, term int, ev *event.Event) []rule.Evidence {
		sc := e.begin(ev, nil)
		dst = e.appendWhy(dst, units[term].cond, sc)
		e.end(sc)
		return dst
	}
	r.seq.Keys = func(dst [][]rule.Key, term int, ev *event.Event) ([][]rule.Key, bool) {
		sc := e.begin(ev, nil)
		dst, ok := units[term].appendKeys(dst, sc)
		e.end(sc)
		return dst, ok
	}
	for term := range units {
		r.seq.Terms[term].Unread = e.unreadOf(&units[term])
	}
}

// unreadOf returns which parts of an event neither the test nor the keys of a term read.
func (e *Engine) unreadOf(u *unit) event.Parts {
	unread := e.unread(u.cond, ^event.Parts(0))
	for _, f := range u.by {
		unread &= event.ECSUnread(e.fields[f.id].name)
	}
	return unread
}

func (e *Engine) unread(c *cond, parts event.Parts) event.Parts {
	for _, k := range c.kids {
		parts = e.unread(k, parts)
	}
	if c.op == condLeaf {
		for _, f := range e.leaves[c.leaf].fields {
			parts &= event.ECSUnread(e.fields[f].name)
		}
	}
	return parts
}
