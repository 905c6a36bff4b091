package eql

import (
	"fmt"
	"slices"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Explain says, test by test, why the rule with an id does or does not hold for ev; false if there is no such rule. A
// sequence has a row for each of its terms, without those of another category.
func (e *Engine) Explain(id string, ev *event.Event) (rule.Explanation, bool) {
	i := slices.IndexFunc(e.rules, func(r compiled) bool { return r.meta.ID == id })
	if i < 0 {
		return rule.Explanation{}, false
	}
	r := &e.rules[i]
	x := rule.Explanation{Rule: r.meta}
	sc := newScratch(e.program)
	sc.begin(ev, nil)
	kind := &event.Kinds()[ev.Kind()]
	for n := r.first; n < r.end; n++ {
		u := &e.units[n]
		if e.of(u.cond, kind) == never && !e.ofCategory(u.cond, sc) {
			continue
		}
		row := rule.Row{Name: e.rowName(r, u), Holds: u.cond.holds(sc), Lines: e.lines(nil, 0, u.cond, sc)}
		x.Rows, x.Holds = append(x.Rows, row), x.Holds || row.Holds
	}
	return x, true
}

// ofCategory reports whether an event is of the category that a term is for.
func (e *Engine) ofCategory(c *cond, sc *scratch) bool {
	if c.op != condAnd {
		return false
	}
	first := c.kids[0]
	return first.op == condLeaf && e.leaves[first.leaf].name == e.schema.Category() && first.holds(sc)
}

func (e *Engine) rowName(r *compiled, u *unit) string {
	switch {
	case r.seq == nil:
		return "event"
	case u.term == r.seq.Until:
		return "until"
	case r.seq.Terms[u.term].Missing:
		return fmt.Sprintf("term %d, missing", u.term+1)
	}
	return fmt.Sprintf("term %d", u.term+1)
}

// maxLines bounds an explanation.
const maxLines = 10_000

// lines appends what c says, and what it is made of.
func (e *Engine) lines(dst []rule.Line, depth int, c *cond, sc *scratch) []rule.Line {
	l := rule.Line{Depth: depth, Holds: c.holds(sc)}
	switch c.op {
	case condLeaf:
		l.Text, l.Values = e.leaves[c.leaf].words, e.valuesOf(e.leaves[c.leaf], sc)
	default:
		l.Text = [...]string{condAnd: "and", condOr: "or", condNot: "not", condTrue: "true", condFalse: "false"}[c.op]
	}
	if dst = append(dst, l); len(dst) >= maxLines {
		return dst
	}
	for _, k := range c.kids {
		dst = e.lines(dst, depth+1, k, sc)
	}
	return dst
}

func (e *Engine) valuesOf(l *leaf, sc *scratch) []string {
	if l.kind != isExpression {
		return slices.Clone(sc.values(l.field))
	}
	var all []string
	for _, f := range l.fields {
		all = append(all, sc.values(f)...)
	}
	return all
}
