package wazuh

import (
	"slices"

	"github.com/auditpy/auditpy/rules/rule"
)

// below finds what an event comes down to among the children of a rule that holds: the first of them that holds decides,
// and of its children the first that holds, and so on. It returns the index of that rule, or -1; sc.path then leads to
// it. Frequency rules on the way hold or not by what was before: they are branches.
//
// What only groups others decides nothing: it is the answer only if there is no better one.
func (e *Engine) below(sc *scratch, parent int32) (ifs []rule.Branch, leaf int32, weak bool) {
	depth := len(sc.path)
	var second way
	next := siblings{sc: sc, parent: parent, always: e.always(parent)}
	for id, ok := next.next(); ok; id, ok = next.next() {
		sc.path = sc.path[:depth]
		if sc.visited[id] == sc.turn || !e.visit(sc, id) { // what led nowhere under another parent leads nowhere here
			continue
		}
		r := &e.rules[id]
		sc.path = append(sc.path, id)
		if r.freq != nil {
			ifs = e.branch(ifs, sc, id)
			continue
		}
		more, leaf, weak := e.below(sc, id)
		ifs = append(ifs, more...)
		if leaf < 0 && !r.noAlert {
			leaf, weak = id, r.grouping
		}
		switch {
		case leaf >= 0 && !weak:
			return ifs, leaf, false
		case leaf >= 0:
			second.consider(e, sc.path[depth:])
		}
	}
	sc.path = append(sc.path[:depth], second.ids[:second.n]...)
	return ifs, second.leaf(), true
}

// way is a path to a rule that groups others, from a parent. Only ours are deep: they lie within four steps.
type way struct {
	n   int
	ids [8]int32
}

func (w *way) leaf() int32 {
	if w.n == 0 {
		return -1
	}
	return w.ids[w.n-1]
}

// consider takes a path if there is none yet, or if it ends in an alert and that so far does not.
func (w *way) consider(e *Engine, path []int32) {
	if len(path) > len(w.ids) || w.n > 0 && (!e.rules[w.leaf()].silent || e.rules[path[len(path)-1]].silent) {
		return
	}
	w.n = copy(w.ids[:], path)
}

func (e *Engine) visit(sc *scratch, id int32) bool {
	sc.visited[id] = sc.turn
	return sc.holds(id)
}

func (e *Engine) always(parent int32) []int32 {
	if parent == root {
		return e.top
	}
	return e.rules[parent].always
}

// siblings are the children of a rule that may hold, in order: those that are always asked, and those of which a literal
// was seen.
type siblings struct {
	sc     *scratch
	parent int32
	always []int32
	at     int // in sc.cands
}

func (s *siblings) next() (int32, bool) {
	for s.at < len(s.sc.cands) && !s.sc.e.rules[s.sc.cands[s.at]].isChild(s.parent) {
		s.at++
	}
	if s.at < len(s.sc.cands) && (len(s.always) == 0 || s.sc.cands[s.at] < s.always[0]) {
		s.at++
		return s.sc.cands[s.at-1], true
	}
	if len(s.always) == 0 {
		return 0, false
	}
	id := s.always[0]
	s.always = s.always[1:]
	return id, true
}

func (r *compiled) isChild(parent int32) bool {
	if len(r.parents) == 1 {
		return r.parents[0] == parent
	}
	_, ok := slices.BinarySearch(r.parents, parent)
	return ok
}

// branch adds a frequency rule that would hold if there were enough before it.
func (e *Engine) branch(ifs []rule.Branch, sc *scratch, id int32) []rule.Branch {
	r := &e.rules[id]
	with := sc.valuesOf(r.same, r.differ)
	if with.Missing {
		return ifs
	}
	return append(ifs, rule.Branch{Of: r.freq, With: with, Then: e.planBelow(sc, id)})
}

// planBelow is what an event comes down to if it is a rule, which is the last of sc.path, or one of its children.
func (e *Engine) planBelow(sc *scratch, id int32) *rule.Plan {
	depth := len(sc.path)
	ifs, leaf, _ := e.below(sc, id)
	if leaf < 0 && !e.rules[id].noAlert {
		leaf = id
	}
	p := &rule.Plan{Ifs: ifs, Else: e.outcome(sc, leaf)}
	sc.path = sc.path[:depth]
	return p
}

// valuesOf takes the values that a frequency rule compares, one of each field.
func (sc *scratch) valuesOf(same, differ []valueOf) (v rule.Values) {
	for _, f := range same {
		values := sc.values(f)
		if len(values) == 0 {
			v.Missing = true
			return v
		}
		v.Same = append(v.Same, values[0])
	}
	for _, f := range differ {
		v.Differ = append(v.Differ, sc.first(f))
	}
	return v
}
