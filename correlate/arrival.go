package correlate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// arrival is an event on its way to the machines of the sequences that have a term for it.
type arrival struct {
	id    audit.ID
	node  *clock
	epoch int // of node, when it came
	due   int64
	turns []turn
	ev    *event.Event
	kept  int // bytes of ev, if it is a copy of ours; 0: it lives as long as the call
	final bool
	bytes int
}

// turn is what an arrival does to one machine.
type turn struct {
	of   *series
	key  string
	hits []hit
}

// hit is one term that the event satisfies.
type hit struct {
	term int
	by   *occurrence
}

// by returns what satisfies a term, nil if nothing does.
func (t *turn) by(term int) *occurrence {
	for i := range t.hits {
		if t.hits[i].term == term {
			return t.hits[i].by
		}
	}
	return nil
}

// occurrence is one event of a sequence, and why it is one.
type occurrence struct {
	id       audit.ID
	evidence []rule.Evidence
	size     int // about, in bytes
	refs     int // partial sequences that have it
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
				a = &arrival{id: ev.ID, node: n, epoch: n.epoch, due: ev.ID.Msec + s.reorder, ev: ev, bytes: arrivalSize}
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
	o := &occurrence{id: a.id, evidence: keepEvidence(st.Evidence)}
	o.size = occurrenceSize + sizeOf(o.evidence)
	a.bytes += o.size
	a.final = a.final || d.final[st.Term]
	s.keys = s.combine(s.keys[:0], s.key[:0], st.Keys)
	for _, key := range s.keys {
		t := a.turn(d, key)
		if t.by(st.Term) == nil {
			t.hits = append(t.hits, hit{st.Term, o})
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
	a.turns = append(a.turns, turn{of: d, key: key})
	return &a.turns[len(a.turns)-1]
}

// keep makes the event ours.
func (a *arrival) keep() {
	if a.kept == 0 {
		a.ev, a.kept = keep(a.ev)
		a.bytes += a.kept
	}
}

// wait puts an arrival where it belongs among those that wait for their turn.
func (s *sequences) wait(a *arrival) {
	if a.final {
		a.keep()
	} else {
		a.ev = nil
	}
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
