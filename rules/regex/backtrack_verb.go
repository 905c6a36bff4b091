package regex

// trigger is a verb that what followed it failed.
type trigger struct {
	verb verb
	name string // of a (*SKIP:name)
	pc   int
	pos  int
	call int32 // the group that was being called, -1 if none was
}

// unwind goes down the trail, for a verb forbids the ways back that are there, up to where its effect ends. Not done:
// from there on the attempt goes back as ever.
func (m *machine) unwind(e trailEntry) (pc, pos int, o outcome, done bool) {
	in := &m.insts[e.pc()]
	t := trigger{in.verb, "", e.pc(), int(e.a), m.calling()}
	if t.verb == verbSkip {
		t.name = m.marks[in.x]
	}
	for len(m.trail) > 0 {
		top := len(m.trail) - 1
		e := m.trail[top]
		m.trail = m.trail[:top]
		if e.kind() == kUndo {
			m.regs[e.a] = e.b
			continue
		}
		if pc, pos, goOn, ends := m.catch(&t, e); ends {
			return pc, pos, matched, goOn
		}
	}
	pos, o = t.outcome()
	return 0, pos, o, true
}

// catch reports whether the effect of a verb ends at an entry, and whether the attempt goes on at an instruction: if
// not it goes back from there.
func (m *machine) catch(t *trigger, e trailEntry) (pc, pos int, goOn, ends bool) {
	in := &m.insts[e.pc()]
	switch e.kind() {
	case kCall:
		return 0, 0, false, t.call == in.y
	case kLook:
		if in.y != 0 && (t.verb != verbSkip || t.name == "") {
			return int(in.y), int(e.a), true, true
		}
		return 0, 0, false, t.verb == verbThen
	case kStop:
		return 0, 0, false, t.verb == verbThen
	case kChoice:
		if in.open && t.verb == verbThen || in.branch && t.within(in.y) && !m.ofOtherCall(t, 2) {
			return int(in.y), int(e.a), true, true
		}
	case kBranch:
		return 0, 0, false, t.within(in.y) && !m.ofOtherCall(t, 1)
	case kVerb:
		if t.name != "" && in.verb == verbMark && m.marks[in.x] == t.name {
			t.name, t.pos = "", int(e.a)
		}
	}
	return 0, 0, false, false
}

// within reports whether the verb is a (*THEN) that stands before an instruction: the end of an alternative.
func (t *trigger) within(end int32) bool { return t.verb == verbThen && t.pc < int(end) }

// ofOtherCall reports whether the alternatives whose first entry is so far below the top are those of a group that was
// called, and the verb is not of that call.
func (m *machine) ofOtherCall(t *trigger, depth int) bool {
	below := len(m.trail) - depth
	if below < 0 || m.trail[below].kind() != kUndo || m.trail[below].a != m.frameReg() || below == 0 {
		return false
	}
	call := m.trail[below-1]
	return call.kind() == kCall && m.insts[call.pc()].y != t.call
}

// outcome is what a verb does to an attempt that it ends.
func (t *trigger) outcome() (to int, o outcome) {
	switch {
	case t.name != "":
		return 0, again
	case t.verb == verbCommit:
		return 0, committed
	case t.verb == verbSkip:
		return t.pos, skipped
	}
	return 0, failed
}
