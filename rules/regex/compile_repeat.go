package regex

// repeat writes a repeat. Groups are written out as often as they must match, as PCRE2 does.
func (c *compiler) repeat(n *node) {
	body := n.kids[0]
	switch {
	case n.max == 0:
		c.skipped(body)
	case body.op == opSet:
		c.run(n, body.set)
	case n.mode == possessive:
		c.atomic(func() { c.loop(n, greedy) })
	default:
		c.loop(n, n.mode)
	}
}

// skipped writes what is never matched where it stands: it may still be called.
func (c *compiler) skipped(body *node) {
	jump := c.emit(inst{op: iJump})
	c.node(body)
	c.insts[jump].x = c.here()
}

func (c *compiler) run(n *node, s *set) {
	in := inst{op: iRun, mode: n.mode, min: int32(n.min), max: int32(n.max), set: s, reg: int32(c.runs), memo: c.memo()}
	if n.min == n.max {
		in.mode = possessive
	}
	c.runs++
	c.emit(in)
}

// loop writes the passes that must be and those that may be.
func (c *compiler) loop(n *node, m mode) {
	must := n.min
	if n.max < 0 {
		must-- // the loop makes one
	}
	for range must {
		c.node(n.kids[0])
		if c.full {
			return
		}
	}
	if n.max < 0 {
		c.unlimited(n, m)
		return
	}
	c.optional(n.kids[0], n.max-n.min, m)
}

// optional writes up to count passes.
func (c *compiler) optional(body *node, count int, m mode) {
	var splits []int
	for range count {
		if c.full {
			return
		}
		splits = append(splits, c.emit(inst{op: iSplit, memo: c.memo()}))
		c.node(body)
	}
	for _, s := range splits {
		c.choose(s, int32(s+1), c.here(), m)
	}
}

// choose sets what a split tries first.
func (c *compiler) choose(split int, in, out int32, m mode) {
	if m == lazy {
		in, out = out, in
	}
	c.insts[split].x, c.insts[split].y = in, out
}

// unlimited writes a loop that makes at least one pass, or none if the repeat allows it. A pass that matches nothing is
// the last one.
func (c *compiler) unlimited(n *node, m mode) {
	split, empty := -1, !consumes(n.kids[0])
	if n.min == 0 {
		split = c.emit(inst{op: iSplit, memo: c.memo()})
	}
	begin := c.here()
	var reg int32
	if empty {
		reg = c.newReg()
		c.emit(inst{op: iSave, reg: reg})
		c.cuts[len(c.cuts)-1]++
	}
	if n.mode == possessive && c.hasSkip { // the marks of a pass are not there for the next, as in PCRE2
		c.atomic(func() { c.node(n.kids[0]) })
	} else {
		c.node(n.kids[0])
	}
	if empty {
		c.cuts[len(c.cuts)-1]--
	}
	again := inst{op: iSplit, memo: c.memo()}
	if empty {
		again.op, again.reg = iLoop, reg
	}
	c.choose(c.emit(again), begin, c.here(), m)
	if split >= 0 {
		c.choose(split, begin, c.here(), m)
	}
}

// consumes reports whether all that n matches is surely not empty.
func consumes(n *node) bool {
	switch n.op {
	case opSet, opFail:
		return true
	case opConcat:
		for _, k := range n.kids {
			if consumes(k) {
				return true
			}
		}
	case opAlternate:
		for _, k := range n.kids {
			if !consumes(k) {
				return false
			}
		}
		return len(n.kids) > 0
	case opRepeat:
		return n.min > 0 && consumes(n.kids[0])
	case opCapture, opAtomic:
		return consumes(n.kids[0])
	}
	return false
}
