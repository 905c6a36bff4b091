package regex

// needs returns regular expressions each of which matches somewhere in every subject that n matches: n without what is
// not regular, and what positive lookarounds look for. They tell in one pass that most subjects do not match, and
// leave few for backtracking. None if nothing is known.
func needs(n *node) (all []*node) {
	if accepts(n) {
		return nil
	}
	r := relaxer{budget: maxNodes, must: true}
	all = append(all, r.node(n))
	if all = append(all, r.looks...); r.budget < 0 {
		return nil
	}
	return all
}

// relaxer makes trees that match at least what others do.
type relaxer struct {
	looks  []*node // what must be seen
	must   bool    // what is read is a part of every match
	budget int     // nodes
}

// maxNeeds bounds the automata of one expression.
const maxNeeds = 8

var anything = &node{op: opRepeat, max: -1, kids: []*node{{op: opSet, set: new(set).not()}}}

func (r *relaxer) node(n *node) *node {
	if r.budget--; r.budget < 0 {
		return anything
	}
	switch n.op {
	case opConcat:
		return &node{op: opConcat, kids: r.kids(n.kids)}
	case opAlternate:
		return r.some(n.kids)
	case opRepeat:
		must := r.must
		r.must = must && n.min > 0
		body := r.node(n.kids[0])
		r.must = must
		return &node{op: opRepeat, min: n.min, max: n.max, kids: []*node{body}}
	case opCapture, opAtomic:
		return r.node(n.kids[0])
	case opLook:
		return r.look(n)
	case opIf:
		if len(n.kids) == 2 {
			return r.some([]*node{n.kids[1], emptyNode})
		}
		return r.some(n.kids[1:])
	case opBackref, opCall:
		return anything
	case opKeep, opVerb:
		return emptyNode
	}
	return n
}

func (r *relaxer) kids(all []*node) []*node {
	kids := make([]*node, len(all))
	for i, k := range all {
		kids[i] = r.node(k)
	}
	return kids
}

// some relaxes alternatives, of which one need not match.
func (r *relaxer) some(all []*node) *node {
	must := r.must
	r.must = false
	kids := r.kids(all)
	r.must = must
	return &node{op: opAlternate, kids: kids}
}

// look keeps what must be seen. It is dropped where it stands, unless it is regular.
func (r *relaxer) look(n *node) *node {
	if regular(n) {
		return n
	}
	if r.must && !n.negate && len(r.looks) < maxNeeds {
		seen := r.node(n.kids[0])
		r.looks = append(r.looks, seen)
	}
	return emptyNode
}
