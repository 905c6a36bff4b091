package sigma

import (
	"slices"

	"github.com/auditpy/auditpy/rules/rule"
)

// maxEvidence bounds what one match carries: a rule may list hundreds of words, and an attacker can
// write them all.
const maxEvidence = 32

// evidence appends the tests that made x true. A negation gives none: nothing is there to be shown.
func (x *expr) evidence(dst []rule.Evidence, e *Engine, sc *scratch) []rule.Evidence {
	switch {
	case len(dst) == maxEvidence || x.op == opNot || !x.holds(e, sc):
		return dst
	case x.op != opLeaf:
		for _, k := range x.kids {
			dst = k.evidence(dst, e, sc)
		}
		return dst
	}
	l := x.leaf
	ev := rule.Evidence{Field: l.name, Match: l.words}
	if values := sc.values(e, l.field); len(values) > 0 {
		ev.Value = values[max(0, l.find(sc, e, values))]
	}
	if slices.Contains(dst, ev) {
		return dst
	}
	return append(dst, ev)
}
