package correlate

import (
	"slices"

	"github.com/auditpy/auditpy/internal/audit"
)

// sample takes an event of a sample: each step has the newest events that satisfy it, as many as there are steps, and the
// sample is found when each can have an event of its own. (More of them never help: the other steps take less.)
func (s *sequences) sample(m *machine, a *arrival, t *turn) {
	if m.muted && a.id.Msec <= m.until {
		s.stats.Suppressed++
		s.say(m, ReasonSuppressed)
		return
	}
	m.muted = false
	for j := range m.of.steps {
		if h := t.hit(m.of.steps[j].term); h != nil {
			s.see(m, j, s.occurrence(a, h))
		}
	}
	s.forget(m)
	p := s.choose(m)
	if p == nil {
		s.say(m, ReasonOpen)
		return
	}
	m.muted, m.until = true, m.of.after(p.last().Msec)
	s.findNow(m, p, a)
	s.drop(m.of, p)
	for j := range m.seen {
		s.unsee(m, j, len(m.seen[j]))
	}
}

// see adds an event to those of a step, unless it is there.
func (s *sequences) see(m *machine, j int, o *occurrence) {
	es := m.seen[j]
	i := len(es)
	for i > 0 && before(o.id, es[i-1].id) {
		i--
	}
	if i > 0 && es[i-1].id == o.id {
		return
	}
	m.seen[j] = slices.Insert(es, i, o)
	s.hold(m.of, o)
	if len(m.seen[j]) > len(m.seen) {
		s.unsee(m, j, 1)
	}
}

// unsee removes the first n events of a step.
func (s *sequences) unsee(m *machine, j, n int) {
	for _, o := range m.seen[j][:n] {
		s.let(m.of, o)
	}
	m.seen[j] = slices.Delete(m.seen[j], 0, n)
}

// forget removes events that MaxSpan does not reach back to.
func (s *sequences) forget(m *machine) {
	for j, es := range m.seen {
		n := 0
		for n < len(es) && !m.of.within(es[n].id.Msec, m.newest.Msec) {
			n++
		}
		s.unsee(m, j, n)
	}
}

// choose returns an event for each step, none for two of them, in the order of their times; nil if there are not enough.
func (s *sequences) choose(m *machine) *partial {
	for _, es := range m.seen {
		if len(es) == 0 {
			return nil
		}
	}
	chosen, of := make([]*occurrence, len(m.seen)), make(map[audit.ID]int)
	for j := range m.seen {
		if !m.assign(j, chosen, of, make(map[audit.ID]bool)) {
			return nil
		}
	}
	slices.SortFunc(chosen, func(a, b *occurrence) int { return order(a.id, b.id) })
	p := &partial{}
	s.account(m.of, partialSize)
	for _, o := range chosen {
		s.add(m.of, p, o)
	}
	return p
}

// assign chooses an event for step j, if need be one of another step that can have another. Of says which step has an
// event.
func (m *machine) assign(j int, chosen []*occurrence, of map[audit.ID]int, tried map[audit.ID]bool) bool {
	for _, o := range m.seen[j] {
		if tried[o.id] {
			continue
		}
		tried[o.id] = true
		if other, taken := of[o.id]; !taken || m.assign(other, chosen, of, tried) {
			chosen[j], of[o.id] = o, j
			return true
		}
	}
	return false
}
