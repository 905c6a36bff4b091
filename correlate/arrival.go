package correlate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/text"
	"github.com/auditpy/auditpy/rules/rule"
)

// arrival is an event on its way to the machines of the sequences that have a term for it. Most come to no machine, so
// arrivals lie in memory that is used again, and what a machine keeps of one is made when it takes it.
type arrival struct {
	id     audit.ID
	node   *clock
	epoch  int // of node, when it came
	due    int64
	turns  []turn
	stages []satisfied
	ev     *event.Event // nil: it is in copy
	kept   int          // bytes of the event, if it is a copy of ours; 0: it lives as long as the call
	copy   *stash
	final  bool
	bytes  int
	text   text.Arena // of keys
}

// turn is what an arrival does to one machine.
type turn struct {
	of   *series
	key  string
	hits []hit
}

// hit is one term that the event satisfies.
type hit struct {
	term  int
	stage int // of the arrival
}

// satisfied is one term that the event satisfies, for all keys.
type satisfied struct {
	of   *series
	term int
	by   *occurrence // nil: no machine has taken it
}

// hit returns what satisfies a term, nil if nothing does.
func (t *turn) hit(term int) *hit {
	for i := range t.hits {
		if t.hits[i].term == term {
			return &t.hits[i]
		}
	}
	return nil
}

// occurrence is one event of a sequence, and why it is one.
type occurrence struct {
	id       audit.ID
	who      string // entity id of the process
	what     string // the event in words
	evidence []rule.Evidence
	size     int // about, in bytes
	refs     int // partial sequences that have it
}

func newOccurrence(id audit.ID, ev *event.Event, evidence []rule.Evidence) *occurrence {
	o := &occurrence{id: id, what: alert.Brief(ev), evidence: keepEvidence(evidence)}
	if ev.Process != nil {
		o.who = ev.Process.EntityID()
	}
	o.weigh()
	return o
}

func (o *occurrence) weigh() { o.size = occurrenceSize + len(o.who) + len(o.what) + sizeOf(o.evidence) }

// take returns the occurrence of a hit, for a machine to keep.
func (a *arrival) take(h *hit) *occurrence {
	st := &a.stages[h.stage]
	if st.by == nil {
		ev := a.event()
		st.by = newOccurrence(a.id, ev, st.of.Evidence(st.term, ev))
	}
	return st.by
}

// event returns the event, valid until the arrival is used again.
func (a *arrival) event() *event.Event {
	if a.ev == nil && a.copy != nil {
		a.ev = a.copy.event()
	}
	return a.ev
}

// keep makes the event ours for ever.
func (a *arrival) keep() {
	if a.kept == 0 {
		a.ev, a.kept = keep(a.ev)
		a.bytes += a.kept
		return
	}
	a.event()
	a.copy = nil // it is not used again
}

// order compares events as their host ordered them: by the time of the begin of the system call, then by the serial. Events
// of several hosts need an order too.
func order(a, b audit.ID) int {
	return cmp.Or(cmp.Compare(a.Msec, b.Msec), cmp.Compare(a.Serial, b.Serial), cmp.Compare(a.Node, b.Node))
}

func before(a, b audit.ID) bool { return order(a, b) < 0 }

// arrive collects what an event does to machines; nil if nothing.
func (s *sequences) arrive(n *clock, ev *event.Event, ms []rule.Match) *arrival {
	var a *arrival
	for i := range ms {
		for j := range ms[i].Stages {
			st := &ms[i].Stages[j]
			d := s.define(st.Of)
			if d == nil {
				continue
			}
			if a == nil {
				a = s.fresh()
				a.id, a.node, a.epoch, a.due, a.ev, a.bytes = ev.ID, n, n.epoch, ev.ID.Msec+s.reorder, ev, arrivalSize
				a.id.Node = ownNode(n, ev.ID.Node)
			}
			s.include(a, d, st)
		}
	}
	return a
}

// ownNode returns a name of a node that is ours.
func ownNode(n *clock, name string) string {
	if n.name == name {
		return n.name
	}
	return strings.Clone(name)
}

func (s *sequences) include(a *arrival, d *series, st *rule.Stage) {
	a.stages = append(a.stages, satisfied{of: d, term: st.Term})
	a.bytes += occurrenceSize
	if d.Evidence == nil {
		o := newOccurrence(a.id, a.ev, st.Evidence)
		a.stages[len(a.stages)-1].by = o
		a.bytes += o.size - occurrenceSize
	}
	a.final = a.final || d.final[st.Term]
	s.keys = s.combine(s.keys[:0], &a.text, st.Keys)
	for _, key := range s.keys {
		t := a.turn(d, key)
		if t.hit(st.Term) == nil {
			t.hits = append(t.hits, hit{st.Term, len(a.stages) - 1})
		}
		a.bytes += turnSize + len(key)
	}
	clear(s.keys)
}

// turn returns that of one machine. Those of one sequence stand together.
func (a *arrival) turn(d *series, key string) *turn {
	for i := len(a.turns) - 1; i >= 0 && a.turns[i].of == d; i-- {
		if a.turns[i].key == key {
			return &a.turns[i]
		}
	}
	if len(a.turns) < cap(a.turns) { // with the memory of the hits
		a.turns = a.turns[:len(a.turns)+1]
	} else {
		a.turns = append(a.turns, turn{})
	}
	t := &a.turns[len(a.turns)-1]
	t.of, t.key, t.hits = d, key, t.hits[:0]
	return t
}

// copyEvent makes the event ours, until the arrival is used again.
func (a *arrival) copyEvent() {
	if a.copy == nil {
		a.copy = &stash{}
	}
	a.copy.take(a.ev)
	for i := 0; i < len(a.stages) && !a.copy.whole; i++ { // what it lacks may be the evidence
		a.take(&hit{stage: i})
	}
	a.ev, a.kept = nil, a.copy.size
	a.bytes += a.kept
}

// wait puts an arrival where it belongs among those that wait for their turn.
func (s *sequences) wait(a *arrival) {
	a.copyEvent()
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
