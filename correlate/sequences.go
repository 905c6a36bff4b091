package correlate

import (
	"container/heap"
	"math"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// sequences are the machines of all sequences, one for each key that has something unfinished.
//
// Events go through them in the order of their times and serials, as their host began them; the log has them in the order
// in which they ended, so one that a sequence has a term for waits for Options.Reorder of event time. One that comes later
// still takes part, as far as order allows: it extends what ended before it, and replaces nothing that is newer.
//
// A machine has a place for one partial sequence after each step but the last. The steps are tried from the last to the
// first, so that an event serves one of them only; a partial sequence that moves on replaces what stands there. This is
// what Elasticsearch does, and so, too, is what a missing event means: before and after a sequence it must be so far off
// that MaxSpan does not reach over both. (Elasticsearch looks for missing events once a sequence is complete, here
// one between two steps ends the partial sequence at once: an older one in the next place lives on.)
type sequences struct {
	clocks  *clocks
	opts    Options
	stats   *Stats
	note    func(*rule.Meta, []string, Reason)
	reorder int64 // in milliseconds
	defs    map[*rule.Sequence]*series
	order   []*series // of defs, as they came
	count   int       // machines
	bytes   int       // theirs
	waiting int       // arrivals
	held    int       // their bytes
	key     []byte
	keys    []string
	fields  [][]rule.Key
	why     []rule.Evidence
	told    pieces
	spare   []*arrival
	found   []finding // since the last call
}

func newSequences(c *Correlator) sequences {
	return sequences{clocks: c.clocks, opts: c.opts, stats: &c.stats, note: c.note, reorder: max(0, c.opts.Reorder.Milliseconds()), defs: make(map[*rule.Sequence]*series)}
}

// observe takes the matches of an event.
func (s *sequences) observe(n *clock, ev *event.Event, ms []rule.Match) {
	a := s.arrive(n, ev, ms)
	switch {
	case a == nil:
	case s.opts.Reorder < 0:
		s.run(a)
	default:
		s.wait(a)
		for len(n.waiting) > 0 && n.waiting[0].due < n.newest { // it came late
			s.release(n)
		}
	}
}

func (s *sequences) run(a *arrival) {
	for i := range a.stages {
		if st := &a.stages[i]; st.of.heeds(st.term) {
			s.ask(a, i)
		}
	}
	for i := range a.turns {
		s.take(a, &a.turns[i])
	}
	s.recycle(a)
	s.shrink()
}

// take gives an arrival to one machine.
func (s *sequences) take(a *arrival, t *turn) {
	m := s.machineOf(a, t)
	if m == nil {
		return
	}
	if m.newest == a.id { // read twice
		s.stats.Doubled++
		s.say(m, ReasonDoubled)
		return
	}
	if before(m.newest, a.id) {
		m.newest = a.id
		s.move(m, a.node)
	}
	if m.clock == a.node {
		m.epoch = a.epoch
	}
	t.of.touch(&m.seat)
	if t.of.Sample {
		s.sample(m, a, t)
	} else {
		s.proceed(m, a, t)
	}
	s.rest(m)
}

// machineOf returns the machine of a key, made if the event begins something; nil if it need not be.
func (s *sequences) machineOf(a *arrival, t *turn) *machine {
	m := t.of.machines[t.key]
	if m != nil && m.clock == a.node && m.epoch != a.epoch && before(a.id, m.newest) {
		s.end(m) // it is of a time before the clock was set back
		m = nil
	}
	if m == nil && t.begins() {
		m = s.open(a, t)
	}
	return m
}

// begins reports whether the event can be the first of something.
func (t *turn) begins() bool {
	return slices.ContainsFunc(t.hits, func(h hit) bool { return t.of.begins[h.term] })
}

func (s *sequences) open(a *arrival, t *turn) *machine {
	m := s.enter(t.of, strings.Clone(t.key), a.node)
	m.epoch = a.epoch
	return m
}

// enter makes a machine that has nothing.
func (s *sequences) enter(d *series, key string, n *clock) *machine {
	s.clocks.number++
	m := &machine{of: d, key: key, clock: n, newest: none}
	m.seat = seat{due: math.MaxInt64, number: s.clocks.number, seq: m}
	if d.Sample {
		m.seen = make([][]*occurrence, len(d.steps))
	} else {
		m.slots = make([]*partial, len(d.steps)-1)
	}
	if d.missing {
		m.hits = slices.Repeat([]audit.ID{none}, len(d.Terms))
	}
	d.machines[m.key] = m
	heap.Push(&m.clock.due, &m.seat)
	d.link(&m.seat)
	s.count++
	s.account(d, m.size())
	return m
}

// rest ends a machine that has nothing left, or sees to it that it is looked at in time.
func (s *sequences) rest(m *machine) {
	if m.isEmpty() {
		s.remove(m)
		return
	}
	if due := s.deadline(m); due < m.due { // a later one is found out when this one is due
		m.due = due
		heap.Fix(&m.clock.due, m.at)
	}
}

// step does what is due in a machine: a sequence whose missing events stayed away, or its end.
func (s *sequences) step(m *machine) {
	if due := s.deadline(m); due != m.due {
		m.due = due
		heap.Fix(&m.clock.due, m.at)
		return
	}
	if len(m.pending) == 0 {
		s.remove(m)
		return
	}
	p := m.pending[0]
	m.pending = m.pending[1:]
	s.find(m, p, p.ev)
	s.drop(m.of, p)
	s.rest(m)
}

// end ends a machine, as if much time had passed.
func (s *sequences) end(m *machine) {
	for _, p := range m.pending {
		s.find(m, p, p.ev)
	}
	s.remove(m)
}

// clear gives up all machines: at the end of the input.
func (s *sequences) clear() {
	for _, d := range s.order {
		for d.oldest != nil {
			s.remove(d.oldest.seq)
		}
	}
}
