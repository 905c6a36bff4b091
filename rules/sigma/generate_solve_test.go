package sigma

import (
	"maps"
	"slices"

	"github.com/auditpy/auditpy/rules/predicate"
)

// wish is what an assignment asks of a row: for each field the tests that must pass and those that must not.
type wish struct {
	e       *Engine
	yes, no map[int][]*leaf
	absent  map[int]bool
	via     *expr // a leaf; where the condition leaves a choice, what leads there is tried first
	steps   *int
	why     *string // what kept the last assignment from being one
}

// maxSteps bounds the search for assignments of one rule.
const maxSteps = 50_000

func newWish(e *Engine, via *expr, why *string) *wish {
	return &wish{e: e, via: via, yes: map[int][]*leaf{}, no: map[int][]*leaf{}, absent: map[int]bool{}, steps: new(int), why: why}
}

// goal is a condition that must hold, or must not.
type goal struct {
	x    *expr
	want bool
}

// solve tries each assignment that satisfies all goals until use likes one.
func (w *wish) solve(goals []goal, use func(*wish) bool) bool {
	if *w.steps++; *w.steps > maxSteps {
		return false
	}
	if len(goals) == 0 {
		return use(w)
	}
	g, rest := goals[0], goals[1:]
	switch {
	case g.x.op == opLeaf:
		next, ok := w.with(w.e.leaves[g.x.id], g.want)
		return ok && next.solve(rest, use)
	case g.x.op == opNot:
		return w.solve(append([]goal{{g.x.kids[0], !g.want}}, rest...), use)
	case (g.x.op == opAnd) == g.want: // all kids
		var all []goal
		for _, k := range g.x.kids {
			all = append(all, goal{k, g.want})
		}
		return w.solve(append(all, rest...), use)
	}
	for _, k := range w.choices(g.x.kids) {
		if w.solve(append([]goal{{k, g.want}}, rest...), use) {
			return true
		}
	}
	return false
}

// choices are the kids, those first that lead to the leaf that is wanted.
func (w *wish) choices(kids []*expr) []*expr {
	if w.via == nil {
		return kids
	}
	var to, others []*expr
	for _, k := range kids {
		if k.has(w.via) {
			to = append(to, k)
		} else {
			others = append(others, k)
		}
	}
	return append(to, others...)
}

func (x *expr) has(leaf *expr) bool {
	if x.op == opLeaf {
		return x.id == leaf.id
	}
	return slices.ContainsFunc(x.kids, func(k *expr) bool { return k.has(leaf) })
}

// positive appends the leaves that a rule wants to hold, not those of its filters.
func (x *expr) positive(dst []*expr, want bool) []*expr {
	switch {
	case x.op == opNot:
		return x.kids[0].positive(dst, !want)
	case x.op == opLeaf && want && !slices.ContainsFunc(dst, x.has):
		return append(dst, x)
	}
	for _, k := range x.kids {
		dst = k.positive(dst, want)
	}
	return dst
}

// with adds a test; false if the row cannot pass it with those that it has.
func (w *wish) with(l *leaf, want bool) (*wish, bool) {
	n := &wish{e: w.e, via: w.via, yes: maps.Clone(w.yes), no: maps.Clone(w.no), absent: maps.Clone(w.absent), steps: w.steps, why: w.why}
	switch {
	case l.kind == isAbsent && want, l.kind == isPresent && !want:
		n.absent[l.field] = true
	case l.kind == isAbsent, l.kind == isPresent:
		n.yes[l.field] = slices.Clip(n.yes[l.field])
		n.yes[l.field] = append(n.yes[l.field], anything)
	case want:
		n.yes[l.field] = append(slices.Clip(n.yes[l.field]), l)
	default:
		n.no[l.field] = append(slices.Clip(n.no[l.field]), l)
	}
	return n, n.possible(l.field)
}

// anything is the test that each value passes.
var anything = &leaf{kind: isText, pat: predicate.Compile(parseText("*"), true), words: "7"}

func (w *wish) possible(field int) bool {
	if len(w.yes[field]) == 0 {
		return true
	}
	if field == keywordField { // its values are many
		return true
	}
	name := w.e.fields[field].name
	if !w.e.fields[field].answerable() {
		*w.why = "field " + name + " is unanswerable"
		return false
	}
	if _, ok := oneValue(name, w.yes[field], w.no[field]); !ok || w.absent[field] {
		*w.why = "no value of " + name + " passes all its tests"
		return false
	}
	return true
}
