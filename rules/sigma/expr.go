package sigma

// expr is a compiled condition. A rule holds one; its leaves are shared with those of other rules
// that ask the same.
type expr struct {
	op   operator
	kids []*expr
	leaf *leaf
	id   int  // of the leaf: index in Engine.leaves
	done bool // committed; a condition may name an identifier many times
}

type operator uint8

const (
	opLeaf operator = iota
	opAnd
	opOr
	opNot
)

// join combines what is not nil: nil stands for an identifier pattern that matches nothing, which
// the reference leaves out.
func join(op operator, kids []*expr) *expr {
	var some []*expr
	for _, k := range kids {
		if k != nil {
			some = append(some, k)
		}
	}
	switch len(some) {
	case 0:
		return nil
	case 1:
		return some[0]
	}
	return &expr{op: op, kids: some}
}

func negate(x *expr) *expr {
	if x == nil {
		return nil
	}
	return &expr{op: opNot, kids: []*expr{x}}
}

func (x *expr) holds(e *Engine, sc *scratch) bool {
	switch x.op {
	case opLeaf:
		return sc.leaf(e, x.id)
	case opNot:
		return !x.kids[0].holds(e, sc)
	case opAnd:
		for _, k := range x.kids {
			if !k.holds(e, sc) {
				return false
			}
		}
		return true
	}
	for _, k := range x.kids {
		if k.holds(e, sc) {
			return true
		}
	}
	return false
}
