package regex

import "encoding/binary"

// table is a deterministic automaton over bytes, complete, that begins in state 0. Intersection and complement need it.
type table struct {
	next   [][256]uint16
	accept []bool
}

// Bounds of a table: its states, and the steps to make it.
const (
	maxTable      = 2000
	maxTableSteps = 1 << 21
)

// determinize returns the table of an expression without assertions, nil if it is too large.
func determinize(n *node) *table {
	b := builder{known: map[nfaState]uint32{}, sets: map[set]*set{}}
	end := b.addNew(nfaState{kind: nfaByte, set: &set{}}) // not a match: a walk would stop there
	a := &nfa{start: b.node(n, end)}
	if b.full {
		return nil
	}
	a.states = b.states
	a.partition()
	s := subsets{nfa: a, end: end, known: map[string]uint16{}, walk: walk{nfa: a}, now: newStateSet(a)}
	return s.all()
}

// subsets makes states of a table of sets of states of an nfa.
type subsets struct {
	nfa   *nfa
	end   uint32
	table table
	known map[string]uint16
	items [][]uint32 // of each state, in the order in which they were found
	walk  walk
	now   *stateSet
}

func (s *subsets) all() *table {
	s.now.reset()
	s.walk.from(s.nfa.start, place{}, s.now)
	s.state()
	for i := 0; i < len(s.items); i++ {
		s.leave(i)
		if len(s.items) > maxTable || s.walk.steps > maxTableSteps {
			return nil
		}
	}
	return &s.table
}

// leave sets where state i leads.
func (s *subsets) leave(i int) {
	var to [256]uint16 // of each class
	for class := range s.nfa.classes.count {
		s.step(i, s.nfa.classes.one[class])
		to[class] = s.state()
	}
	for b, class := range s.nfa.classes.of {
		s.table.next[i][b] = to[class]
	}
}

// step fills now with where state i leads on byte b.
func (s *subsets) step(i int, b byte) {
	s.now.reset()
	s.walk.steps += len(s.items[i])
	for _, k := range s.items[i] {
		if n := &s.nfa.states[k]; n.set.has(b) {
			s.walk.from(n.out, place{}, s.now)
		}
	}
}

// state returns the state of the set now. Sets with the same members may come in several orders: that costs states only.
func (s *subsets) state() uint16 {
	key := make([]byte, 0, 4*len(s.now.items))
	for _, i := range s.now.items {
		key = binary.LittleEndian.AppendUint32(key, i)
	}
	id, ok := s.known[string(key)]
	if !ok {
		id = uint16(len(s.items))
		s.known[string(key)] = id
		s.items = append(s.items, append([]uint32(nil), s.now.items...))
		s.table.next = append(s.table.next, [256]uint16{})
		s.table.accept = append(s.table.accept, s.now.has(s.end))
	}
	return id
}

// product returns the table of what a and b accept, or of what a accepts and b does not. Nil: it is too large.
func product(a, b *table, not bool) *table {
	type pair struct{ a, b uint16 }
	var p table
	pairs, known := []pair{{}}, map[pair]uint16{{}: 0}
	for i := 0; i < len(pairs) && len(pairs) <= maxTable; i++ {
		var row [256]uint16
		for c := range row {
			to := pair{a.next[pairs[i].a][c], b.next[pairs[i].b][c]}
			id, ok := known[to]
			if !ok {
				id = uint16(len(pairs))
				known[to] = id
				pairs = append(pairs, to)
			}
			row[c] = id
		}
		p.next = append(p.next, row)
		p.accept = append(p.accept, a.accept[pairs[i].a] && b.accept[pairs[i].b] != not)
	}
	if len(pairs) > maxTable {
		return nil
	}
	return &p
}

// live returns the states from which one that accepts can be reached.
func (t *table) live() []bool {
	live := append([]bool(nil), t.accept...)
	for changed := true; changed; {
		changed = false
		for i := len(t.next) - 1; i >= 0; i-- { // most lead to later ones
			for c := 0; c < 256 && !live[i]; c++ {
				live[i] = live[t.next[i][c]]
				changed = changed || live[i]
			}
		}
	}
	return live
}

// table returns the state from which what t accepts leads to next. It is never shared: its states lead back.
func (b *builder) table(t *table, next uint32) uint32 {
	base := uint32(len(b.states))
	for range t.next {
		b.addNew(nfaState{kind: nfaFail})
	}
	live := t.live()
	for i := range t.next {
		if b.full {
			break
		}
		b.states[base+uint32(i)] = b.row(t, i, live, base, next)
	}
	return base
}

// row returns the state i of t, of states that begin at base.
func (b *builder) row(t *table, i int, live []bool, base, next uint32) nfaState {
	targets := map[uint16]*set{}
	var order []uint16
	for c, to := range t.next[i] {
		if !live[to] {
			continue
		}
		if targets[to] == nil {
			targets[to] = &set{}
			order = append(order, to)
		}
		targets[to].add(byte(c))
	}
	start := b.add(nfaState{kind: nfaFail})
	if t.accept[i] {
		start = next
	}
	for _, to := range order {
		step := b.add(nfaState{kind: nfaByte, set: targets[to], out: base + uint32(to)})
		start = b.add(nfaState{kind: nfaSplit, out: step, alt: start})
	}
	return nfaState{kind: nfaSplit, out: start, alt: start}
}
