package correlate

import "slices"

// copyEvent makes the event ours, until the arrival is used again, but for what its terms do not read.
func (s *sequences) copyEvent(a *arrival) {
	if a.final {
		a.unread = 0 // an alert may show all of it
	}
	if a.copy == nil {
		a.copy = &stash{}
	}
	a.copy.take(a.ev, a.unread)
	if !a.copy.whole { // what it lacks may be a key, or the evidence
		for i := range a.stages {
			s.ask(a, i)
			s.occurrence(a, &hit{stage: i})
		}
	}
	a.ev, a.kept = nil, a.copy.size
	a.bytes += a.kept
}

// wait puts an arrival where it belongs among those that wait for their turn.
func (s *sequences) wait(a *arrival) {
	s.copyEvent(a)
	n := a.node
	i := len(n.waiting)
	for i > 0 && before(a.id, n.waiting[i-1].id) {
		i--
	}
	n.waiting = slices.Insert(n.waiting, i, a)
	s.held += a.bytes
	s.waiting++
	if a.due < n.newest {
		s.stats.LateSteps++
	}
	for s.waiting > s.opts.MaxWaiting || s.held > s.opts.MaxSequenceBytes/4 {
		s.stats.OverWaiting++
		s.release(s.longest(n))
	}
}

// longest returns the clock whose first event is let go: n, whose event came last, if it has one.
func (s *sequences) longest(n *clock) *clock {
	for _, o := range s.clocks.order {
		if len(o.waiting) > len(n.waiting) {
			n = o
		}
	}
	return n
}

// release gives the first arrival of a node its turns.
func (s *sequences) release(n *clock) {
	a := n.waiting[0]
	n.waiting[0] = nil
	n.waiting = n.waiting[1:]
	s.held -= a.bytes
	s.waiting--
	s.run(a)
}

// settle gives all that wait on a clock their turns: it was set back, and their time never comes.
func (s *sequences) settle(n *clock) {
	for len(n.waiting) > 0 {
		s.release(n)
	}
}

// maxSpare bounds the arrivals that are kept to be used again, and maxSpareTurns one of them: more of them wait, and larger
// ones, only while something is wrong.
const (
	maxSpare      = 512
	maxSpareTurns = 128
)

// fresh returns an arrival to fill.
func (s *sequences) fresh() *arrival {
	n := len(s.spare)
	if n == 0 {
		return &arrival{}
	}
	a := s.spare[n-1]
	s.spare[n-1] = nil
	s.spare = s.spare[:n-1]
	return a
}

// recycle takes an arrival back that had its turns.
func (s *sequences) recycle(a *arrival) {
	if len(s.spare) >= maxSpare || cap(a.turns) > maxSpareTurns || a.copy != nil && a.copy.isLarge() {
		return
	}
	clear(a.stages)
	a.text.Reset(4 << 10)
	*a = arrival{turns: a.turns[:0], stages: a.stages[:0], copy: a.copy, text: a.text}
	s.spare = append(s.spare, a)
}
