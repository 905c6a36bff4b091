package regex

// begin returns the state at the beginning of the subject.
func (s *search) begin() uint32 {
	if !s.cold && (s.limit < 2*warmSteps || s.cost == 0) {
		s.flush()
		s.cold = true
	}
	s.first = s.flushes
	if s.start == unknown {
		s.next.reset()
		s.start = s.state(0)
	}
	return s.start
}

// body returns the subject without an LF that is its last byte.
func (s *search) body() string {
	if n := len(s.subject); n > 0 && s.subject[n-1] == '\n' {
		return s.subject[:n-1]
	}
	return s.subject
}

// column returns the column of the symbol at hand.
func (s *search) column() uint32 {
	switch classes := &s.nfa.classes; {
	case s.at >= len(s.subject):
		return uint32(classes.count + 1)
	case s.at == len(s.subject)-1 && s.subject[s.at] == '\n':
		return uint32(classes.count)
	default:
		return uint32(classes.of[s.subject[s.at]])
	}
}

// slow takes one step that run cannot: it may end the search, or need a state that is not made yet. It returns unknown
// if the limit is reached.
func (s *search) slow(state uint32) uint32 {
	column := s.column()
	next := s.rows[state+column]
	if next == unknown {
		next = s.leave(state, column)
		if next > isMatch && s.steps > s.limit {
			return unknown
		}
		if s.steps-s.paid > warmSteps || s.flushes != s.first {
			if !s.cold {
				return s.restart()
			}
			if !s.tried {
				if end, ok := s.together(); ok {
					return end
				}
			}
		}
	}
	s.at++
	return next
}

// restart begins again with no states and the whole limit.
func (s *search) restart() uint32 {
	s.flush()
	s.cold, s.at, s.paid = true, 0, s.steps
	s.limit += s.steps
	return s.begin()
}

// together begins again as a crowd, and returns how that ends; false if there can be none.
func (s *search) together() (end uint32, ok bool) {
	s.tried = true
	c := newCrowd(s.dfa)
	if c == nil {
		return unknown, false
	}
	yes, decided := c.match(s, s.limit-s.steps)
	s.steps += c.steps()
	switch {
	case !decided:
		return unknown, true
	case yes:
		return isMatch, true
	}
	return isDead, true
}

// leave makes the state that follows a state on a symbol, and notes it in the row.
func (s *search) leave(state, column uint32) uint32 {
	flushes := s.flushes
	s.walk.steps = 1
	next := s.after(&s.kernels[state/s.stride], s.symbol(column))
	s.steps += s.walk.steps
	if s.flushes == flushes {
		s.rows[state+column] = next
	}
	return next
}

// symbol returns a place that knows what a column says of what follows.
func (d *dfa) symbol(column uint32) place {
	switch n := uint32(d.nfa.classes.count); column {
	case n + 1:
		return place{known: true, end: true}
	case n:
		return place{known: true, lastLF: true, next: '\n'}
	}
	return place{known: true, next: d.nfa.classes.one[column]}
}

// after returns the state after kernel k and symbol p.
func (s *search) after(k *kernel, p place) uint32 {
	p.begin = k.prev == 0
	if !p.begin {
		p.prev = s.nfa.groups.one[k.prev-1]
	}
	if s.expand(k, p) {
		return isMatch
	}
	if p.end {
		return isDead
	}
	group := uint16(s.nfa.groups.of[p.next]) + 1
	if s.consume(p.next) {
		return isMatch
	}
	if len(s.next.items) == 0 && !s.nfa.restarts {
		return isDead
	}
	if !s.next.pending && !s.nfa.startBehind || !s.nfa.anyBehind {
		group = 0
	}
	return s.state(group)
}

// expand fills now with the threads of k at p, and one that begins there. It reports whether one matches.
func (s *search) expand(k *kernel, p place) bool {
	s.now.reset()
	for _, i := range s.items[k.first:k.last] {
		if s.walk.from(i, p, s.now) {
			return true
		}
	}
	return (p.begin || s.nfa.restarts) && s.walk.from(s.nfa.start, p, s.now)
}

// consume fills next with where the threads of now are after b. It reports whether one matches.
func (s *search) consume(b byte) bool {
	s.next.reset()
	p := place{prev: b}
	s.walk.steps += len(s.now.items)
	for _, i := range s.now.items {
		if n := &s.nfa.states[i]; n.set.has(b) && s.walk.from(n.out, p, s.next) {
			return true
		}
	}
	return false
}
