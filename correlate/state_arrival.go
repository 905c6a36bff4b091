package correlate

import "math"

func (s *saver) arrival(a *arrival, at map[*series]int) {
	s.ID(a.id)
	s.Uint(uint64(a.epoch))
	s.Int(a.due)
	bytes := a.bytes
	for i := range a.stages {
		s.seq.ask(a, i)
	}
	s.seq.held += a.bytes - bytes
	s.waitingEvent(a)
	s.Count(a.bytes)
	s.Count(len(a.turns))
	for i := range a.turns {
		t := &a.turns[i]
		s.Count(at[t.of])
		s.Text(t.key)
		s.Count(len(t.hits))
		for _, h := range t.hits {
			s.Count(h.term)
			s.Count(s.steps.index(s.seq.occurrence(a, &h)))
		}
	}
}

// waitingEvent writes the event of an arrival, if it may be told.
func (s *saver) waitingEvent(a *arrival) {
	if !a.final {
		s.Count(0)
		s.Count(0)
		return
	}
	if a.kept > 0 {
		a.keep() // the table has it until all is written
	}
	s.Count(s.events.optional(a.ev))
	s.Count(a.kept)
}

// arrivals reads the events that wait on a clock.
func (l *loader) arrivals(n *clock, ds []*series) {
	s := &l.c.seq
	for i := l.Count(); i > 0 && l.Err() == nil; i-- {
		a := l.arrival(n, ds)
		if k := len(n.waiting); k > 0 && before(a.id, n.waiting[k-1].id) {
			l.Fail("order of events")
		}
		if len(a.turns) > 0 { // else they were of sequences that are gone
			n.waiting = append(n.waiting, a)
			s.waiting++
			s.held += a.bytes
		}
	}
}

func (l *loader) arrival(n *clock, ds []*series) *arrival {
	a := &arrival{id: l.ID(), node: n, epoch: l.Size(math.MaxInt), due: l.Int(), ev: pickOptional(l, l.events), kept: l.Size(maxKept), bytes: l.Size(1 << 40)}
	for i := l.Count(); i > 0 && l.Err() == nil; i-- {
		t := turn{of: pick(l, ds), key: l.key(true)}
		for k := l.Count(); k > 0 && l.Err() == nil; k-- {
			term, o := l.Size(math.MaxInt32), pick(l, l.steps)
			if t.of == nil {
				continue
			}
			if term >= len(t.of.Terms) {
				l.Fail("term of a sequence")
				return a
			}
			a.final = a.final || t.of.final[term]
			a.stages = append(a.stages, satisfied{of: t.of, term: term, by: o})
			t.hits = append(t.hits, hit{term, len(a.stages) - 1})
		}
		if t.of != nil {
			a.turns = append(a.turns, t)
		}
	}
	if a.final && a.ev == nil {
		l.Fail("event of a sequence")
	}
	return a
}
