package correlate

// seat is the place of a window or a machine among those that have a deadline, and among those that may be given up.
type seat struct {
	due    int64
	number uint64 // seats are numbered as they are given
	at     int    // in the deadlines of its clock
	newer  *seat  // touched after it
	older  *seat
	win    *window // whose it is
	seq    *machine
}

// move tells the owner of its new clock.
func (t *seat) move(n *clock) {
	if t.win != nil {
		t.win.clock, t.win.epoch = n, 0
	} else {
		t.seq.clock, t.seq.epoch = n, 0
	}
}

// recency is a list of seats in the order in which they were touched.
type recency struct{ newest, oldest *seat }

// touch makes t the one that is given up last.
func (s *recency) touch(t *seat) {
	if s.newest != t {
		s.unlink(t)
		s.link(t)
	}
}

func (s *recency) link(t *seat) {
	t.older, t.newer = s.newest, nil
	if s.newest != nil {
		s.newest.newer = t
	} else {
		s.oldest = t
	}
	s.newest = t
}

func (s *recency) unlink(t *seat) {
	if t.newer != nil {
		t.newer.older = t.older
	} else {
		s.newest = t.older
	}
	if t.older != nil {
		t.older.newer = t.newer
	} else {
		s.oldest = t.newer
	}
}

// deadlines is a heap. Equal ones come in the order in which the seats were given.
type deadlines []*seat

func (h deadlines) Len() int { return len(h) }

func (h deadlines) Less(i, j int) bool {
	return h[i].due < h[j].due || h[i].due == h[j].due && h[i].number < h[j].number
}

func (h deadlines) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

func (h *deadlines) Push(x any) {
	t := x.(*seat)
	t.at = len(*h)
	*h = append(*h, t)
}

func (h *deadlines) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return t
}
