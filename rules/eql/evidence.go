package eql

import (
	"slices"

	"github.com/auditpy/auditpy/rules/regex"
	"github.com/auditpy/auditpy/rules/rule"
)

// maxEvidence bounds what one match carries.
const maxEvidence = 32

// evidence returns the tests that made c true; those of what kind of event it is only if there are no others.
func (e *Engine) evidence(c *cond, sc *scratch) []rule.Evidence {
	return e.appendWhy(make([]rule.Evidence, 0, 8), c, sc)
}

func (e *Engine) appendWhy(dst []rule.Evidence, c *cond, sc *scratch) []rule.Evidence {
	if all := e.appendTests(dst, c, sc, false); len(all) > len(dst) {
		return all
	}
	return e.appendTests(dst, c, sc, true)
}

// appendTests appends the tests that made c, which is true, true. A negation gives none: nothing is there to be shown.
func (e *Engine) appendTests(dst []rule.Evidence, c *cond, sc *scratch, ofKind bool) []rule.Evidence {
	switch {
	case len(dst) >= maxEvidence || c.op == condNot:
		return dst
	case c.op != condLeaf:
		for _, k := range c.kids {
			if c.op == condAnd || k.holds(sc) { // of and all are true
				dst = e.appendTests(dst, k, sc, ofKind)
			}
		}
		return dst
	}
	l := e.leaves[c.leaf]
	if l.ofKind != ofKind {
		return dst
	}
	if l.kind == isExpression {
		for _, f := range l.fields {
			for _, v := range sc.values(f) {
				dst = appendEvidence(dst, rule.Evidence{Field: e.fields[f].name, Value: v, Match: l.words})
			}
		}
		return dst
	}
	for _, v := range sc.values(l.field) {
		if words, ok := l.test(v, &sc.regex); ok {
			ev := rule.Evidence{Field: l.name, Value: v, Match: words}
			if rule.IsLong(v) {
				ev.Start, ev.End = l.where(v, &sc.regex)
			}
			return appendEvidence(dst, ev)
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

// where returns where in a value that passes stands what did; 0, 0 if that is not known.
func (l *leaf) where(v string, sc *regex.Scratch) (start, end int) {
	for i := range l.patterns {
		if p := l.patterns[i].pat; l.kind == isText && p.Match(v) {
			return p.Find(v)
		}
	}
	for i := range l.regexes {
		if at, _ := l.regexes[i].re.Find(nil, v, sc); l.kind == isRegex && len(at) > 0 {
			return at[0], at[1]
		}
	}
	return 0, 0
}
