package regex

// stateSet is a set of states of an nfa. Adding, asking and emptying it take constant time.
type stateSet struct {
	seen  []uint32 // all that were visited
	where []uint32 // of state i in seen, if seen has it there
	// Those of seen that consume a byte, or wait for what follows.
	items   []uint32
	hash    uint64 // of items, in any order
	pending bool   // some wait
}

func newStateSet(n *nfa) *stateSet { return &stateSet{where: make([]uint32, len(n.states))} }

func (s *stateSet) reset() {
	s.seen, s.items, s.hash, s.pending = s.seen[:0], s.items[:0], 0, false
}

func (s *stateSet) has(i uint32) bool {
	w := s.where[i]
	return int(w) < len(s.seen) && s.seen[w] == i
}

// visit adds i to seen, and reports whether it was not there.
func (s *stateSet) visit(i uint32) bool {
	if s.has(i) {
		return false
	}
	s.where[i] = uint32(len(s.seen))
	s.seen = append(s.seen, i)
	return true
}

func (s *stateSet) keep(i uint32) {
	s.items = append(s.items, i)
	h := uint64(i+1) * 0x9e3779b97f4a7c15
	s.hash += h ^ h>>29
}

// walk visits states without consuming.
type walk struct {
	nfa   *nfa
	stack []uint32
	steps int // states visited
}

// from adds to a set what can be reached at p from state i. It reports whether that is a match, and then stops.
func (w *walk) from(i uint32, p place, to *stateSet) bool {
	w.stack = append(w.stack[:0], i)
	for len(w.stack) > 0 {
		i := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		for to.visit(i) {
			w.steps++
			s := &w.nfa.states[i]
			if s.kind == nfaMatch {
				return true
			}
			if s.kind == nfaSplit {
				w.stack = append(w.stack, s.alt)
			} else if !to.passes(s, i, p) {
				break
			}
			i = s.out
		}
	}
	return false
}

// passes reports whether state i can be passed at p without consuming. If not now, but perhaps then, it is kept.
func (s *stateSet) passes(n *nfaState, i uint32, p place) bool {
	switch n.kind {
	case nfaFail:
		return false
	case nfaByte:
		s.keep(i)
		return false
	}
	t := n.holds(p)
	if t == later {
		s.keep(i)
		s.pending = true
	}
	return t == yes
}
