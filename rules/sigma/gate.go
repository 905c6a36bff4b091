package sigma

import (
	"unicode/utf8"

	"github.com/auditpy/auditpy/rules/predicate"
)

// gate is what a rule needs: one of its literals in one of its fields, or a value at all. A rule whose gate is shut
// cannot hold; one whose gate is open may.
type gate struct {
	needs []need
	cost  int // what it costs to look, and how often it will be open wrongly
}

// need is a literal in a field; without a text, any value.
type need struct {
	field  int
	needle predicate.Needle
}

// gates finds the gates of conditions. A condition may name one part at will, so each is looked at once.
type gates struct {
	e     *Engine
	known map[*expr]answer
}

type answer struct {
	gate gate
	ok   bool
}

// maxNeeds bounds a gate: a rule that needs one of more literals is always asked.
const maxNeeds = 10_000

// of returns the cheapest gate of x; false if it has none: then the rule must always be asked.
func (g *gates) of(x *expr) (gate, bool) {
	a, ok := g.known[x]
	if !ok {
		a.gate, a.ok = g.find(x)
		a.ok = a.ok && len(a.gate.needs) <= maxNeeds
		g.known[x] = a
	}
	return a.gate, a.ok
}

func (g *gates) find(x *expr) (gate, bool) {
	switch x.op {
	case opLeaf:
		return g.e.leafGate(g.e.leaves[x.id])
	case opAnd:
		return g.cheapest(x.kids)
	case opOr:
		return g.any(x.kids)
	}
	return gate{}, false
}

func (g *gates) cheapest(kids []*expr) (best gate, found bool) {
	for _, k := range kids {
		if kid, ok := g.of(k); ok && (!found || kid.cost < best.cost) {
			best, found = kid, true
		}
	}
	return best, found
}

func (g *gates) any(kids []*expr) (all gate, ok bool) {
	for _, k := range kids {
		kid, ok := g.of(k)
		if !ok || len(all.needs)+len(kid.needs) > maxNeeds {
			return gate{}, false
		}
		all.needs, all.cost = append(all.needs, kid.needs...), all.cost+kid.cost
	}
	return all, true
}

func (e *Engine) leafGate(l *leaf) (gate, bool) {
	g, ok := e.anyGate(l)
	if ok && l.field == keywordField && g.needs[0].needle.Text == "" { // each row has values
		return gate{}, false
	}
	return g, ok
}

func (e *Engine) anyGate(l *leaf) (gate, bool) {
	switch l.kind {
	case isAbsent:
		return gate{}, false
	case isText:
		if lit, place := l.pat.Literal(); usable(lit) {
			return e.literalGate(l.field, lit, place), true
		}
		return e.presence(l.field), true
	case isNumber:
		return e.presence(l.field), true
	case isRegexp:
		if g, ok := e.regexpGate(l); ok {
			return g, true
		}
	}
	return e.presence(l.field), true
}

func (e *Engine) regexpGate(l *leaf) (all gate, ok bool) {
	set := requiredLiterals(l.re.String())
	for _, lit := range set {
		if !usable(lit) {
			return gate{}, false
		}
		g := e.literalGate(l.field, lit, predicate.Anywhere)
		all.needs, all.cost = append(all.needs, g.needs...), all.cost+g.cost
	}
	return all, len(set) > 0
}

// usable reports whether a literal can be looked for byte by byte, in either case.
func usable(lit string) bool {
	for i := range len(lit) {
		if lit[i] >= utf8.RuneSelf {
			return false
		}
	}
	return lit != ""
}

// The costs are guesses that order the choices: first how often a gate is open wrongly, then what it costs to look. A
// long literal is rare; one that names one of few things (the system call, the user) is not.
const (
	presenceCost = 4000
	commonCost   = 2000
	typeCost     = 20_000 // the index is by type already
)

func (e *Engine) literalGate(field int, lit string, place predicate.Place) gate {
	rare := len(lit)
	if place != predicate.Anywhere {
		rare += 4
	}
	cost := e.fieldCost(field) + 1000/(rare*rare)
	return gate{[]need{{field, predicate.Needle{Text: lit, Place: place}}}, cost}
}

func (e *Engine) presence(field int) gate {
	return gate{[]need{{field: field}}, presenceCost + e.fieldCost(field)}
}

func (e *Engine) fieldCost(id int) int {
	if id == keywordField {
		return 60
	}
	name := e.fields[id].name
	switch name {
	case "type":
		return typeCost
	case "SYSCALL", "syscall", "success", "nametype", "User", "LogonId", "Initiated", "uid", "euid", "auid", "key", "ParentUser", "exit":
		return commonCost
	case "CommandLine", "ParentCommandLine", "cmdline", "proctitle":
		return 20
	case "ParentImage":
		return 8
	}
	return 4
}
