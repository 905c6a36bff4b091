package wazuh

import (
	"slices"

	"github.com/auditpy/auditpy/rules/rule"
)

// below finds what an event comes down to among the children of a rule that holds: the first of them that holds decides,
// and of its children the first that holds, and so on. It returns the index of that rule, or -1; sc.path then leads to
// it. Frequency rules on the way hold or not by what was before: they are branches.
func (e *Engine) below(sc *scratch, parent int32) (ifs []rule.Branch, leaf int32) {
	depth := len(sc.path)
	fallback := int32(-1)
	for next := (siblings{sc: sc, parent: parent, always: e.always(parent)}); ; {
		id, ok := next.next()
		if !ok {
			break
		}
		if sc.visited[id] == sc.turn || !e.visit(sc, id) { // what led nowhere under another parent leads nowhere here
			continue
		}
		r := &e.rules[id]
		sc.path = append(sc.path, id)
		if r.freq != nil {
			ifs = e.branch(ifs, sc, id)
			sc.path = sc.path[:depth]
			continue
		}
		more, leaf := e.below(sc, id)
		ifs = append(ifs, more...)
		switch {
		case leaf >= 0:
			return ifs, leaf
		case r.grouping:
			if fallback < 0 {
				fallback = id
			}
		case !r.noAlert:
			return ifs, id
		}
		sc.path = sc.path[:depth]
	}
	if fallback >= 0 {
		sc.path = append(sc.path, fallback)
	}
	return ifs, fallback
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
	ifs, leaf := e.below(sc, id)
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
