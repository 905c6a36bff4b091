package correlate

import (
	"container/heap"
	"math"
	"strings"
)

// clock is the time of one node, the newest of its events, and the windows that wait for it: clocks of hosts differ.
type clock struct {
	name   string
	newest int64
	behind int   // events in a row that were older than newest by more than setBack
	recent int64 // the newest of these
	epoch  int   // times it was set back
	due    deadlines
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
	n.newest, n.behind = n.recent, 0
	n.epoch++
	return true
}

func (n *clock) isDue() bool { return len(n.due) > 0 && n.due[0].due < n.newest }

// clock returns that of a node.
func (s *windows) clock(node string) *clock {
	if s.ending != nil {
		return s.ending
	}
	if s.last != nil && s.last.name == node {
		return s.last
	}
	n := s.clocks[node]
	if n == nil {
		n = s.addClock(node)
	}
	s.last = n
	return n
}

// manyNodes is the name of what nodes over MaxNodes share, as in package assemble.
const manyNodes = "?"

func (s *windows) addClock(node string) *clock {
	if len(s.clocks) >= s.opts.MaxNodes {
		node = manyNodes
		if n := s.clocks[node]; n != nil {
			return n
		}
	}
	n := &clock{name: strings.Clone(node), newest: math.MinInt64 / 2}
	s.clocks[n.name] = n
	s.order = append(s.order, n)
	return n
}

// advance does what is due on a clock, in the order of the deadlines.
func (s *windows) advance(n *clock) {
	for n.isDue() {
		s.step(n.due[0])
	}
}

// flush does all that is due some time, of all nodes on one clock.
func (s *windows) flush() {
	all := &clock{newest: math.MaxInt64}
	for _, n := range s.order {
		for _, w := range n.due {
			w.clock, w.epoch = all, 0
			all.due.Push(w)
		}
		n.due = nil
	}
	heap.Init(&all.due)
	s.ending = all
	s.advance(all)
	s.ending = nil
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
	heap.Push(&n.due, w)
}

// deadlines is a heap. Equal ones come in the order in which the windows were opened.
type deadlines []*window

func (h deadlines) Len() int { return len(h) }

func (h deadlines) Less(i, j int) bool {
	return h[i].due < h[j].due || h[i].due == h[j].due && h[i].number < h[j].number
}

func (h deadlines) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

func (h *deadlines) Push(x any) {
	w := x.(*window)
	w.at = len(*h)
	*h = append(*h, w)
}

func (h *deadlines) Pop() any {
	old := *h
	w := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return w
}
