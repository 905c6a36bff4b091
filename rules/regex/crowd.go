package regex

import "encoding/binary"

// crowd runs all threads of an automaton at once, as bits of words. It needs no states, so no subject can make it slow:
// a search turns to it when a subject makes too many. Reading a byte takes 10 to 50 ns; in states that are known, 1 or 2.
//
// A position is a state that reads a byte; its bit is set if a thread has just read with it. Where threads go from
// there depends on assertions, so on the byte before and the symbol behind: a context has the answers for one such pair.
type crowd struct {
	*dfa
	words    int       // of a set of positions
	states   []uint32  // of the positions
	position []int32   // of the states that have one
	reads    []bitset  // by column: the positions that read it
	contexts []context // by group before, from one, and column
	made     []int     // contexts that are not empty
	bytes    int       // that they take
	walk     walk
	reached  *stateSet
	cost     int // of the steps, in words
}

// Bounds of a crowd.
const (
	maxPositions = 1024
	maxContexts  = 1 << 14
	wordsPerStep = 16 // are read in the time of one step
)

type bitset []uint64

func (b bitset) add(i int32)      { b[i>>6] |= 1 << (i & 63) }
func (b bitset) has(i int32) bool { return b[i>>6]>>(i&63)&1 != 0 }

func (b bitset) meets(c bitset) bool {
	for i, w := range b {
		if w&c[i] != 0 {
			return true
		}
	}
	return false
}

// context is what happens between two bytes.
type context struct {
	known  bool
	begins bool   // a thread that begins here matches
	start  bitset // positions that it reads with,
	accept bitset // after which a thread matches,
	shift  bitset // from which one goes on to the next
	jumps  []jump // other ways
}

// jump is that threads of any position of from go on to all of to.
type jump struct{ from, to bitset }

// newCrowd returns nil if the automaton is too large for one.
func newCrowd(d *dfa) *crowd {
	c := &crowd{dfa: d, position: make([]int32, len(d.nfa.states)), walk: walk{nfa: d.nfa}, reached: newStateSet(d.nfa)}
	for i := len(d.nfa.states) - 1; i >= 0; i-- { // they were made from the last to the first
		if d.nfa.states[i].kind == nfaByte {
			c.position[i] = int32(len(c.states))
			c.states = append(c.states, uint32(i))
		}
	}
	contexts := (d.nfa.groups.count + 1) * int(d.stride)
	if len(c.states) > maxPositions || contexts > maxContexts {
		return nil
	}
	c.words, c.contexts = len(c.states)/64+1, make([]context, contexts)
	for column := range d.stride {
		c.reads = append(c.reads, c.readers(d.symbol(column)))
	}
	return c
}

func (c *crowd) set() bitset { return make(bitset, c.words) }

func (c *crowd) readers(p place) bitset {
	b := c.set()
	for i, s := range c.states {
		if !p.end && c.nfa.states[s].set.has(p.next) {
			b.add(int32(i))
		}
	}
	return b
}

// match looks for a match in the subject of s, within so many steps.
func (c *crowd) match(s *search, limit int) (yes, decided bool) {
	now, next, group := c.set(), c.set(), 0
	for s.at = 0; ; s.at++ {
		column := s.column()
		at := c.between(group, column)
		if at.begins || now.meets(at.accept) {
			return true, true
		}
		if s.at == len(s.subject) {
			return false, true
		}
		c.step(next, now, at)
		now, next = next, now
		group = int(c.nfa.groups.of[s.subject[s.at]]) + 1
		if c.steps() > limit {
			return false, false
		}
	}
}

// steps returns what was done so far.
func (c *crowd) steps() int { return c.walk.steps + c.cost/wordsPerStep }

// step sets next to the positions that threads of now, and one that begins, read the next byte with.
func (c *crowd) step(next, now bitset, at *context) {
	carry := uint64(0)
	for i, w := range now {
		moved := w & at.shift[i]
		next[i] = at.start[i] | moved<<1 | carry
		carry = moved >> 63
	}
	for i := range at.jumps {
		if j := &at.jumps[i]; now.meets(j.from) {
			for i, w := range j.to {
				next[i] |= w
			}
		}
	}
	c.cost += c.words * (len(at.jumps) + 2)
}

// between returns the context of a group, zero at the beginning, and a column.
func (c *crowd) between(group int, column uint32) *context {
	i := group*int(c.stride) + int(column)
	if at := &c.contexts[i]; at.known {
		return at
	}
	if c.bytes > maxStateBytes {
		for _, k := range c.made {
			c.contexts[k] = context{}
		}
		c.made, c.bytes = c.made[:0], 0
	}
	p := c.symbol(column)
	if p.begin = group == 0; !p.begin {
		p.prev = c.nfa.groups.one[group-1]
	}
	at := c.context(p, c.reads[column])
	c.contexts[i], c.made = at, append(c.made, i)
	c.bytes += 8 * c.words * (3 + 2*len(at.jumps))
	return &c.contexts[i]
}

// context finds where threads go at p, if they then read with one of readers.
func (c *crowd) context(p place, readers bitset) context {
	at := context{known: true, start: c.set(), accept: c.set(), shift: c.set()}
	c.cost += 4 * wordsPerStep * len(c.states)
	if p.begin || c.nfa.restarts {
		at.start, at.begins = c.from(c.nfa.start, p, readers)
	}
	same := map[string]int{} // jumps by where they lead
	for i, s := range c.states {
		to, matches := c.from(c.nfa.states[s].out, p, readers)
		if matches {
			at.accept.add(int32(i))
			continue
		}
		at.connect(int32(i), to, same)
	}
	return at
}

// from returns the readers that can be reached from a state at p, and whether that is a match.
func (c *crowd) from(state uint32, p place, readers bitset) (to bitset, matches bool) {
	c.reached.reset()
	c.walk.steps++
	to = c.set()
	if c.walk.from(state, p, c.reached) {
		return to, true
	}
	for _, k := range c.reached.items {
		if i := c.position[k]; readers.has(i) {
			to.add(i)
		}
	}
	return to, false
}

// connect makes threads of position i go on to all of to.
func (at *context) connect(i int32, to bitset, same map[string]int) {
	if next := i + 1; int(next) < 64*len(to) && to.has(next) {
		at.shift.add(i)
		to[next>>6] &^= 1 << (next & 63)
	}
	key, some := make([]byte, 0, 8*len(to)), false
	for _, w := range to {
		key, some = binary.LittleEndian.AppendUint64(key, w), some || w != 0
	}
	if !some {
		return
	}
	k, ok := same[string(key)]
	if !ok {
		k = len(at.jumps)
		same[string(key)] = k
		at.jumps = append(at.jumps, jump{make(bitset, len(to)), to})
	}
	at.jumps[k].from.add(i)
}
