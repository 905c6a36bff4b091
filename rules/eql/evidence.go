package eql

import (
	"slices"

	"github.com/auditpy/auditpy/rules/rule"
)

// maxEvidence bounds what one match carries.
const maxEvidence = 32

// evidence appends the tests that made c true. A negation gives none: nothing is there to be shown.
func (e *Engine) evidence(dst []rule.Evidence, c *cond, sc *scratch) []rule.Evidence {
	switch {
	case len(dst) >= maxEvidence || c.op == condNot || !c.holds(sc):
		return dst
	case c.op != condLeaf:
		for _, k := range c.kids {
			dst = e.evidence(dst, k, sc)
		}
		return dst
	}
	l := e.leaves[c.leaf]
	if l.kind == isExpression {
		for _, f := range l.fields {
			for _, v := range sc.values(f) {
				dst = appendEvidence(dst, rule.Evidence{Field: e.fields[f].name, Value: v, Match: l.words})
			}
		}
		return dst
	}
	for _, v := range sc.values(l.field) {
		if words, ok := l.test(v); ok {
			return appendEvidence(dst, rule.Evidence{Field: l.name, Value: v, Match: words})
		}
	}
	return dst
}

func appendEvidence(dst []rule.Evidence, ev rule.Evidence) []rule.Evidence {
	if len(dst) >= maxEvidence || slices.Contains(dst, ev) {
		return dst
	}
	return append(dst, ev)
}
