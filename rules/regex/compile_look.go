package regex

// look writes a lookaround; cond: it is the condition of a group, and where its begin or its ends lead if it does not
// hold is mended by conditional.
func (c *compiler) look(n *node, cond bool) (begin int, ends []int) {
	reg := c.newReg()
	begin = c.emit(inst{op: iLook, reg: reg, negate: n.negate, cond: cond})
	c.looks = append(c.looks, lookScope{groups: len(c.open), end: inst{op: iLookEnd, reg: reg, negate: n.negate, cond: cond}})
	c.cuts = append(c.cuts, 0)
	if n.open { // what follows it begins where it began, so a failure within it hangs on that
		c.cuts[len(c.cuts)-1]++
	}
	c.lookBody(n)
	c.cuts = c.cuts[:len(c.cuts)-1]
	scope := c.looks[len(c.looks)-1]
	c.looks = c.looks[:len(c.looks)-1]
	end := scope.end
	end.open = n.open
	ends = append(scope.ends, c.emit(end))
	for _, e := range scope.ends { // each is followed by a jump
		c.insts[e+1].x = c.here()
	}
	if n.negate && !cond {
		c.insts[begin].y = c.here()
	}
	return begin, ends
}

// lookBody writes what is looked for. Each alternative of a lookbehind steps back by its own width.
func (c *compiler) lookBody(n *node) {
	var back func(i int)
	if n.behind {
		back = func(i int) { c.emit(inst{op: iBack, x: int32(n.widths[i])}) }
	}
	if body := n.kids[0]; body.op == opAlternate && (!n.behind || len(n.widths) == len(body.kids)) {
		c.alternate(body.kids, back, n.open)
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
		begin, ends := c.look(cond, true)
		if cond.negate { // if what is looked for fails, the condition holds
			c.insts[begin].y = c.here()
			mend = ends
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
		c.accept(n)
		return
	case verbMark:
		if !c.hasSkip {
			return
		}
	}
	c.marks = append(c.marks, n.name)
	c.emit(inst{op: iVerb, verb: n.verb, x: int32(len(c.marks) - 1)})
}

// accept closes the groups that are open and ends the lookaround, or all. A call of a group in a lookaround cannot end
// that: PCRE2 10.42 answers with an error that it does not document.
func (c *compiler) accept(n *node) {
	if len(c.looks) == 0 {
		c.closeOpen(0)
		c.emit(inst{op: iAccept})
		return
	}
	look := &c.looks[len(c.looks)-1]
	c.closeOpen(look.groups)
	for _, g := range c.open[look.groups:] {
		if c.called[g] {
			c.refused = &Error{n.pos, "(*ACCEPT) in a lookaround is not supported in a group that is called"}
		}
	}
	end := look.end
	end.verb = verbAccept
	look.ends = append(look.ends, c.emit(end))
	c.emit(inst{op: iJump})
}

func (c *compiler) closeOpen(from int) {
	for i := len(c.open) - 1; i >= from; i-- {
		c.emit(inst{op: iCloseOpen, x: int32(c.open[i]), reg: c.openReg(c.open[i])})
	}
}
