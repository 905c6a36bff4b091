package eql

// class is what an expression can be told to be before there is an event.
type class uint8

const (
	anything class = iota
	nulls
	booleans
	numbers
	texts
)

func (t class) String() string {
	return [...]string{"of any type", "null", "a boolean", "a number", "a text"}[t]
}

func (t Type) class() class {
	return [...]class{Any: anything, Keyword: texts, Long: numbers, Double: numbers, Boolean: booleans, IP: texts}[t]
}

func (t Type) String() string { return t.class().String() }

func classOf(x *expr) class {
	switch x.op {
	case opNull:
		return nulls
	case opBool:
		return booleans
	case opInt, opFloat:
		return numbers
	case opString:
		return texts
	}
	return anything
}

// comparable checks that values of two types can be compared.
func (c *compiler) comparable(x *expr, a, b class) {
	switch {
	case a == anything, b == anything, a == nulls, b == nulls:
	case a == booleans && b == booleans && x.op >= opLess && x.op <= opGreaterEqual:
		c.fail(x.pos, "booleans have no order: write == true")
	case a == texts && b == numbers && x.kids[0].op == opField:
		c.fail(x.pos, "%s is a text in Elasticsearch: write the number in quotes", x.kids[0])
	case a != b:
		c.fail(x.pos, "%s is %s and cannot be compared with %s", x.kids[0], a, b)
	}
}

// node compiles a value.
func (c *compiler) node(x *expr) (node, class) {
	switch {
	case x.op == opField:
		id := c.use(x)
		return fieldNode{id, c.fields[id].typ}, c.fields[id].typ.class()
	case x.op == opCall:
		return c.call(x)
	case x.isLiteral():
		return constant{literal(x)}, classOf(x)
	case x.op >= opNeg && x.op <= opMod:
		return c.math(x), numbers
	case x.isComparison():
		return c.compareNode(x), booleans
	case x.op >= opIn && x.op <= opRegex:
		return c.matchNode(x), booleans
	}
	return c.logic(x), booleans
}

func literal(x *expr) value {
	switch x.op {
	case opBool:
		return boolValue(x.isTrue())
	case opInt, opFloat:
		return x.number()
	case opString:
		return textValue(x.text)
	}
	return null
}

func (c *compiler) logic(x *expr) node {
	n := logicNode{op: x.op}
	for _, k := range x.kids {
		kid, t := c.node(k)
		if t != booleans && t != nulls && t != anything {
			c.fail(k.pos, "%s is %s, not a condition", k, t)
		}
		n.kids = append(n.kids, kid)
	}
	return fold(n)
}

func (c *compiler) math(x *expr) node {
	o := x.op
	operands := []node{constant{intValue(0)}}
	if o == opNeg {
		o = opSub
	} else {
		operands = operands[:0]
	}
	for _, k := range x.kids {
		n, t := c.node(k)
		if t != numbers && t != nulls && t != anything {
			c.fail(k.pos, "%s is %s, and %s takes numbers", k, t, opNames[x.op])
		}
		operands = append(operands, n)
	}
	return fold(mathNode{o, operands[0], operands[1]})
}

// compareNode compiles a comparison whose result is a value. Two things that are not constant do not compare in Elasticsearch,
// but for optional fields, which may both be null.
func (c *compiler) compareNode(x *expr) node {
	a, ta := c.node(x.kids[0])
	b, tb := c.node(x.kids[1])
	c.comparable(x, ta, tb)
	if x.kids[0].op == opNull || x.kids[1].op == opNull {
		return c.nullNode(x, a, b)
	}
	_, left := a.(constant)
	_, right := b.(constant)
	optional := x.kids[0].opt && x.kids[1].opt
	if !left && !right && !optional {
		c.fail(x.pos, "%s and %s: Elasticsearch compares with constants only", x.kids[0], x.kids[1])
	}
	return fold(compareNode{x.op, a, b, optional})
}

// nullNode is a comparison with null: only == and != say something.
func (c *compiler) nullNode(x *expr, a, b node) node {
	if x.kids[0].op == opNull {
		a = b
	}
	switch x.op {
	case opEqual:
		return fold(isNullNode{a})
	case opUnequal:
		return fold(logicNode{opNot, []node{isNullNode{a}}})
	}
	return constant{}
}

// matchNode compiles in, :, like and regex of an expression.
func (c *compiler) matchNode(x *expr) node {
	a, t := c.node(x.kids[0])
	as := map[class]Type{booleans: Boolean, numbers: Double, texts: Keyword}[t]
	var any []node
	for _, l := range c.tests(x, as) {
		any = append(any, fold(testNode{a, l}))
	}
	n := fold(logicNode{opOr, any})
	if x.neg {
		return fold(logicNode{opNot, []node{n}})
	}
	return n
}

// fold works out what reads no field.
func fold(n node) node {
	if len(fieldsOf(n, nil)) > 0 {
		return n
	}
	return constant{n.eval(&scratch{})}
}
