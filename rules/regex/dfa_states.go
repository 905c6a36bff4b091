package regex

import "slices"

// What a row says instead of the next state. States are offsets of rows, and no row is at these.
const (
	unknown uint32 = iota
	isDead
	isMatch
)

// states are the states that were made so far, and working memory to make more.
type states struct {
	*dfa
	rows    []uint32 // the first is of no state
	kernels []kernel // one for each row
	items   []uint32 // of all kernels
	table   []uint32 // of states by hash; a power of two, at most half full
	start   uint32   // unknown if it was not made yet
	flushes int
	cost    int // steps that it took to make them

	walk      walk
	now, next *stateSet
}

// kernel is what a state is: where threads are that began before its position. A thread that begins there is added
// when the state is left, so that a state is small.
type kernel struct {
	first, last uint32 // its items
	hash        uint64
	prev        uint16 // the group before it, from one; zero at the beginning, and where no one asks
	pending     bool
}

const (
	kernelBytes = 24
	minTable    = 16
)

func newStates(d *dfa) *states {
	st := &states{dfa: d, now: newStateSet(d.nfa), next: newStateSet(d.nfa), walk: walk{nfa: d.nfa}}
	st.flush()
	return st
}

// keep prepares for the next search, after one that made states in so many steps.
func (st *states) keep(steps int) {
	if st.cost += steps; st.bytes() > keepBytes {
		st.rows, st.kernels, st.items, st.table = nil, nil, nil, nil
		st.flush()
	} else if st.cost > warmSteps {
		st.flush()
	}
}

// flush forgets all states.
func (st *states) flush() {
	st.rows = slices.Grow(st.rows[:0], int(st.stride))[:st.stride]
	clear(st.rows)
	st.kernels = append(st.kernels[:0], kernel{})
	st.items = st.items[:0]
	if st.table == nil {
		st.table = make([]uint32, minTable)
	}
	clear(st.table)
	st.start, st.cost = unknown, 0
	st.flushes++
}

// bytes returns the memory that states take.
func (st *states) bytes() int {
	return 4*(cap(st.rows)+cap(st.items)+cap(st.table)) + kernelBytes*cap(st.kernels)
}

// full reports whether there is no room for a state of so many items.
func (st *states) full(items int) bool {
	used := 4*(len(st.rows)+len(st.items)+2*len(st.table)) + kernelBytes*len(st.kernels)
	return len(st.kernels) > maxStates || used+kernelBytes+4*(int(st.stride)+items) > maxStateBytes
}

// state returns the state of the kernel in next. If there is no room for it, all others are forgotten.
func (st *states) state(prev uint16) uint32 {
	k := kernel{hash: st.next.hash + uint64(prev), prev: prev, pending: st.next.pending}
	slot := st.find(k)
	if s := st.table[slot]; s != unknown {
		return s
	}
	if st.full(len(st.next.items)) && len(st.kernels) > 1 {
		st.flush()
		slot = st.find(k)
	}
	s := st.add(k)
	st.table[slot] = s
	if 2*len(st.kernels) > len(st.table) {
		st.grow()
	}
	return s
}

func (st *states) add(k kernel) uint32 {
	s := len(st.rows)
	st.rows = slices.Grow(st.rows, int(st.stride))[:s+int(st.stride)]
	clear(st.rows[s:])
	k.first = uint32(len(st.items))
	st.items = append(st.items, st.next.items...)
	k.last = uint32(len(st.items))
	st.kernels = append(st.kernels, k)
	return uint32(s)
}

// find returns the slot of the table where a state with k's hash and next's items is, or else should be.
func (st *states) find(k kernel) uint32 {
	mask := uint32(len(st.table) - 1)
	slot := uint32(k.hash>>32^k.hash) & mask
	for s := st.table[slot]; s != unknown && !st.same(&st.kernels[s/st.stride], k); s = st.table[slot] {
		slot = (slot + 1) & mask
	}
	return slot
}

// same compares in any order: sorting the items would take longer than finding them.
func (st *states) same(a *kernel, b kernel) bool {
	if a.hash != b.hash || a.prev != b.prev || a.pending != b.pending || int(a.last-a.first) != len(st.next.items) {
		return false
	}
	for _, i := range st.items[a.first:a.last] {
		if !st.next.has(i) {
			return false
		}
	}
	return true
}

// grow doubles the table.
func (st *states) grow() {
	st.table = make([]uint32, 2*len(st.table))
	mask := uint32(len(st.table) - 1)
	for i, k := range st.kernels[1:] {
		slot := uint32(k.hash>>32^k.hash) & mask
		for st.table[slot] != unknown {
			slot = (slot + 1) & mask
		}
		st.table[slot] = uint32(i+1) * st.stride
	}
}
