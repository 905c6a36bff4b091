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
			dst = appendEvidence(dst, e.fields[f].name, sc.values(f), l.words)
		}
		return dst
	}
	for _, v := range sc.values(l.field) {
		if words, ok := l.test(v); ok {
			return appendEvidence(dst, l.name, []string{v}, words)
		}
	}
	return dst
}

func appendEvidence(dst []rule.Evidence, field string, values []string, words string) []rule.Evidence {
	for _, v := range values {
		if ev := (rule.Evidence{Field: field, Value: v, Match: words}); len(dst) < maxEvidence && !slices.Contains(dst, ev) {
			dst = append(dst, ev)
		}
	}
	return dst
}
