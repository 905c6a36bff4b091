package correlate

import "container/heap"

// stamp makes the clock of the newest match that of the window.
func (s *windows) stamp(w *window, x *contribution) {
	if x.ID.Msec >= w.latest {
		w.latest = x.ID.Msec
		s.move(w, x.node)
	}
	w.epoch = w.clock.epoch
}

// prune removes what is older than the span.
func (s *windows) prune(w *window) {
	n := 0
	for w.newest()-w.entries[n].ID.Msec > w.of.span {
		n++
	}
	s.drop(w, n)
}

// drop removes the first n entries.
func (s *windows) drop(w *window, n int) {
	for i := range n {
		w.remove(&w.entries[i])
		s.account(w, -w.entries[i].size())
	}
	clear(w.entries[:n])
	w.entries = w.entries[n:]
}

// account counts bytes of a window.
func (s *windows) account(w *window, n int) {
	w.bytes += n
	s.bytes += n
}

// shrink makes room: of a window that was touched last, and so is never given up itself.
func (s *windows) shrink(w *window) {
	for len(w.entries)+len(w.waiting) > s.opts.MaxPerGroup && s.shorten(w) {
		s.stats.OverPerGroup++
	}
	for s.bytes > s.opts.MaxWindowBytes && s.oldest != &w.seat {
		s.stats.OverBytes++
		s.evict(s.oldest.win)
	}
	for s.bytes > s.opts.MaxWindowBytes && s.shorten(w) {
		s.stats.OverBytes++
	}
}

// shorten gives up the oldest match of a window, unless it is the only one.
func (s *windows) shorten(w *window) bool {
	switch {
	case len(w.entries) > 1:
		s.drop(w, 1)
	case len(w.waiting) > 1:
		s.pop(w)
	default:
		return false
	}
	return true
}

func (s *windows) evict(w *window) {
	s.note(w.of.Meta, w.group, ReasonEvicted)
	s.remove(w)
}

func (s *windows) remove(w *window) {
	delete(w.of.windows, w.key)
	heap.Remove(&w.clock.due, w.at)
	s.recency.unlink(&w.seat)
	s.count--
	s.bytes -= w.bytes
}
