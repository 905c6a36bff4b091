package wazuh

import "slices"

// live tells which rules matter and can be come to: those for other logs hang under rules that never match, and what is
// ours for others to build on is nothing where nobody did.
func (e *Engine) live() []bool {
	kids := e.children()
	live := make([]bool, len(e.rules))
	for open := slices.Clone(kids[root]); len(open) > 0; {
		id := open[len(open)-1]
		open = open[:len(open)-1]
		if !live[id] && !slices.ContainsFunc(e.rules[id].tests, e.never) {
			live[id] = true
			open = append(open, kids[id]...)
		}
	}
	known := make(map[int32]bool)
	for id := range live {
		live[id] = live[id] && e.isBuiltOn(int32(id), kids, known)
	}
	return live
}

func (e *Engine) children() map[int32][]int32 {
	kids := make(map[int32][]int32)
	for id := range e.rules {
		for _, p := range e.rules[id].parents {
			kids[p] = append(kids[p], int32(id))
		}
	}
	return kids
}

// isBuiltOn reports whether a rule is none of ours, or some rule that is not hangs under it or counts its matches.
func (e *Engine) isBuiltOn(id int32, kids map[int32][]int32, known map[int32]bool) bool {
	if r := &e.rules[id]; !r.base || len(r.counts) > 0 {
		return true
	}
	built, ok := known[id]
	if !ok {
		built = slices.ContainsFunc(kids[id], func(k int32) bool { return e.isBuiltOn(k, kids, known) })
		known[id] = built
	}
	return built
}

// households tell how many children rules have whose own literals are looked for.
type households map[int32]int

// fewKids is how many children of one rule are asked when it holds, and not looked for.
const fewKids = 8

func (e *Engine) households(live []bool) households {
	h := make(households)
	for id := range e.rules {
		if !live[id] {
			continue
		}
		for _, p := range e.rules[id].parents {
			if p != root && !e.isGated(p) {
				h[p] = fewKids // it holds too often
			}
			h[p]++
		}
	}
	h[root] = fewKids + 1
	return h
}

// isGated reports whether a rule is asked only if a literal was seen in a field.
func (e *Engine) isGated(id int32) bool {
	g := e.gate(&e.rules[id])
	return g != nil && g.field != fullLog
}

// few reports whether a rule has few siblings, under rules that seldom hold: then it is cheaper to ask it there than to
// look for its literals in each event.
func (h households) few(r *compiled) bool {
	return !slices.ContainsFunc(r.parents, func(p int32) bool { return h[p] > fewKids })
}

// isQuiet reports whether it makes no difference that any of these rules holds, or of those that are asked below them
// without a literal that was seen.
func (e *Engine) isQuiet(ids []int32) bool {
	return !slices.ContainsFunc(ids, func(id int32) bool {
		r := &e.rules[id]
		return r.freq != nil || r.matters() || !e.isQuiet(r.always)
	})
}
