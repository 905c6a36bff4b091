package wazuh

import (
	"cmp"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/rules/predicate"
)

// indexed is one field whose literals tell which rules may hold.
type indexed struct {
	field int32
	rules predicate.Owners
}

// collect finds the rules of which a literal was seen. Rules with no literal to look for are no matter here. What fields
// say that hardly differ from event to event is remembered by all their values together: looking each time was half of
// the time that a few rules took.
func (e *Engine) collect(sc *scratch) {
	d := sc.seen.Digest()
	for i := range e.index[:e.steady] {
		d.Texts(sc.values(e.index[i].field))
	}
	if known, ok := sc.seen.Get(0, &d); ok {
		sc.open(known)
	} else {
		e.look(sc, e.index[:e.steady])
		sc.seen.Put(0, &d, sc.cands)
	}
	e.look(sc, e.index[e.steady:])
	slices.Sort(sc.cands)
}

// look opens the rules of which a literal stands in some fields.
func (e *Engine) look(sc *scratch, index []indexed) {
	for i := range index {
		ix := &index[i]
		for _, v := range sc.values(ix.field) {
			sc.found = ix.rules.Append(sc.found[:0], v, &sc.ids)
			sc.open(sc.found)
		}
	}
}

func (sc *scratch) open(rules []int32) {
	for _, id := range rules {
		if sc.opened[id] != sc.turn {
			sc.opened[id] = sc.turn
			sc.cands = append(sc.cands, id)
		}
	}
}

// build makes the index, and tells each rule which of its children are not in it.
func (e *Engine) build() {
	fields := make(map[int32]*predicate.OwnersBuilder)
	live := e.live()
	whole, kids := e.needsText(live), e.households(live)
	for id := range e.rules {
		if !live[id] {
			continue
		}
		best := e.gate(&e.rules[id])
		if best == nil || best.field == fullLog && !whole || kids.few(&e.rules[id]) {
			e.ask(int32(id))
			continue
		}
		b := fields[best.field]
		if b == nil {
			b = new(predicate.OwnersBuilder)
			fields[best.field] = b
		}
		for _, n := range best.needles() {
			b.Add(n, int32(id))
		}
	}
	for id, b := range fields {
		e.index = append(e.index, indexed{id, b.Owners()})
	}
	slices.SortFunc(e.index, func(a, b indexed) int {
		return cmp.Or(e.rank(a)-e.rank(b), cmp.Compare(b.field, a.field))
	})
	for e.steady < len(e.index) && e.rank(e.index[e.steady]) == 0 {
		e.steady++
	}
	e.quiet = e.isQuiet(e.top)
}

// rank puts the fields whose values come again first.
func (e *Engine) rank(ix indexed) int {
	if ix.field != fullLog && slices.Contains(steady, strings.ToLower(e.fields[ix.field].name)) {
		return 0
	}
	return 1
}

// steady are fields that have few values.
var steady = []string{"audit.exe", "audit.command", "audit.cwd", "audit.key", "audit.type", "audit.syscall", "audit.arch", "audit.success", "audit.uid", "audit.euid",
	"audit.auid", "audit.gid", "audit.tty", "audit.parent.exe", "audit.parent.command", "audit.ancestor.exe", "audit.previous.exe"}

// never reports whether no event passes a test: its contrary neither.
func (e *Engine) never(t use) bool {
	l := e.leaves[t.leaf]
	return l.kind == isNever || l.kind <= isNet && l.field >= 0 && e.fields[l.field].get == nil
}

// needsText reports whether literals should be looked for in the whole text, which costs much to make. Not for a few
// rules all of whose parents have literals in fields: they are asked when a parent holds, which is seldom.
func (e *Engine) needsText(live []bool) bool {
	const few = 8
	n := 0
	known := make(map[int32]bool)
	for id := range e.rules {
		r := &e.rules[id]
		if g := e.gate(r); g == nil || g.field != fullLog || r.base || !live[id] {
			continue
		}
		if n++; n > few || slices.ContainsFunc(r.parents, func(p int32) bool { return !e.isRare(p, known) }) {
			return true
		}
	}
	return false
}

// isRare reports whether a rule, or all rules above it, are asked only if a literal was seen in a field.
func (e *Engine) isRare(id int32, known map[int32]bool) bool {
	if id == root {
		return false
	}
	if rare, ok := known[id]; ok {
		return rare
	}
	r := &e.rules[id]
	g := e.gate(r)
	known[id] = g != nil && g.field != fullLog || !slices.ContainsFunc(r.parents, func(p int32) bool { return !e.isRare(p, known) })
	return known[id]
}

// ask has a rule asked whenever one of its parents holds.
func (e *Engine) ask(id int32) {
	for _, p := range e.rules[id].parents {
		if p == root {
			e.top = append(e.top, id)
		} else {
			e.rules[p].always = append(e.rules[p].always, id)
		}
	}
}

// gate returns the test whose literals are rarest and cheapest to look for, nil if there is none.
func (e *Engine) gate(r *compiled) (best *leaf) {
	lowest := 0
	for _, t := range r.tests {
		l := e.leaves[t.leaf]
		if t.negate {
			continue
		}
		if c := e.cost(l); c > 0 && (best == nil || c < lowest) {
			best, lowest = l, c
		}
	}
	return best
}

// cost orders tests: by how often a literal is seen in vain, then by what it costs to look. 0: there are none.
func (e *Engine) cost(l *leaf) int {
	needles := l.needles()
	if len(needles) == 0 {
		return 0
	}
	cost := 2
	switch {
	case l.field == fullLog:
		cost = 200
	case slices.Contains(common, strings.ToLower(l.name)):
		cost = 2000
	}
	for _, n := range needles {
		rare := len(n.Text)
		if n.Place != predicate.Anywhere {
			rare += 4
		}
		cost += 1 + 1000/(rare*rare)
	}
	return cost
}

// common are fields whose values are few, so that a literal in them is no news.
var common = []string{"audit.type", "audit.syscall", "audit.arch", "audit.success", "audit.exit", "audit.uid", "audit.euid", "audit.auid", "audit.gid", "audit.tty", "audit.key", "audit.execve.argc"}
