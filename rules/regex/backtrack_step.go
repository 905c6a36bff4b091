package regex

// attempt tries to match at a position. It is long because it is the loop that all searches spend their time in: each
// instruction that is no more than a few lines is here.
func (m *machine) attempt(pos int) (o outcome, to int) {
	pc, ok := 0, true
	m.skips = 0
	for {
		if m.left--; m.left < 0 {
			return m.stop()
		}
		in := &m.insts[pc]
		pc++
		switch in.op {
		case iByte:
			ok = pos < len(m.subject) && m.subject[pos] == byte(in.x)
			pos++
		case iSet:
			ok = pos < len(m.subject) && in.set.has(m.subject[pos])
			pos++
		case iRun:
			pos, ok = m.run(in, pc-1, pos)
		case iJump:
			pc = int(in.x)
		case iSplit:
			if ok = !m.knownToFail(in, pc-1, pos); ok {
				m.push(kChoice, pc-1, int32(pos), 0)
				pc = int(in.x)
			}
		case iLoop:
			if m.regs[in.reg] == int32(pos) {
				break
			}
			if ok = !m.knownToFail(in, pc-1, pos); ok {
				m.push(kChoice, pc-1, int32(pos), 0)
				pc = int(in.x)
			}
		case iSave:
			m.save(in.reg, int32(pos))
		case iAssert:
			ok = assert(in.x).at(m.subject, pos)
		case iMatch, iAccept:
			if f := m.regs[m.frameReg()]; f >= 0 {
				pc = m.endCall(true)
				break
			}
			m.regs[1] = int32(pos)
			return matched, 0
		case iFail:
			ok = false
		default:
			pc, pos, ok = m.rare(in, pc, pos)
		}
		if !ok {
			if pc, pos, o = m.back(); o != matched {
				return o, pos
			}
			ok = true
		}
	}
}

// stop ends an attempt that cannot go on.
func (m *machine) stop() (outcome, int) {
	m.giveUp(failSteps)
	m.left = -1
	return stopped, 0
}

// rare does what is not in attempt: it is as long as there are such instructions.
func (m *machine) rare(in *inst, pc, pos int) (nextPC, nextPos int, ok bool) {
	switch in.op {
	case iClose:
		return m.closeGroup(in, pc, pos), pos, true
	case iCloseOpen:
		if m.regs[m.frameReg()] < 0 {
			m.capture(in, pos)
		}
	case iBackref:
		n, ok := m.backref(in, pos)
		return pc, pos + n, ok
	case iAtomic:
		m.mark(in.reg)
	case iAtomicEnd:
		m.cut(int(m.regs[in.reg]))
	case iLook:
		m.mark(in.reg)
		m.push(kLook, pc-1, int32(pos), 0)
	case iLookEnd:
		return m.lookEnd(in, pc)
	case iBack:
		return pc, pos - int(in.x), pos >= int(in.x)
	case iGroupSet:
		if !m.anySet(in.refs) {
			pc = int(in.y)
		}
	case iInside:
		if !m.inside(in.refs) {
			pc = int(in.y)
		}
	case iCall:
		return int(in.x), pos, m.call(in, pc-1, pos)
	case iKeep:
		m.save(0, int32(pos))
	case iVerb:
		if !m.passes(in) {
			m.push(kVerb, pc-1, int32(pos), 0)
		}
	case iAlternate:
		m.push(kBranch, pc-1, 0, 0)
	}
	return pc, pos, true
}

// mark sets a register to the height of the trail above what undoes that.
func (m *machine) mark(reg int32) {
	m.push(kUndo, 0, reg, m.regs[reg])
	m.regs[reg] = int32(len(m.trail))
}

// lookEnd is reached when what a lookaround looks for was found.
func (m *machine) lookEnd(in *inst, pc int) (nextPC, nextPos int, ok bool) {
	height := int(m.regs[in.reg])
	pos := int(m.trail[height].a)
	switch {
	case in.negate && !in.cond:
		m.left -= (len(m.trail) - height) / bytesPerStep
		m.undo(height)
		return pc, pos, false
	case in.open:
		return pc, pos, true
	}
	if in.cond { // a \K of what is called in a condition has no effect, as in PCRE2
		m.save(0, m.beginAt(height))
	}
	m.cut(height)
	if m.hasThen && !in.cond && in.verb == verbNone {
		m.push(kStop, 0, 0, 0)
	}
	if in.negate {
		pc = int(in.y)
	}
	return pc, pos, true
}

// beginAt returns where the match began when the trail was no higher than height.
func (m *machine) beginAt(height int) int32 {
	for _, e := range m.trail[height:] {
		if e.kind() == kUndo && e.a == 0 {
			return e.b
		}
	}
	return m.regs[0]
}

// passes counts a (*SKIP:name) and reports whether it is to be ignored.
func (m *machine) passes(in *inst) bool {
	if in.verb != verbSkip || m.marks[in.x] == "" {
		return false
	}
	m.skips++
	return m.skips <= m.ignored
}

// at reports whether the assertion holds at a position of s.
func (a assert) at(s string, pos int) bool {
	switch a {
	case textBegin, matchStart:
		return pos == 0
	case textEnd:
		return pos == len(s)
	case textEndLF:
		return pos == len(s) || pos == len(s)-1 && s[pos] == '\n'
	case lineBegin:
		return pos == 0 || pos < len(s) && s[pos-1] == '\n'
	case lineEnd:
		return pos == len(s) || s[pos] == '\n'
	}
	before := pos > 0 && wordSet.has(s[pos-1])
	behind := pos < len(s) && wordSet.has(s[pos])
	return (before != behind) == (a == word)
}
