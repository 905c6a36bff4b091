package correlate

import (
	"cmp"
	"strings"

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
	unread event.Parts  // by all of its terms
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
	of      *series
	term    int
	by      *occurrence // nil: no machine has taken it
	unasked bool        // its keys are not known: whether anybody heeds it is known once its turn comes
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

// occurrence returns that of a hit, for a machine to keep.
func (s *sequences) occurrence(a *arrival, h *hit) *occurrence {
	st := &a.stages[h.stage]
	if st.by == nil {
		ev := a.event(st.of.Terms[st.term].Unread)
		s.why = st.of.Evidence(s.why[:0], st.term, ev)
		st.by = s.newOccurrence(a.id, ev, s.why)
		clear(s.why)
	}
	return st.by
}

// event returns the event for who reads not all of it, valid until the arrival is used again.
func (a *arrival) event(unread event.Parts) *event.Event {
	if a.ev == nil && a.copy != nil {
		return a.copy.event(unread)
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
	a.ev = a.event(0)
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
				a.id, a.node, a.epoch, a.due = ev.ID, n, n.epoch, ev.ID.Msec+s.reorder
				a.ev, a.unread, a.bytes = ev, ^event.Parts(0), arrivalSize
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
	a.stages = append(a.stages, satisfied{of: d, term: st.Term, unasked: d.Keys != nil})
	a.bytes += occurrenceSize
	if d.Evidence == nil {
		o := s.newOccurrence(a.id, a.ev, st.Evidence)
		a.stages[len(a.stages)-1].by = o
		a.bytes += o.size - occurrenceSize
	}
	a.final, a.unread = a.final || d.final[st.Term], a.unread&d.Terms[st.Term].Unread
	if d.Keys == nil {
		s.addTurns(a, len(a.stages)-1, st.Keys)
	}
}

// ask finds out the keys of a stage.
func (s *sequences) ask(a *arrival, stage int) {
	st := &a.stages[stage]
	if !st.unasked {
		return
	}
	st.unasked = false
	var ok bool
	if s.fields, ok = st.of.Keys(s.fields, st.term, a.event(st.of.Terms[st.term].Unread)); ok {
		s.addTurns(a, stage, s.fields)
	}
}

func (s *sequences) addTurns(a *arrival, stage int, keys [][]rule.Key) {
	st := &a.stages[stage]
	s.keys = s.combine(s.keys[:0], &a.text, keys)
	for _, key := range s.keys {
		t := a.turn(st.of, key)
		if t.hit(st.term) == nil {
			t.hits = append(t.hits, hit{st.term, stage})
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
