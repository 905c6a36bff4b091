package regex

import "errors"

// nfa is an automaton that may be in many states at once. It does not change after it is made.
type nfa struct {
	states []nfaState
	start  uint32
	// A class are bytes that no state tells apart, a group those that no state tells apart behind it.
	classes, groups partition
	anyBehind       bool // some state asks for what is before it,
	startBehind     bool // start, or one that it leads to without consuming
	restarts        bool // a match may begin after the beginning of the subject
}

// maxNFA bounds the states of an nfa: counted repeats are written out.
const maxNFA = 20_000

type nfaKind uint8

const (
	nfaMatch  nfaKind = iota
	nfaFail           // no way on
	nfaByte           // a byte of set
	nfaSplit          // out, or alt
	nfaAssert         // nothing, where assert holds (if negate: does not)
	nfaAhead          // nothing, where a byte of set follows (if negate: none)
	nfaBehind         // nothing, where a byte of set is before (if negate: none)
)

type nfaState struct {
	kind     nfaKind
	assert   assert
	negate   bool
	out, alt uint32
	set      *set
}

// continuation are the bytes that are within a character of UTF-8.
var continuation = func() *set { s := &set{}; s.addRange(0x80, 0xbf); return s }()

var errTooLarge = errors.New("too large for an automaton")

// newNFA returns the automaton that looks for a regular tree anywhere in a subject or, with utf, at its beginning and
// before any character of it. It fails if that is too large.
func newNFA(tree *node, utf bool) (*nfa, error) {
	b := builder{known: map[nfaState]uint32{}, sets: map[set]*set{}}
	end := b.add(nfaState{kind: nfaMatch})
	start := b.node(trimmed(tree), end)
	if utf {
		begin := b.add(nfaState{kind: nfaAssert, assert: textBegin, out: start})
		start = b.add(nfaState{kind: nfaAhead, negate: true, set: continuation, out: start})
		start = b.add(nfaState{kind: nfaSplit, out: begin, alt: start})
	}
	if b.full {
		return nil, errTooLarge
	}
	n := &nfa{states: b.states, start: start}
	n.partition()
	n.looksAtStart()
	return n, nil
}

// builder makes states from the last to the first, so that each knows the one after it.
type builder struct {
	states []nfaState
	full   bool
	known  map[nfaState]uint32
	sets   map[set]*set
}

// add returns a state that is like s, a new one only if there is none. So alternatives with the same end share it, as
// the sequences of UTF-8 do.
func (b *builder) add(s nfaState) uint32 {
	if s.set != nil {
		s.set = b.same(s.set)
	}
	i, ok := b.known[s]
	if !ok {
		i = b.addNew(s)
		b.known[s] = i
	}
	return i
}

func (b *builder) same(s *set) *set {
	if b.sets[*s] == nil {
		b.sets[*s] = s
	}
	return b.sets[*s]
}

func (b *builder) addNew(s nfaState) uint32 {
	if len(b.states) >= maxNFA {
		b.full = true
		return 0
	}
	b.states = append(b.states, s)
	return uint32(len(b.states) - 1)
}

// node returns the state from which n leads to next.
func (b *builder) node(n *node, next uint32) uint32 {
	if b.full {
		return next
	}
	switch n.op {
	case opFail:
		return b.add(nfaState{kind: nfaFail})
	case opSet:
		return b.add(nfaState{kind: nfaByte, set: n.set, out: next})
	case opConcat:
		return b.concat(n.kids, next)
	case opAlternate:
		return b.alternate(n.kids, next)
	case opRepeat:
		return b.repeat(n, next)
	case opCapture:
		return b.node(n.kids[0], next)
	case opAssert:
		return b.add(nfaState{kind: nfaAssert, assert: n.assert, out: next})
	case opLook:
		l := look{b, n.behind, n.negate}
		return l.node(n.kids[0], next)
	case opAutomaton:
		return b.table(n.table, next)
	}
	return next // opEmpty, opKeep
}

func (b *builder) concat(kids []*node, next uint32) uint32 {
	for i := len(kids) - 1; i >= 0; i-- {
		next = b.node(kids[i], next)
	}
	return next
}

func (b *builder) alternate(kids []*node, next uint32) uint32 {
	if len(kids) == 0 {
		return b.add(nfaState{kind: nfaFail})
	}
	start := b.node(kids[len(kids)-1], next)
	for i := len(kids) - 2; i >= 0; i-- {
		start = b.add(nfaState{kind: nfaSplit, out: b.node(kids[i], next), alt: start})
	}
	return start
}

// repeat writes the repeat out. A body without states needs no copies: it would not end otherwise.
func (b *builder) repeat(n *node, next uint32) uint32 {
	body, start := n.kids[0], next
	switch {
	case n.max < 0:
		start = b.addNew(nfaState{kind: nfaSplit, alt: next}) // it is not complete yet
		b.states[start].out = b.node(body, start)
	default:
		for range n.max - n.min {
			was := start
			if start = b.node(body, start); start == was || b.full {
				break
			}
			start = b.add(nfaState{kind: nfaSplit, out: start, alt: next})
		}
	}
	for range n.min {
		was := start
		if start = b.node(body, start); start == was || b.full {
			break
		}
	}
	return start
}

// look builds what near allows, with the contrary pushed down to the leaves.
type look struct {
	*builder
	behind, negate bool
}

func (l *look) node(n *node, next uint32) uint32 {
	switch n.op {
	case opEmpty, opFail:
		if (n.op == opFail) == l.negate {
			return next
		}
		return l.add(nfaState{kind: nfaFail})
	case opAssert:
		return l.add(nfaState{kind: nfaAssert, assert: n.assert, negate: l.negate, out: next})
	case opSet:
		kind := nfaAhead
		if l.behind {
			kind = nfaBehind
		}
		return l.add(nfaState{kind: kind, set: n.set, negate: l.negate, out: next})
	case opCapture:
		return l.node(n.kids[0], next)
	}
	if (n.op == opConcat) == l.negate { // not all of them, or one of them
		return l.any(n.kids, next)
	}
	return l.all(n.kids, next)
}

func (l *look) all(kids []*node, next uint32) uint32 {
	for _, k := range kids {
		next = l.node(k, next)
	}
	return next
}

func (l *look) any(kids []*node, next uint32) uint32 {
	start := l.add(nfaState{kind: nfaFail})
	for _, k := range kids {
		start = l.add(nfaState{kind: nfaSplit, out: l.node(k, next), alt: start})
	}
	return start
}
