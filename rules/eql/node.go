package eql

import "math"

// node is an expression with a value. In it logic has three values: what is null is neither true nor false.
type node interface {
	eval(sc *scratch) value
}

type constant struct{ v value }

func (n constant) eval(*scratch) value { return n.v }

// fieldNode is the value of a field that is picked at the moment.
type fieldNode struct {
	id  int
	typ Type
}

func (n fieldNode) eval(sc *scratch) value {
	values := sc.values(n.id)
	if len(values) == 0 {
		return null
	}
	s := values[sc.picks[n.id]]
	switch n.typ {
	case Boolean:
		if s != "true" && s != "false" {
			return null
		}
		return boolValue(s == "true")
	case Long, Double:
		v, _ := parseNumber(s)
		if n.typ == Double && v.kind == intKind {
			return floatValue(v.float())
		}
		return v
	}
	return textValue(s)
}

// logicNode is and, or or not over three values, as Kleene has it.
type logicNode struct {
	op   op
	kids []node
}

func (n logicNode) eval(sc *scratch) value {
	if n.op == opNot {
		v := n.kids[0].eval(sc)
		if v.kind != boolKind {
			return null
		}
		return boolValue(v.isFalse())
	}
	result := boolValue(n.op == opAnd)
	for _, k := range n.kids {
		switch v := k.eval(sc); {
		case v.kind != boolKind:
			result = null
		case v.isTrue() != (n.op == opAnd): // one false makes and false, one true makes or true
			return v
		}
	}
	return result
}

// compareNode compares two values; with null nothing can be said, but that nothing equals nothing where nulls is set.
type compareNode struct {
	op    op
	a, b  node
	nulls bool // of two optional fields
}

func (n compareNode) eval(sc *scratch) value {
	a, b := n.a.eval(sc), n.b.eval(sc)
	if a.kind == nullKind || b.kind == nullKind {
		if n.nulls {
			return boolValue((a.kind == b.kind) == (n.op == opEqual))
		}
		return null
	}
	c, ok := compare(a, b)
	if !ok {
		return boolValue(n.op == opUnequal)
	}
	return boolValue(holdsFor(n.op, c))
}

// isNullNode is x == null.
type isNullNode struct{ a node }

func (n isNullNode) eval(sc *scratch) value { return boolValue(n.a.eval(sc).kind == nullKind) }

// testNode is in, :, like, regex and cidrMatch of an expression: the test of a leaf on its text.
type testNode struct {
	a    node
	test *leaf
}

func (n testNode) eval(sc *scratch) value {
	v := n.a.eval(sc)
	if v.kind == nullKind {
		return null
	}
	_, ok := n.test.test(v.text())
	return boolValue(ok)
}

// mathNode is + - * / % of two numbers, and - of one, where a is 0.
type mathNode struct {
	op   op
	a, b node
}

func (n mathNode) eval(sc *scratch) value {
	return calculate(n.op, number(n.a.eval(sc)), number(n.b.eval(sc)))
}

// number reads a text as a number, which is what a field of any type may have; null is what is none.
func number(v value) value {
	switch v.kind {
	case intKind, floatKind:
		return v
	case textKind:
		n, _ := parseNumber(v.s)
		return n
	}
	return null
}

// calculate gives null where there is no result: a division by zero, and what no 64 bits hold. Elasticsearch fails the
// search there; a stream goes on.
func calculate(o op, a, b value) value {
	switch {
	case a.kind == nullKind || b.kind == nullKind:
		return null
	case a.kind == intKind && b.kind == intKind:
		return calculateInt(o, a.n, b.n)
	}
	f := calculateFloat(o, a.float(), b.float())
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return null
	}
	return floatValue(f)
}

func calculateInt(o op, a, b int64) value {
	switch o {
	case opAdd:
		if c := a + b; (c > a) == (b > 0) {
			return intValue(c)
		}
	case opSub:
		if c := a - b; (c < a) == (b > 0) {
			return intValue(c)
		}
	case opMul:
		if c := a * b; a == 0 || c/a == b && (a != -1 || b != math.MinInt64) {
			return intValue(c)
		}
	case opDiv:
		if b != 0 && (a != math.MinInt64 || b != -1) {
			return intValue(a / b)
		}
	case opMod:
		if b == -1 {
			return intValue(0)
		}
		if b != 0 {
			return intValue(a % b)
		}
	}
	return null
}

func calculateFloat(o op, a, b float64) float64 {
	switch o {
	case opAdd:
		return a + b
	case opSub:
		return a - b
	case opMul:
		return a * b
	case opDiv:
		return a / b
	}
	return math.Mod(a, b)
}
