package correlate

import "container/heap"

// account counts bytes of a sequence.
func (s *sequences) account(d *series, n int) {
	d.bytes += n
	s.bytes += n
}

// add puts an event at the end of a partial sequence.
func (s *sequences) add(d *series, p *partial, o *occurrence) {
	p.events = append(p.events, o)
	s.account(d, 8)
	s.hold(d, o)
}

// drop gives a partial sequence up.
func (s *sequences) drop(d *series, p *partial) {
	for _, o := range p.events {
		s.let(d, o)
	}
	s.account(d, -partialSize-8*len(p.events)-p.kept)
}

// hold counts one more that has an occurrence.
func (s *sequences) hold(d *series, o *occurrence) {
	if o.refs++; o.refs == 1 {
		s.account(d, o.size)
	}
}

// let is the inverse of hold.
func (s *sequences) let(d *series, o *occurrence) {
	if o.refs--; o.refs == 0 {
		s.account(d, -o.size)
	}
}

func (s *sequences) remove(m *machine) {
	d := m.of
	for _, p := range m.slots {
		if p != nil {
			s.drop(d, p)
		}
	}
	for _, p := range m.pending {
		s.drop(d, p)
	}
	for j := range m.seen {
		s.unsee(m, j, len(m.seen[j]))
	}
	delete(d.machines, m.key)
	heap.Remove(&m.clock.due, m.at)
	d.unlink(&m.seat)
	s.count--
	s.account(d, -m.size())
}

// move puts a machine on another clock.
func (s *sequences) move(m *machine, n *clock) {
	if m.clock == n {
		return
	}
	heap.Remove(&m.clock.due, m.at)
	m.clock = n
	heap.Push(&n.due, &m.seat)
}

// shrink makes room, in the sequence that takes most of it: an attacker who floods one does not blind the others.
func (s *sequences) shrink() {
	for s.count > s.opts.MaxKeys {
		s.stats.OverKeys++
		s.evict(s.greatest(func(d *series) int { return len(d.machines) }))
	}
	for s.bytes > s.opts.MaxSequenceBytes {
		s.stats.OverSequenceBytes++
		s.evict(s.greatest(func(d *series) int { return d.bytes }))
	}
}

// greatest returns the sequence for which size is greatest, of equal ones the first.
func (s *sequences) greatest(size func(*series) int) *series {
	most := s.order[0]
	for _, d := range s.order {
		if size(d) > size(most) {
			most = d
		}
	}
	return most
}

// evict gives up the least recently touched machine of a sequence.
func (s *sequences) evict(d *series) {
	m := d.oldest.seq
	s.say(m, ReasonEvicted)
	s.remove(m)
}
