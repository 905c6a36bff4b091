package regex

// back goes back to the last choice. The outcome is matched if there is one, and where it leads. It takes no steps for
// entries: those were taken when they were made.
func (m *machine) back() (pc, pos int, o outcome) {
	for len(m.trail) > 0 {
		if m.left < 0 {
			o, _ = m.stop()
			return 0, 0, o
		}
		e := m.trail[len(m.trail)-1]
		m.trail = m.trail[:len(m.trail)-1]
		switch e.kind() {
		case kUndo:
			m.regs[e.a] = e.b
		case kChoice:
			m.remember(e)
			return int(m.insts[e.pc()].y), int(e.a), matched
		case kGreedy, kLazy:
			if next, ok := m.rerun(e); ok {
				return e.pc() + 1, next, matched
			}
		case kLook:
			if y := m.insts[e.pc()].y; y != 0 {
				return int(y), int(e.a), matched
			}
		case kVerb:
			if m.insts[e.pc()].verb != verbMark {
				if pc, pos, o, done := m.unwind(e); done {
					return pc, pos, o
				}
			}
		case kFailed:
			m.memory.add(e.pc(), int(e.a))
		}
	}
	return 0, 0, failed
}

// remember makes sure that a choice whose last way is about to be tried is known to fail if that fails too.
func (m *machine) remember(e trailEntry) {
	in := &m.insts[e.pc()]
	if !in.memo {
		return
	}
	if !m.memory.used {
		if m.limit-m.left < useAfter && !m.memory.eager {
			return
		}
		m.memory.start()
	}
	m.push(kFailed, e.pc(), e.a, 0)
}
