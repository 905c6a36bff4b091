package regex

// regular reports whether an automaton can tell if n matches. Captures and \K say only where.
func regular(n *node) bool {
	switch n.op {
	case opEmpty, opFail, opSet, opAssert, opKeep, opAutomaton:
		return true
	case opLook:
		return near(n.kids[0], n.behind)
	case opRepeat:
		if n.mode == possessive {
			return false
		}
	case opConcat, opAlternate, opCapture:
	default:
		return false
	}
	for _, k := range n.kids {
		if !regular(k) {
			return false
		}
	}
	return true
}

// near reports whether a look at n sees no more than the byte next to the position, as (?!\w), (?=\s|$), (?<=^|/) and
// (?!^$) do.
func near(n *node, behind bool) bool {
	switch n.op {
	case opEmpty, opFail, opSet, opAssert:
		return true
	case opCapture:
		return near(n.kids[0], behind)
	case opConcat:
		for i, k := range n.kids {
			if atEdge := i == len(n.kids)-1 && !behind; !near(k, behind) || !atEdge && !narrow(k) {
				return false
			}
		}
		return true
	case opAlternate:
		for _, k := range n.kids {
			if !near(k, behind) {
				return false
			}
		}
		return true
	}
	return false
}

// narrow reports whether n, which is near, has no set and so no width.
func narrow(n *node) bool {
	for _, k := range n.kids {
		if !narrow(k) {
			return false
		}
	}
	return n.op != opSet
}

// trimmed returns an expression that matches somewhere in exactly the subjects that n does. Where a match may begin
// and end is of no concern, so a repeat there needs no more than its least count: .*foo.* is foo, and [a-z]{1,1000}!
// is [a-z]!, with 3 states instead of 1000. n must be regular.
func trimmed(n *node) *node { return trim(trim(n, first), last) }

// side is which kid of a concatenation is trimmed next; -1: none is left.
type side bool

const (
	first side = false
	last  side = true
)

var emptyNode = &node{op: opEmpty}

func trim(n *node, at side) *node {
	switch n.op {
	case opCapture:
		return trim(n.kids[0], at)
	case opKeep:
		return emptyNode
	case opRepeat:
		return trimRepeat(n, at)
	case opConcat:
		return trimConcat(n.kids, at)
	case opAlternate:
		kids := make([]*node, len(n.kids))
		for i, k := range n.kids {
			kids[i] = trim(k, at)
		}
		return &node{op: opAlternate, kids: kids}
	}
	return n
}

func trimRepeat(n *node, at side) *node {
	switch n.min {
	case 0:
		return emptyNode
	case 1:
		return trim(n.kids[0], at)
	}
	end := trim(n.kids[0], at)
	if end.op == opEmpty {
		return end
	}
	rest := &node{op: opRepeat, min: n.min - 1, max: n.min - 1, kids: n.kids}
	if at == first {
		return &node{op: opConcat, kids: []*node{end, rest}}
	}
	return &node{op: opConcat, kids: []*node{rest, end}}
}

func trimConcat(kids []*node, at side) *node {
	for len(kids) > 0 {
		i, rest := 0, kids[1:]
		if at == last {
			i, rest = len(kids)-1, kids[:len(kids)-1]
		}
		if k := trim(kids[i], at); k.op != opEmpty {
			all := append([]*node(nil), kids...)
			all[i] = k
			return &node{op: opConcat, kids: all}
		}
		kids = rest
	}
	return emptyNode
}
