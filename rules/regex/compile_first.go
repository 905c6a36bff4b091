package regex

import "slices"

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

// begins reports whether n is seen to match only where the search begins, by the same look as PCRE2's: it then tries
// nothing else, not even the same without a (*SKIP:name) whose mark was not passed.
func begins(n *node) bool {
	switch n.op {
	case opAssert:
		return n.assert == textBegin || n.assert == matchStart
	case opConcat:
		first := slices.IndexFunc(n.kids, func(k *node) bool { return !isPassed(k) })
		return first >= 0 && begins(n.kids[first])
	case opAlternate:
		return len(n.kids) > 0 && allBegin(n.kids)
	case opCapture, opAtomic:
		return begins(n.kids[0])
	case opRepeat:
		return n.min > 0 && begins(n.kids[0])
	case opLook:
		return !n.behind && !n.negate && begins(n.kids[0])
	case opIf:
		if len(n.kids) < 3 {
			return false
		}
		return allBegin(n.kids[2:]) && (begins(n.kids[0]) || n.kids[0].op != opLook && begins(n.kids[1]))
	}
	return false
}

func allBegin(nodes []*node) bool {
	return !slices.ContainsFunc(nodes, func(n *node) bool { return !begins(n) })
}

// isPassed reports whether begins looks at what follows n: it is a verb with a name, or only defines groups.
func isPassed(n *node) bool {
	if n.op == opIf {
		return len(n.kids) == 2 && n.kids[0].op == opGroupSet && len(n.kids[0].refs) == 0
	}
	return n.op == opVerb && n.name != ""
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
