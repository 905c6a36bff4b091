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
	if rule.IsLong(ev.Value) {
		ev.Start, ev.End = l.where(ev.Value, sc)
	}
	if slices.Contains(dst, ev) {
		return dst
	}
	return append(dst, ev)
}

// where returns where in a value that passes stands what did; 0, 0 if that is not known.
func (l *leaf) where(v string, sc *scratch) (start, end int) {
	switch l.kind {
	case isText:
		return l.pat.Find(v)
	case isRegexp:
		if at, _ := l.re.Find(nil, v, &sc.regex); len(at) > 0 {
			return at[0], at[1]
		}
	}
	return 0, 0
}
