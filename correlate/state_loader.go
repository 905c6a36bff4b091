package correlate

import (
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/snapshot"
	"github.com/auditpy/auditpy/rules/rule"
)

// loader reads a state. The Reader is that of the part at hand.
type loader struct {
	*snapshot.Reader
	c      *Correlator
	of     Rules
	metas  map[string]*rule.Meta
	clocks []*clock
	number uint64
	rules  []*rule.Meta
	events []*event.Event
	steps  []*occurrence
	inner  []*made
	failed error // of another part
}

// newLoader reads the tables.
func newLoader(c *Correlator, r *snapshot.Reader, of Rules) *loader {
	l := &loader{Reader: r, c: c, of: of, metas: metasOf(of)}
	body, inner := r.Part(), r.Part()
	for n := r.Count(); n > 0 && r.Err() == nil; n-- {
		l.events = append(l.events, event.Load(r))
	}
	for n := r.Count(); n > 0 && r.Err() == nil; n-- {
		o := &occurrence{id: r.ID(), who: l.Text(), what: l.Text(), evidence: l.evidence()}
		o.weigh()
		l.steps = append(l.steps, o)
	}
	for n := r.Count(); n > 0 && r.Err() == nil; n-- {
		l.rules = append(l.rules, l.meta(r.Text()))
	}
	r.End()
	l.in(inner, func() {
		for n := l.Count(); n > 0 && l.Err() == nil; n-- {
			l.inner = append(l.inner, l.made())
		}
		l.End()
	})
	l.failed, l.Reader = l.err(), body
	return l
}

// in reads a part.
func (l *loader) in(part *snapshot.Reader, read func()) {
	whole := l.Reader
	l.Reader = part
	read()
	l.failed = l.err()
	l.Reader = whole
}

func (l *loader) err() error {
	if l.failed != nil {
		return l.failed
	}
	return l.Err()
}

func metasOf(of Rules) map[string]*rule.Meta {
	metas := make(map[string]*rule.Meta)
	for _, m := range of.All {
		metas[m.ID] = m
	}
	for _, k := range of.Correlations {
		metas[k.Meta.ID] = k.Meta
	}
	return metas
}

// meta returns the rule of an id; of one that is gone an alert still tells the id.
func (l *loader) meta(id string) *rule.Meta {
	m := l.metas[id]
	if m == nil {
		m = &rule.Meta{ID: id, Title: id}
		l.metas[id] = m
	}
	return m
}

func (l *loader) made() *made {
	m := &made{more: l.Size(1 << 40)}
	for range l.Size(alert.MaxRelated) {
		m.related = append(m.related, alert.Related{ID: l.ID(), Rule: l.rule()})
	}
	for n := l.Count(); n > 0 && l.Err() == nil; n-- {
		m.rules = append(m.rules, l.rule())
	}
	if len(m.related) == 0 {
		l.Fail("a firing of nothing")
	}
	return m
}

func (l *loader) evidence() (all []rule.Evidence) {
	for range l.Size(maxEvidence) {
		all = append(all, rule.Evidence{Field: l.Text(), Value: l.Text(), Match: l.Text()})
	}
	return all
}

func (l *loader) rule() *rule.Meta { return pick(l, l.rules) }

// pick reads an index, and returns the item; its zero value with an error.
func pick[T any](l *loader, list []T) (v T) {
	if i := l.Index(len(list)); l.Err() == nil {
		v = list[i]
	}
	return v
}

// pickOptional is the inverse of table.optional.
func pickOptional[T any](l *loader, list []T) (v T) {
	if i := l.Size(len(list)); l.Err() == nil && i > 0 {
		v = list[i-1]
	}
	return v
}
