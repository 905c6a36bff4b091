package regex

import (
	"unicode"
	"unicode/utf8"
)

// closeGroup captures, or ends a call of the group.
func (m *machine) closeGroup(in *inst, pc, pos int) (next int) {
	if in.cond && m.calling() == in.x {
		return m.endCall(false)
	}
	m.capture(in, pos)
	return pc
}

func (m *machine) capture(in *inst, pos int) {
	reg := startReg(int(in.x))
	m.save(reg, m.regs[in.reg])
	m.save(reg+1, int32(pos))
	m.save(m.topReg(), max(m.regs[m.topReg()], in.x+1))
}

// isSet reports whether a group is set. One that is above topReg is not, whatever its registers are.
func (m *machine) isSet(group int) bool {
	return group < int(m.regs[m.topReg()]) && m.regs[startReg(group)] >= 0
}

// calling returns the group that is being called, -1 if none is.
func (m *machine) calling() int32 {
	frame := m.regs[m.frameReg()]
	if frame < 0 {
		return -1
	}
	return m.insts[m.trail[frame].pc()].y
}

// call puts the registers aside and notes where to go on.
func (m *machine) call(in *inst, pc, pos int) bool {
	frame := m.frameReg()
	for f := m.regs[frame]; f >= 0; f = m.trail[f].b {
		if m.insts[m.trail[f].pc()].y != in.y {
			continue
		}
		if m.trail[f].a == int32(pos) {
			m.giveUp(failLoop)
			return true
		}
		break
	}
	for r := firstAside; r < int(frame); r += 2 {
		m.push(kAside, 0, m.regs[r], m.regs[min(r+1, int(frame))])
	}
	m.left -= m.callSteps()
	m.push(kCall, pc, int32(pos), m.regs[frame])
	at := int32(len(m.trail) - 1)
	m.push(kUndo, 0, frame, m.regs[frame])
	m.regs[frame] = at
	return true
}

// endCall takes the registers back and returns where to go on. If it is the end of the whole expression that was
// called there is no way back into it, as in PCRE2. Else groups that were above the last that was set are not taken
// back: they are not set, but will seem so when a later one is. That too is as in PCRE2.
func (m *machine) endCall(whole bool) (next int) {
	frame := m.frameReg()
	at := int(m.regs[frame])
	call := m.trail[at]
	begin := at - m.putAside()
	top := m.trail[begin+int(m.topReg()-firstAside)/2]
	groups := top.a
	if m.topReg()%2 != 0 {
		groups = top.b
	}
	for i, r := begin, int32(firstAside); i < at; i, r = i+1, r+2 {
		if !whole && r/2 >= groups && int(r/2) <= m.groups {
			continue
		}
		e := m.trail[i]
		m.save(r, e.a)
		if r+1 < frame {
			m.save(r+1, e.b)
		}
	}
	m.left -= m.callSteps()
	m.save(frame, call.b)
	if whole {
		m.cut(begin)
	}
	return call.pc() + 1
}

// backref returns the length of what a group matched, if that comes next.
func (m *machine) backref(in *inst, pos int) (length int, ok bool) {
	for _, g := range in.refs {
		if !m.isSet(g) {
			continue
		}
		was := m.subject[m.regs[startReg(g)]:m.regs[startReg(g)+1]]
		if in.fold && m.utf {
			return m.sameFolded(was, pos)
		}
		return len(was), m.same(in, was, pos)
	}
	return 0, false
}

// same compares byte by byte: only what is really compared costs steps.
func (m *machine) same(in *inst, was string, pos int) bool {
	if len(was) > len(m.subject)-pos {
		return false
	}
	for i := range len(was) {
		a, b := was[i], m.subject[pos+i]
		if a != b && (!in.fold || lowerByte(a) != lowerByte(b)) {
			m.left -= i / bytesPerStep
			return false
		}
	}
	m.left -= len(was) / bytesPerStep
	return true
}

// sameFolded compares characters in either case: what comes next may have another length.
func (m *machine) sameFolded(was string, pos int) (length int, ok bool) {
	next := m.subject[pos:]
	m.left -= len(was) / bytesPerStep
	for was != "" {
		a, n := utf8.DecodeRuneInString(was)
		b, k := utf8.DecodeRuneInString(next)
		if k == 0 || a != b && !folds(a, b) || a == utf8.RuneError && was[:n] != next[:k] {
			return 0, false
		}
		was, next, length = was[n:], next[k:], length+k
	}
	return length, true
}

// folds reports whether two characters are cases of one.
func folds(a, b rune) bool {
	for c := unicode.SimpleFold(a); c != a; c = unicode.SimpleFold(c) {
		if c == b {
			return true
		}
	}
	return false
}

func (m *machine) anySet(groups []int) bool {
	for _, g := range groups {
		if m.isSet(g) {
			return true
		}
	}
	return false
}

// inside reports whether the innermost call is one of the groups'; of any if there is none.
func (m *machine) inside(groups []int) bool {
	at := m.calling()
	for _, g := range groups {
		if int32(g) == at {
			return true
		}
	}
	return len(groups) == 0 && at >= 0
}

// offsets appends where the match and its groups are.
func (m *machine) offsets(dst []int) []int {
	dst = append(dst, int(m.regs[0]), int(m.regs[1]))
	for g := 1; g <= m.groups; g++ {
		if m.isSet(g) {
			dst = append(dst, int(m.regs[startReg(g)]), int(m.regs[startReg(g)+1]))
		} else {
			dst = append(dst, -1, -1)
		}
	}
	return dst
}
