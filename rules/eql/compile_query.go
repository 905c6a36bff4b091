package eql

import (
	"slices"
	"time"

	"github.com/auditpy/auditpy/rules/rule"
)

// compileQuery compiles a query as the rule with number id. It returns nil for the sequence of an event query. Nothing of a
// query with an error is left in the program but fields and leaves that nobody asks.
func (c *compiler) compileQuery(q *query, id int) (*rule.Sequence, error) {
	start := len(c.units)
	var seq *rule.Sequence
	if q.kind == eventQuery {
		c.units = append(c.units, unit{cond: c.term(&q.terms[0]), rule: id})
	} else {
		seq = c.sequence(q, id)
	}
	if c.err != nil {
		c.units = c.units[:start]
		return nil, c.err
	}
	return seq, nil
}

func (c *compiler) sequence(q *query, id int) *rule.Sequence {
	s := &rule.Sequence{Until: -1, MaxSpan: q.maxSpan, Sample: q.kind == sampleQuery}
	c.checkSequence(q)
	for i := range q.terms {
		for range max(1, q.terms[i].runs) {
			s.Steps = append(s.Steps, i)
		}
		c.addTerm(s, q, &q.terms[i], id)
	}
	if q.until != nil {
		s.Until = len(s.Terms)
		c.addTerm(s, q, q.until, id)
	}
	if len(s.Steps) > rule.MaxSteps {
		c.fail(q.pos, "a sequence of %d events: %d is the most", len(s.Steps), rule.MaxSteps)
	}
	return s
}

func (c *compiler) addTerm(s *rule.Sequence, q *query, t *term, id int) {
	u := unit{cond: c.term(t), rule: id, term: len(s.Terms)}
	st := rule.Term{Missing: t.missing}
	for _, x := range slices.Concat(q.by, t.by) {
		u.by = append(u.by, keyField{c.use(x), x.opt})
		st.By = append(st.By, x.name())
	}
	c.units = append(c.units, u)
	s.Terms = append(s.Terms, st)
}

// checkSequence refuses what Elasticsearch refuses.
func (c *compiler) checkSequence(q *query) {
	isMissing := func(t term) bool { return t.missing }
	first := &q.terms[0]
	switch {
	case q.kind == sampleQuery && slices.ContainsFunc(q.terms, isMissing):
		c.fail(q.pos, "a sample has no missing events")
	case q.kind == sampleQuery && len(q.by)+len(first.by) == 0:
		c.fail(q.pos, "a sample needs by: what its events have in common")
	case len(q.terms) < 2 && max(1, first.runs) < 2:
		c.fail(first.pos, "a %s has two events or more", q.word())
	case !slices.ContainsFunc(q.terms, func(t term) bool { return !t.missing }):
		c.fail(first.pos, "at least one event of a sequence must not be missing")
	case q.maxSpan == 0 && slices.ContainsFunc(q.terms, isMissing):
		c.fail(q.pos, "a missing event needs a time in which it is missing: with maxspan=")
	}
	for i := range q.terms {
		c.sameKeys(first, &q.terms[i])
	}
	if q.until != nil {
		c.sameKeys(first, q.until)
	}
}

func (c *compiler) sameKeys(first, t *term) {
	if len(t.by) != len(first.by) {
		c.fail(t.pos, "joined by %d fields of its own, and the first event by %d", len(t.by), len(first.by))
	}
}

func (q *query) word() string {
	return [...]string{eventQuery: "event query", sequenceQuery: "sequence", sampleQuery: "sample"}[q.kind]
}

// DefaultSpan bounds a sequence of a rule that gives no bound and does not say how far it looks back.
const DefaultSpan = 9 * time.Minute
