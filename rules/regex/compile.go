package regex

// maxProgram bounds instructions: repeated groups are written out.
const maxProgram = 20_000

// compiler writes instructions. Those that are not complete are mended when it is known where they lead.
type compiler struct {
	*program
	tree    *tree
	entries []int32 // where groups begin, for calls; zero: not yet
	called  []bool
	full    bool
	refused *Error

	open  []int       // groups that are open
	looks []lookScope // lookarounds that are open
	cuts  []int       // loops that may match nothing, in each of the atomic groups and lookarounds that are open
}

// lookScope is a lookaround that is being written.
type lookScope struct {
	groups int   // open when it began
	end    inst  // its last instruction
	ends   []int // copies of that, for (*ACCEPT)
}

// newProgram fails if the tree is too large, or has what is not supported.
func newProgram(t *tree) (*program, error) {
	c := compiler{tree: t, program: &program{groups: t.groups, utf: t.utf}}
	c.regs = 3*t.groups + 2
	c.entries, c.called = make([]int32, t.groups+1), make([]bool, t.groups+1)
	c.survey(t.root)
	c.cuts = []int{0}
	c.node(t.root)
	c.emit(inst{op: iMatch})
	switch {
	case c.full:
		return nil, &Error{Msg: "expression too large"}
	case c.refused != nil:
		return nil, c.refused
	}
	c.regs += 2 // topReg and frameReg
	c.link()
	c.begin()
	return c.program, nil
}

// survey learns what must be known before the first instruction.
func (c *compiler) survey(root *node) {
	c.memorize = true
	visit(root, func(n *node) {
		switch n.op {
		case opBackref, opGroupSet, opInside:
			c.memorize = c.memorize && n.op == opGroupSet && len(n.refs) == 0
		case opCall:
			c.called[n.index], c.memorize = true, false
		case opVerb:
			c.memorize = false
			c.hasThen = c.hasThen || n.verb == verbThen
			c.hasSkip = c.hasSkip || n.verb == verbSkip && n.name != ""
		}
	})
}

// visit calls f for all nodes of a tree.
func visit(n *node, f func(*node)) {
	f(n)
	for _, k := range n.kids {
		visit(k, f)
	}
}

// emit adds an instruction and returns where it is.
func (c *compiler) emit(i inst) int {
	if len(c.insts) >= maxProgram {
		c.full = true
		return 0
	}
	c.insts = append(c.insts, i)
	return len(c.insts) - 1
}

// here is where the next instruction will be.
func (c *compiler) here() int32 { return int32(len(c.insts)) }

func (c *compiler) newReg() int32 {
	c.regs++
	return int32(c.regs - 1)
}

// node writes the instructions of n.
func (c *compiler) node(n *node) {
	if c.full {
		return
	}
	switch n.op {
	case opEmpty:
	case opFail:
		c.emit(inst{op: iFail})
	case opSet:
		c.one(n.set)
	case opConcat:
		for _, k := range n.kids {
			c.node(k)
		}
	case opAlternate:
		c.alternate(n.kids, nil, false)
	case opRepeat:
		c.repeat(n)
	case opCapture:
		c.capture(n)
	case opAssert:
		c.emit(inst{op: iAssert, x: int32(n.assert)})
	case opLook:
		c.look(n, false)
	case opAtomic:
		c.atomic(func() { c.node(n.kids[0]) })
	case opBackref:
		c.emit(inst{op: iBackref, refs: n.refs, fold: n.fold})
	case opIf:
		c.conditional(n)
	case opCall:
		c.emit(inst{op: iCall, y: int32(n.index)})
	case opKeep:
		c.emit(inst{op: iKeep})
	case opVerb:
		c.verb(n)
	}
}

func (c *compiler) one(s *set) {
	if b, ok := s.only(); ok {
		c.emit(inst{op: iByte, x: int32(b)})
		return
	}
	c.emit(inst{op: iSet, set: s})
}

// alternate writes alternatives; before, if it is there, is called before each of them. If they are open, a (*THEN)
// that stands behind them makes the next be tried too.
func (c *compiler) alternate(kids []*node, before func(i int), open bool) {
	mark := -1
	if c.hasThen && len(kids) > 1 {
		mark = c.emit(inst{op: iAlternate})
	}
	var ends []int
	for i, k := range kids {
		split := -1
		if i < len(kids)-1 {
			split = c.emit(inst{op: iSplit, branch: c.hasThen, open: open, memo: c.memo()})
			c.insts[split].x = c.here()
		}
		if before != nil {
			before(i)
		}
		c.node(k)
		if split >= 0 {
			ends = append(ends, c.emit(inst{op: iJump}))
			c.insts[split].y = c.here()
		}
	}
	for _, e := range ends {
		c.insts[e].x = c.here()
	}
	if mark >= 0 {
		c.insts[mark].y = c.here()
	}
}

// capture writes a group. Calls of it begin behind its first instruction.
func (c *compiler) capture(n *node) {
	c.emit(inst{op: iSave, reg: c.openReg(n.index)})
	if c.entries[n.index] == 0 {
		c.entries[n.index] = c.here()
	}
	c.open = append(c.open, n.index)
	c.node(n.kids[0])
	c.open = c.open[:len(c.open)-1]
	c.emit(inst{op: iClose, x: int32(n.index), reg: c.openReg(n.index), cond: c.called[n.index]})
}

// atomic writes a group that is left at most one way.
func (c *compiler) atomic(body func()) {
	reg := c.newReg()
	c.emit(inst{op: iAtomic, reg: reg})
	c.cuts = append(c.cuts, 0)
	body()
	c.cuts = c.cuts[:len(c.cuts)-1]
	c.emit(inst{op: iAtomicEnd, reg: reg})
}

// memo reports whether failures of a choice that comes next may be kept. Within a loop that may match nothing they
// hang on where its pass began; that is of no concern if all of it fails, but a group that is atomic may be left
// before.
func (c *compiler) memo() bool {
	return c.memorize && (len(c.cuts) == 1 || c.cuts[len(c.cuts)-1] == 0)
}

// link sets where calls lead.
func (c *compiler) link() {
	for i := range c.insts {
		if in := &c.insts[i]; in.op == iCall {
			in.x = c.entries[in.y]
		}
	}
	for i := range c.insts {
		if in := &c.insts[i]; in.op == iRun {
			in.next = c.follows(i + 1)
		}
	}
}

// follows returns the bytes of which one must come at an instruction; nil if that is not easily seen.
func (c *compiler) follows(pc int) *set {
	for range 8 {
		switch in := &c.insts[pc]; in.op {
		case iByte:
			s := new(set)
			s.add(byte(in.x))
			return s
		case iSet:
			return in.set
		case iRun:
			if in.min > 0 {
				return in.set
			}
			return nil
		case iJump:
			pc = int(in.x)
		case iSave, iAssert:
			pc++
		case iClose:
			if in.cond {
				return nil
			}
			pc++
		default:
			return nil
		}
	}
	return nil
}
