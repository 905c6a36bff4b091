package correlate

import (
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
	seq    *sequences
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
		s.Text(o.who)
		s.Text(o.what)
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
