package regex

// look writes a lookaround; cond: it is the condition of a group, and what is to be done if it does not hold is mended
// by conditional.
func (c *compiler) look(n *node, cond bool) (begin, end int) {
	reg := c.newReg()
	begin = c.emit(inst{op: iLook, reg: reg, negate: n.negate, cond: cond})
	c.looks = append(c.looks, lookScope{groups: len(c.open)})
	c.cuts = append(c.cuts, 0)
	c.lookBody(n)
	c.cuts = c.cuts[:len(c.cuts)-1]
	scope := c.looks[len(c.looks)-1]
	c.looks = c.looks[:len(c.looks)-1]
	end = c.emit(inst{op: iLookEnd, reg: reg, negate: n.negate, cond: cond, open: n.open})
	for _, a := range scope.accepts {
		c.insts[a].x = int32(end)
	}
	if n.negate && !cond {
		c.insts[begin].y = c.here()
	}
	return begin, end
}

// lookBody writes what is looked for. Each alternative of a lookbehind steps back by its own width.
func (c *compiler) lookBody(n *node) {
	var back func(i int)
	if n.behind {
		back = func(i int) { c.emit(inst{op: iBack, x: int32(n.widths[i])}) }
	}
	if body := n.kids[0]; body.op == opAlternate && (!n.behind || len(n.widths) == len(body.kids)) {
		c.alternate(body.kids, back)
		return
	}
	if n.behind {
		back(0)
	}
	c.node(n.kids[0])
}

// conditional writes a condition and what follows if it holds and if not.
func (c *compiler) conditional(n *node) {
	var mend []int
	switch cond := n.kids[0]; cond.op {
	case opLook:
		begin, end := c.look(cond, true)
		if cond.negate { // if what is looked for fails, the condition holds
			c.insts[begin].y = c.here()
			mend = []int{end}
		} else {
			mend = []int{begin}
		}
	case opInside:
		mend = []int{c.emit(inst{op: iInside, refs: cond.refs})}
	default:
		mend = []int{c.emit(inst{op: iGroupSet, refs: cond.refs})}
	}
	c.node(n.kids[1])
	if len(n.kids) > 2 {
		jump := c.emit(inst{op: iJump})
		c.mend(mend, c.here())
		c.node(n.kids[2])
		c.insts[jump].x = c.here()
		return
	}
	c.mend(mend, c.here())
}

func (c *compiler) mend(at []int, to int32) {
	for _, i := range at {
		c.insts[i].y = to
	}
}

// verb writes a verb.
func (c *compiler) verb(n *node) {
	switch n.verb {
	case verbAccept:
		c.accept()
		return
	case verbMark:
		if !c.hasSkip {
			return
		}
	}
	c.marks = append(c.marks, n.name)
	c.emit(inst{op: iVerb, verb: n.verb, x: int32(len(c.marks) - 1)})
}

// accept closes the groups that are open and goes to the end of the lookaround, or of all.
func (c *compiler) accept() {
	from := 0
	if n := len(c.looks); n > 0 {
		from = c.looks[n-1].groups
	}
	for i := len(c.open) - 1; i >= from; i-- {
		c.emit(inst{op: iCloseOpen, x: int32(c.open[i]), reg: c.openReg(c.open[i])})
	}
	if n := len(c.looks); n > 0 {
		c.looks[n-1].accepts = append(c.looks[n-1].accepts, c.emit(inst{op: iJump}))
		return
	}
	c.emit(inst{op: iAccept})
}
