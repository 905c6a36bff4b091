package correlate

import (
	"slices"

	"github.com/auditpy/auditpy/internal/audit"
)

// proceed takes an event through the steps of a machine, from the last to the first.
func (s *sequences) proceed(m *machine, a *arrival, t *turn) {
	for j := len(m.of.steps) - 1; j >= 0; j-- {
		h := t.hit(m.of.steps[j].term)
		switch {
		case h == nil:
		case j == 0:
			s.reach(m, 0, s.begin(m, s.occurrence(a, h)), a)
		case m.slots[j-1] != nil && before(m.slots[j-1].last(), a.id):
			s.extend(m, j, h, a)
		}
	}
	if m.of.missing {
		s.miss(m, a, t)
	}
	if m.of.Until >= 0 && t.hit(m.of.Until) != nil {
		s.cut(m, a.id)
	}
}

func (s *sequences) begin(m *machine, o *occurrence) *partial {
	p := &partial{lead: none}
	for _, term := range m.of.lead {
		if id := m.hits[term]; id != none && before(id, o.id) && (p.lead == none || before(p.lead, id)) {
			p.lead = id
		}
	}
	s.account(m.of, partialSize)
	s.add(m.of, p, o)
	return p
}

// extend takes what stands before step j over it, or ends it.
func (s *sequences) extend(m *machine, j int, h *hit, a *arrival) {
	p := m.slots[j-1]
	m.slots[j-1] = nil
	if !m.of.within(p.first().Msec, a.id.Msec) || m.came(m.of.steps[j].not, p.last(), a.id) {
		s.drop(m.of, p)
		return
	}
	s.add(m.of, p, s.occurrence(a, h))
	s.reach(m, j, p, a)
}

// came reports whether an event that should be missing came between two others.
func (m *machine) came(terms []int, from, to audit.ID) bool {
	return slices.ContainsFunc(terms, func(term int) bool {
		id := m.hits[term]
		return id != none && before(from, id) && before(id, to)
	})
}

// reach puts what has taken step j into its place.
func (s *sequences) reach(m *machine, j int, p *partial, a *arrival) {
	if j == len(m.slots) {
		s.complete(m, p, a)
		return
	}
	if old := m.slots[j]; old != nil {
		if before(p.last(), old.last()) { // p came late
			p, old = old, p
		}
		s.drop(m.of, old)
	}
	m.slots[j] = p
	s.say(m, ReasonOpen)
}

// complete decides about a sequence that has all its events. One that must not be followed by another waits.
func (s *sequences) complete(m *machine, p *partial, a *arrival) {
	from := p.first()
	if len(m.of.lead) > 0 {
		from = p.lead
	}
	switch {
	case from == none: // nothing came before it, so that nothing that comes after it matters
		s.findNow(m, p, a)
	case len(m.of.trail) > 0 && m.of.within(from.Msec, p.last().Msec):
		s.pend(m, p, m.of.after(from.Msec), a)
		return
	case len(m.of.lead) > 0 && m.of.within(from.Msec, p.last().Msec):
		s.say(m, ReasonFalse)
	default:
		s.findNow(m, p, a)
	}
	s.drop(m.of, p)
}

// maxPending bounds the whole sequences of one key that wait for what must be missing after them.
const maxPending = 64

func (s *sequences) pend(m *machine, p *partial, deadline int64, a *arrival) {
	a.keep()
	p.deadline, p.ev, p.kept = deadline, a.ev, a.kept
	s.account(m.of, p.kept)
	i := len(m.pending)
	for i > 0 && m.pending[i-1].deadline > deadline {
		i--
	}
	m.pending = slices.Insert(m.pending, i, p)
	s.say(m, ReasonClosing)
	if len(m.pending) > maxPending {
		s.stats.OverPending++
		s.drop(m.of, m.pending[0])
		m.pending = m.pending[1:]
	}
}

// miss takes the terms that should be missing and are not.
func (s *sequences) miss(m *machine, a *arrival, t *turn) {
	for i := range t.hits {
		term, id := t.hits[i].term, a.id
		if !m.of.Terms[term].Missing {
			continue
		}
		if slices.Contains(m.of.trail, term) {
			s.spoil(m, id)
		}
		if m.hits[term] == none || before(m.hits[term], id) {
			m.hits[term] = id
		}
	}
}

// spoil ends the whole sequences that this event should not have followed.
func (s *sequences) spoil(m *machine, id audit.ID) {
	m.pending = slices.DeleteFunc(m.pending, func(p *partial) bool {
		spoiled := before(p.last(), id) && id.Msec <= p.deadline
		if spoiled {
			s.drop(m.of, p)
			s.say(m, ReasonFalse)
		}
		return spoiled
	})
}

// cut ends what is unfinished: an event came until which it may go on.
func (s *sequences) cut(m *machine, id audit.ID) {
	for j, p := range m.slots {
		if p != nil && !before(id, p.last()) {
			m.slots[j] = nil
			s.drop(m.of, p)
		}
	}
}
