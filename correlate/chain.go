package correlate

import "slices"

// chain returns matches of different rules in the order of the list, each no older than the one before and none twice,
// that make the condition true. It takes the first ones there are, so of several starts any that leads to an end. A rule
// that the condition can do without is left out where no chain leads over it: for a condition with many "or" that is a
// search, which grows with the rules of this correlation, not with the matches.
func (w *window) chain() []entry {
	skipped := make([]bool, len(w.of.Refs))
	for i, granted := range w.of.granted {
		skipped[i] = !granted
	}
	taken, ok := w.extend(0, skipped, make([]int, 0, len(skipped)))
	if !ok {
		return nil
	}
	if len(taken) == 0 { // it asks for nothing but absence
		return w.entries
	}
	es := make([]entry, len(taken))
	for i, at := range taken {
		es[i] = w.entries[at]
	}
	return es
}

// extend continues the chain with the rule ref and those behind it. Taken are places in entries.
func (w *window) extend(ref int, skipped []bool, taken []int) ([]int, bool) {
	if !w.truth(w.of.expr, skipped, false) {
		return nil, false
	}
	if ref == len(skipped) {
		return taken, true
	}
	if skipped[ref] {
		return w.extend(ref+1, skipped, taken)
	}
	if at := w.following(ref, taken); at >= 0 {
		if found, ok := w.extend(ref+1, skipped, append(taken, at)); ok {
			return found, true
		}
	}
	skipped[ref] = true
	found, ok := w.extend(ref+1, skipped, taken)
	skipped[ref] = false
	return found, ok
}

// following returns the place of the first match of a rule that can follow those taken, -1 if there is none.
func (w *window) following(ref int, taken []int) int {
	i := 0
	if len(taken) > 0 {
		i = taken[len(taken)-1]
		for i > 0 && w.entries[i-1].ID.Msec == w.entries[i].ID.Msec { // of equal times any may be the first
			i--
		}
	}
	for ; i < len(w.entries); i++ {
		if w.entries[i].Ref == ref && !w.isTaken(i, taken) {
			return i
		}
	}
	return -1
}

// isTaken reports whether the match at i is taken. A rule that is listed twice has each match twice.
func (w *window) isTaken(i int, taken []int) bool {
	e := &w.entries[i]
	return slices.ContainsFunc(taken, func(j int) bool { return w.entries[j].ID == e.ID && sameRule(w.entries[j].Rule, e.Rule) })
}
