package correlate

import (
	"math"

	"github.com/auditpy/auditpy/rules/rule"
)

// saveSequences writes the machines of each sequence, the least recently touched first, and the events that wait.
func (s *saver) saveSequences(ss *sequences) {
	s.seq = ss
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
