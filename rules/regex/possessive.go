package regex

// plainer returns an expression that matches the same texts as n. Where that can be said with a look at one byte, it has
// no atomic groups and possessive repeats: \d++ is \d+(?!\d), and \R matches CR only where LF does not follow. Captures
// are the same too.
func plainer(n *node) *node {
	m, _ := unlock(n)
	return m
}

// unlock returns the expression, and whether it matches in one way at most at any position: an atomic group around it
// then changes nothing.
func unlock(n *node) (m *node, single bool) {
	switch n.op {
	case opEmpty, opFail, opSet, opAssert, opKeep, opLook, opBackref:
		return n, true
	case opConcat, opCapture:
		return unlockAll(n)
	case opAlternate:
		m, single = unlockAll(n)
		return m, single && disjoint(m.kids)
	case opRepeat:
		return unlockRepeat(n)
	case opAtomic:
		return unlockAtomic(n)
	}
	return n, false
}

func unlockAll(n *node) (m *node, single bool) {
	kids, changed := make([]*node, len(n.kids)), false
	single = true
	for i, k := range n.kids {
		kid, one := unlock(k)
		kids[i], single, changed = kid, single && one, changed || kid != k
	}
	if !changed {
		return n, single
	}
	return n.with(kids...), single
}

// with returns a copy of n that has other kids.
func (n *node) with(kids ...*node) *node {
	m := *n
	m.kids = kids
	return &m
}

// disjoint reports whether all begin with a byte, and no two with the same.
func disjoint(all []*node) bool {
	var seen set
	for _, n := range all {
		for n.op == opConcat && len(n.kids) > 0 || n.op == opCapture {
			n = n.kids[0]
		}
		if n.op != opSet {
			return false
		}
		if seen.and(n.set) != (set{}) {
			return false
		}
		seen.addSet(n.set)
	}
	return true
}

func unlockRepeat(n *node) (m *node, single bool) {
	kid, one := unlock(n.kids[0])
	m = n
	if kid != n.kids[0] {
		m = n.with(kid)
	}
	fixed := one && m.min == m.max
	switch {
	case m.mode != possessive:
		return m, fixed
	case fixed:
		m = m.with(kid)
		m.mode = greedy
		return m, true
	case kid.op == opSet:
		return most(m), true
	}
	return m, true
}

// most is a possessive repeat of a set: as often as it can be, or as it may.
func most(n *node) *node {
	less := n.with(n.kids...)
	less.mode = greedy
	no := &node{op: opLook, negate: true, kids: n.kids, pos: n.pos}
	if n.max < 0 {
		return &node{op: opConcat, kids: []*node{less, no}, pos: n.pos}
	}
	full := less.with(n.kids...)
	full.min = n.max
	less.max--
	return &node{op: opAlternate, kids: []*node{full, {op: opConcat, kids: []*node{less, no}, pos: n.pos}}, pos: n.pos}
}

func unlockAtomic(n *node) (m *node, single bool) {
	kid, single := unlock(n.kids[0])
	switch {
	case single:
		return kid, true
	case kid.op == opRepeat && kid.kids[0].op == opSet && kid.mode == greedy:
		return most(kid), true
	case kid.op == opRepeat && kid.kids[0].op == opSet:
		kid = kid.with(kid.kids...)
		kid.max = kid.min
		return kid, true
	}
	if pair := unlockPair(kid); pair != nil {
		return pair, true
	}
	if kid != n.kids[0] {
		n = n.with(kid)
	}
	return n, true
}

// unlockPair treats \R: two bytes, or else one.
func unlockPair(n *node) *node {
	if n.op != opAlternate || len(n.kids) != 2 || n.kids[0].op != opConcat || n.kids[1].op != opSet {
		return nil
	}
	pair, one := n.kids[0], n.kids[1]
	if len(pair.kids) != 2 || pair.kids[0].op != opSet || pair.kids[1].op != opSet {
		return nil
	}
	both := one.set.and(pair.kids[0].set)
	rest := one.set.and(pair.kids[0].set.not())
	no := &node{op: opLook, negate: true, kids: pair.kids[1:], pos: n.pos}
	alone := &node{op: opConcat, kids: []*node{{op: opSet, set: &both}, no}, pos: n.pos}
	return n.with(pair, &node{op: opSet, set: &rest, pos: n.pos}, alone)
}

func (s *set) and(other *set) set {
	return set{s[0] & other[0], s[1] & other[1], s[2] & other[2], s[3] & other[3]}
}
