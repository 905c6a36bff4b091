package correlate

import (
	"math"

	"github.com/auditpy/auditpy/rules/rule"
)

// saveSequences writes the machines of each sequence, the least recently touched first, and the events that wait.
func (s *saver) saveSequences(ss *sequences) {
	at := make(map[*series]int)
	s.Count(len(ss.order))
	for i, d := range ss.order {
		at[d] = i
		s.Text(d.Meta.ID)
		s.Uint(sequencePrint(d.Sequence))
		s.Part(func() {
			s.Count(len(d.machines))
			for t := d.oldest; t != nil; t = t.newer {
				s.machine(t.seq)
			}
		})
	}
	for _, n := range ss.clocks.order {
		s.Count(len(n.waiting))
		for _, a := range n.waiting {
			s.arrival(a, at)
		}
	}
}

func (s *saver) machine(m *machine) {
	s.Text(m.key)
	s.Count(s.clocks[m.clock])
	s.Uint(uint64(m.epoch))
	s.Uint(m.number)
	s.ID(m.newest)
	s.Bool(m.muted)
	s.Int(m.until)
	for _, p := range m.slots {
		s.Bool(p != nil)
		if p != nil {
			s.partial(p)
		}
	}
	for _, id := range m.hits {
		s.ID(id)
	}
	s.Count(len(m.pending))
	for _, p := range m.pending {
		s.partial(p)
		s.Int(p.deadline)
		s.Count(s.events.index(p.ev))
		s.Count(p.kept)
	}
	for _, os := range m.seen {
		s.occurrences(os)
	}
}

func (s *saver) partial(p *partial) {
	s.occurrences(p.events)
	s.ID(p.lead)
}

func (s *saver) occurrences(os []*occurrence) {
	s.Count(len(os))
	for _, o := range os {
		s.Count(s.steps.index(o))
	}
}

func (s *saver) arrival(a *arrival, at map[*series]int) {
	s.ID(a.id)
	s.Uint(uint64(a.epoch))
	s.Int(a.due)
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
			s.Count(s.steps.index(a.take(&h)))
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

func (l *loader) loadSequences() {
	known := make(map[string]*rule.Sequence)
	for _, q := range l.of.Sequences {
		known[q.Meta.ID] = q
	}
	var ds []*series
	for n := l.Count(); n > 0 && l.Err() == nil; n-- {
		q, print, part := known[l.Text()], l.Uint(), l.Part()
		if q == nil || sequencePrint(q) != print {
			ds = append(ds, nil)
			continue
		}
		d := l.c.seq.define(q)
		ds = append(ds, d)
		if d != nil {
			l.in(part, func() { l.machines(d) })
		}
	}
	for _, n := range l.clocks {
		l.arrivals(n, ds)
	}
	l.c.clocks.number = l.number
}

func (l *loader) machines(d *series) {
	for n := l.Count(); n > 0 && l.Err() == nil; n-- {
		key, at := l.key(true), pick(l, l.clocks)
		if l.Err() != nil || d.machines[key] != nil {
			l.Fail("sequence")
			return
		}
		l.machine(l.c.seq.enter(d, key, at))
	}
	l.End()
}

func (l *loader) machine(m *machine) {
	s, d := &l.c.seq, m.of
	m.epoch, m.number, m.newest, m.muted, m.until = l.Size(math.MaxInt), l.Uint(), l.ID(), l.Bool(), l.Int()
	for j := range m.slots {
		if l.Bool() {
			m.slots[j] = l.partial(d, j+1)
		}
	}
	for i := range m.hits {
		m.hits[i] = l.ID()
	}
	for range l.Size(maxPending) {
		p := l.partial(d, len(d.steps))
		p.deadline, p.ev, p.kept = l.Int(), pick(l, l.events), l.Size(maxKept)
		m.pending = append(m.pending, p)
		s.account(d, p.kept)
	}
	for j := range m.seen {
		m.seen[j] = l.occurrences(len(m.seen))
		for _, o := range m.seen[j] {
			s.hold(d, o)
		}
	}
	if l.Err() == nil {
		s.rest(m)
	}
}

// partial reads one that has taken so many steps.
func (l *loader) partial(d *series, steps int) *partial {
	p := &partial{}
	os := l.occurrences(steps)
	if len(os) != steps {
		l.Fail("steps of a sequence")
	}
	p.lead = l.ID()
	l.c.seq.account(d, partialSize)
	for _, o := range os {
		l.c.seq.add(d, p, o)
	}
	return p
}

// occurrences reads a list of no more than most.
func (l *loader) occurrences(most int) (os []*occurrence) {
	for range l.Size(most) {
		if o := pick(l, l.steps); o != nil {
			os = append(os, o)
		}
	}
	return os
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
			a.stages = append(a.stages, satisfied{t.of, term, o})
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
