package eql

import "net/netip"

// comparison compiles == != < <= > >=.
func (c *compiler) comparison(x *expr) *cond {
	a, b := x.kids[0], x.kids[1]
	if a.isLiteral() && !b.isLiteral() { // so that a constant is to the right
		x = &expr{op: mirrored[x.op], pos: x.pos, kids: []*expr{b, a}}
		a, b = b, a
	}
	switch {
	case b.op == opNull:
		return c.nullTest(x, a)
	case a.op != opField || !b.isLiteral():
		return c.comparedExpressions(x)
	case x.op == opUnequal:
		return negate(c.fieldTest(&expr{op: opEqual, pos: x.pos, kids: x.kids}))
	}
	return c.fieldTest(x)
}

var mirrored = map[op]op{opEqual: opEqual, opUnequal: opUnequal, opLess: opGreater, opLessEqual: opGreaterEqual, opGreater: opLess, opGreaterEqual: opLessEqual}

// nullTest compiles x == null and x != null, which ask whether something is there.
func (c *compiler) nullTest(x, a *expr) *cond {
	if x.op != opEqual && x.op != opUnequal {
		return nothing
	}
	var absent *cond
	if a.op == opField {
		absent = negate(c.leaf(&leaf{kind: isPresent, field: c.use(a), words: a.name() + " != null"}))
	} else {
		n, _ := c.node(a)
		absent = c.choice(a.String()+" == null", fold(isNullNode{n}))
	}
	if x.op == opUnequal {
		return negate(absent)
	}
	return absent
}

// comparedExpressions compiles a comparison of what is not a field and a constant. For !=, with many values, none may be
// equal, and some value must be there: as not x == y would, but that what is null stays null.
func (c *compiler) comparedExpressions(x *expr) *cond {
	unequal := c.expression(x)
	if x.op != opUnequal {
		return unequal
	}
	equal := c.expression(&expr{op: opEqual, pos: x.pos, kids: x.kids})
	return &cond{op: condAnd, kids: []*cond{unequal, negate(equal)}}
}

// fieldTest compiles a comparison of a field with a constant.
func (c *compiler) fieldTest(x *expr) *cond {
	a, b := x.kids[0], x.kids[1]
	id := c.use(a)
	c.comparable(x, c.fields[id].typ.class(), classOf(b))
	if c.err != nil {
		return nothing
	}
	l := &leaf{field: id, op: x.op, words: a.name() + " " + opNames[x.op] + " " + b.String()}
	switch {
	case b.op == opInt, b.op == opFloat:
		l.kind, l.numbers = isNumber, []value{b.number()}
	case x.op == opEqual:
		c.equalTo(l, b)
	default:
		l.kind, l.text = isOrder, b.text
	}
	return c.leaf(l)
}

// equalTo makes l the test whether a value is a text or a boolean. An address is one however it is written, and a block in its
// place stands for all addresses in it.
func (c *compiler) equalTo(l *leaf, b *expr) {
	if n, ok := parseNet(b.text); ok && c.fields[l.field].typ == IP {
		l.kind, l.nets = isNet, append(l.nets, netTest{n, b.text})
		return
	}
	l.kind = isText
	if l.exact == nil {
		l.exact = make(map[string]bool)
	}
	l.exact[b.text] = true
}

// parseNet reads an address or a block, whose host bits may be set.
func parseNet(s string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(a.Unmap(), p.Bits()-96).Masked(), true
	}
	return p.Masked(), true
}
