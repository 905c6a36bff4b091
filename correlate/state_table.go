package correlate

import (
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/snapshot"
	"github.com/auditpy/auditpy/rules/rule"
)

// table gives things that many others refer to a place in a list.
type table[T comparable] struct {
	at   map[T]int
	list []T
}

// index returns the place of v, a new one if it has none.
func (t *table[T]) index(v T) int {
	i, ok := t.at[v]
	if ok {
		return i
	}
	if t.at == nil {
		t.at = make(map[T]int)
	}
	t.at[v] = len(t.list)
	t.list = append(t.list, v)
	return len(t.list) - 1
}

// optional is index+1, or 0 for the zero value.
func (t *table[T]) optional(v T) int {
	var none T
	if v == none {
		return 0
	}
	return 1 + t.index(v)
}

// saver writes a state: first what refers to the tables, then the tables.
type saver struct {
	*snapshot.Writer
	clocks map[*clock]int
	rules  table[*rule.Meta]
	events table[*event.Event]
	steps  table[*occurrence]
	inner  table[*made]
}

// tables writes the tables; each refers to those behind it only.
func (s *saver) tables() {
	s.Part(func() {
		s.Count(len(s.inner.list))
		for _, m := range s.inner.list {
			s.made(m)
		}
	})
	s.Count(len(s.events.list))
	for _, ev := range s.events.list {
		ev.Save(s.Writer)
	}
	s.Count(len(s.steps.list))
	for _, o := range s.steps.list {
		s.ID(o.id)
		s.evidence(o.evidence)
	}
	s.Count(len(s.rules.list))
	for _, m := range s.rules.list {
		s.Text(m.ID)
	}
}

func (s *saver) made(m *made) {
	s.Count(m.more)
	s.Count(len(m.related))
	for _, r := range m.related {
		s.ID(r.ID)
		s.Count(s.rules.index(r.Rule))
	}
	s.Count(len(m.rules))
	for _, r := range m.rules {
		s.Count(s.rules.index(r))
	}
}

func (s *saver) evidence(all []rule.Evidence) {
	s.Count(len(all))
	for _, e := range all {
		s.Text(e.Field)
		s.Text(e.Value)
		s.Text(e.Match)
	}
}

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
		o := &occurrence{id: r.ID(), evidence: l.evidence()}
		o.size = occurrenceSize + sizeOf(o.evidence)
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
