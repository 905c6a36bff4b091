package correlate

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
	"strings"
)

// clock is the time of one node, the newest of its events, and what waits for it: clocks of hosts differ.
type clock struct {
	name    string
	newest  int64 // as far as it has come, by events or without
	heard   int64 // of the newest event
	behind  int   // events in a row that were older than newest by more than setBack
	recent  int64 // the newest of these
	epoch   int   // times it was set back
	due     deadlines
	waiting []*arrival // in order
}

// An event may be far behind the clock: its time is that of the begin of its system call. So many of them in a row mean
// that the clock was set back. (Else all would be late until it has caught up, and setting the clock forth and back would
// blind every correlation.)
const (
	setBack       = 10_000 // milliseconds
	setBackEvents = 64
)

// tick takes the time of an event, and reports whether the clock was set back.
func (n *clock) tick(msec int64) bool {
	if msec >= n.newest-setBack {
		n.heard = max(n.heard, msec)
		n.newest, n.behind = max(n.newest, msec), 0
		return false
	}
	if n.behind++; n.behind == 1 {
		n.recent = msec
	}
	n.recent = max(n.recent, msec)
	if n.behind < setBackEvents {
		return false
	}
	n.newest, n.heard, n.behind = n.recent, n.recent, 0
	n.epoch++
	return true
}

func (n *clock) isDue() bool {
	return len(n.due) > 0 && n.due[0].due < n.newest || len(n.waiting) > 0 && n.waiting[0].due < n.newest
}

// waits reports whether an event that waits comes before all deadlines.
func (n *clock) waits() bool {
	return len(n.waiting) > 0 && (len(n.due) == 0 || n.waiting[0].due <= n.due[0].due)
}

// clocks are those of all nodes.
type clocks struct {
	max    int
	named  map[string]*clock
	order  []*clock // of named, as they came
	last   *clock   // of the event before
	ending *clock   // of all nodes, while Flush runs
	number uint64   // of the seat given last
}

func newClocks(max int) *clocks { return &clocks{max: max, named: make(map[string]*clock)} }

// clock returns that of a node.
func (s *clocks) clock(node string) *clock {
	if s.ending != nil {
		return s.ending
	}
	if s.last != nil && s.last.name == node {
		return s.last
	}
	n := s.named[node]
	if n == nil {
		n = s.add(node)
	}
	s.last = n
	return n
}

// unheard is the time of a clock before its first event.
const unheard = math.MinInt64 / 2

// manyNodes is the name of what nodes over MaxNodes share, as in package assemble.
const manyNodes = "?"

func (s *clocks) add(node string) *clock {
	if len(s.named) >= s.max {
		node = manyNodes
		if n := s.named[node]; n != nil {
			return n
		}
	}
	n := &clock{name: strings.Clone(node), newest: unheard, heard: unheard}
	s.named[n.name] = n
	s.order = append(s.order, n)
	return n
}

// end puts all that waits on one clock, past the end of time.
func (s *clocks) end() *clock {
	all := &clock{newest: math.MaxInt64}
	for _, n := range s.order {
		for _, t := range n.due {
			t.move(all)
			all.due.Push(t)
		}
		for _, a := range n.waiting {
			a.node, a.epoch = all, 0
			all.waiting = append(all.waiting, a)
		}
		n.due, n.waiting = nil, nil
	}
	heap.Init(&all.due)
	slices.SortStableFunc(all.waiting, func(a, b *arrival) int { return cmp.Compare(a.due, b.due) })
	s.ending = all
	return all
}

// advance does what is due on a clock, in the order of the deadlines.
func (c *Correlator) advance(n *clock) {
	for n.isDue() {
		switch {
		case n.waits():
			c.seq.release(n)
		case n.due[0].win != nil:
			c.win.step(n.due[0].win)
		default:
			c.seq.step(n.due[0].seq)
		}
	}
}

// step does what is due in a window: a match that waited, or the close.
func (s *windows) step(w *window) {
	if due := w.deadline(); due != w.due { // its correlation runs behind since
		s.schedule(w)
		return
	}
	if len(w.waiting) > 0 && w.waiting[0].ID.Msec+w.of.delay == w.due {
		s.release(w)
		return
	}
	s.close(w)
}

// schedule puts a window where its deadline belongs.
func (s *windows) schedule(w *window) {
	w.due = w.deadline()
	heap.Fix(&w.clock.due, w.at)
}

// move puts a window on another clock.
func (s *windows) move(w *window, n *clock) {
	if w.clock == n {
		return
	}
	heap.Remove(&w.clock.due, w.at)
	w.clock = n
	heap.Push(&n.due, &w.seat)
}
