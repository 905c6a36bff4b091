package regex

// begin finds out where a match can begin, so that the search may pass over all else. Verbs are executed even where
// no match can begin.
func (c *compiler) begin() {
	c.begins = begins(c.tree.root)
	verbs := false
	visit(c.tree.root, func(n *node) { verbs = verbs || n.op == opVerb })
	if verbs {
		return
	}
	if s := new(set); !c.firsts(c.tree.root, s) {
		c.first = s
	}
}

// begins reports whether it is seen at once that n matches only where the search begins.
func begins(n *node) bool {
	switch n.op {
	case opAssert:
		return n.assert == textBegin || n.assert == matchStart
	case opConcat:
		return begins(n.kids[0])
	case opAlternate:
		for _, k := range n.kids {
			if !begins(k) {
				return false
			}
		}
		return len(n.kids) > 0
	case opCapture, opAtomic:
		return begins(n.kids[0])
	}
	return false
}

// firsts adds to s the bytes with which a match of n may begin. It returns whether n may match nothing.
func (c *compiler) firsts(n *node, s *set) bool {
	switch n.op {
	case opSet:
		s.addSet(n.set)
		return false
	case opFail:
		return false
	case opConcat:
		for _, k := range n.kids {
			if !c.firsts(k, s) {
				return false
			}
		}
		return true
	case opAlternate:
		return c.anyFirst(n.kids, s)
	case opIf:
		empty := c.anyFirst(n.kids[1:], s)
		return empty || len(n.kids) == 2
	case opRepeat:
		if n.max == 0 {
			return true
		}
		return c.firsts(n.kids[0], s) || n.min == 0
	case opCapture, opAtomic:
		return c.firsts(n.kids[0], s)
	case opBackref, opCall:
		*s = *new(set).not()
	}
	return true
}

func (c *compiler) anyFirst(kids []*node, s *set) (empty bool) {
	for _, k := range kids {
		empty = c.firsts(k, s) || empty
	}
	return empty
}
