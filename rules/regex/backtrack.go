package regex

// machine searches by backtracking, as PCRE2 does, but without recursion and within a number of steps.
//
// What it may have to go back to is on the trail, with what has to be undone on the way: that is all that it remembers,
// so a lookaround or an atomic group is left by cutting the trail, and a verb acts by going down it.
type machine struct {
	*program
	subject string
	limit   int // of steps
	left    int // of limit
	failure failure
	unused  int // steps that were left at a failure

	regs   []int32
	trail  []trailEntry
	memory memory

	skips, ignored int // (*SKIP:name) that were executed, and those that are to be ignored
}

// failure says why a search ended before it was decided.
type failure uint8

const (
	failNone   failure = iota
	failSteps          // no steps are left
	failMemory         // the trail is full
	failLoop           // a call of a group calls it again at the same position
)

// trailEntry is what a machine comes back to: its kind, and an instruction.
type trailEntry struct {
	what uint32 // kind, and above kindBits where the instruction is
	a, b int32
}

type kind uint32

const (
	kChoice kind = iota // resume at y of the instruction, at position a
	kGreedy             // a run: it may match down to position a; up to b was tried
	kLazy               // a run: up to a was tried; it may match up to b
	kUndo               // register a was b
	kLook               // a lookaround began at a
	kCall               // a call at position a; the call before is b
	kAside              // registers that a call put aside
	kVerb               // a verb was passed at a
	kBranch             // alternatives begin
	kStop               // an assertion that held: no (*THEN) gets past it
	kFailed             // when it is reached, all ways from the instruction at a have failed
)

const kindBits = 4

func (e *trailEntry) kind() kind { return kind(e.what & (1<<kindBits - 1)) }
func (e *trailEntry) pc() int    { return int(e.what >> kindBits) }

// maxTrail bounds the memory of a search: 9 MiB, and a fourth of it while it grows.
const maxTrail = 3 << 18

// push adds to the trail.
func (m *machine) push(k kind, pc int, a, b int32) {
	if len(m.trail) == cap(m.trail) && !m.grow() {
		return
	}
	m.trail = append(m.trail, trailEntry{uint32(k) | uint32(pc)<<kindBits, a, b})
}

// giveUp makes the search end at the next step.
func (m *machine) giveUp(why failure) {
	if m.failure == failNone {
		m.failure, m.unused, m.left = why, max(m.left, 0), 0
	}
}

// steps returns how many steps the search took.
func (m *machine) steps() int { return m.limit - m.unused - max(m.left, 0) }

// grow makes room, if there may be more.
func (m *machine) grow() bool {
	if len(m.trail) >= maxTrail {
		m.giveUp(failMemory)
		return false
	}
	bigger := make([]trailEntry, len(m.trail), max(256, min(4*len(m.trail), maxTrail)))
	copy(bigger, m.trail)
	m.trail = bigger
	return true
}

// save sets a register so that going back undoes it.
func (m *machine) save(reg, value int32) {
	if old := m.regs[reg]; old != value {
		m.push(kUndo, 0, reg, old)
		m.regs[reg] = value
	}
}

// cut forgets the ways back that are above height, but not what is to be undone.
func (m *machine) cut(height int) {
	m.left -= (len(m.trail) - height) / bytesPerStep
	keep := m.trail[:height]
	for _, e := range m.trail[height:] {
		if e.kind() == kUndo {
			keep = append(keep, e)
		}
	}
	m.trail = keep
}

// undo goes back to height and undoes all that is above.
func (m *machine) undo(height int) {
	for i := len(m.trail) - 1; i >= height; i-- {
		if e := &m.trail[i]; e.kind() == kUndo {
			m.regs[e.a] = e.b
		}
	}
	m.trail = m.trail[:height]
}

// outcome is how an attempt to match at a position ended.
type outcome uint8

const (
	failed outcome = iota
	matched
	stopped // by failure
	committed
	skipped // to where skipTo says
	again   // as before, with a (*SKIP:name) less
)

// search looks for the first match and leaves it in regs.
func (m *machine) search(p *program, subject string, limit int) (yes, decided bool) {
	m.program, m.subject, m.failure = p, subject, failNone
	m.limit, m.left, m.unused = limit, limit, 0
	m.reset()
	for at := 0; at <= len(subject); {
		if at = m.nextStart(at); at < 0 {
			break
		}
		m.regs[0] = int32(at)
		switch o, to := m.attempt(at); o {
		case matched:
			return true, true
		case stopped:
			return false, false
		case committed:
			return false, true
		case again:
			m.ignored = m.skips
		case skipped:
			if to > at {
				at = to
				break
			}
			fallthrough
		default:
			m.ignored, at = 0, m.after(at)
		}
		if m.begins {
			break
		}
	}
	return false, m.left >= 0
}

// reset makes a machine ready for another search.
func (m *machine) reset() {
	m.trail = m.trail[:0]
	if cap(m.regs) < m.program.regs {
		m.regs = make([]int32, m.program.regs)
	}
	m.regs = m.regs[:m.program.regs]
	for i := range m.regs {
		m.regs[i] = -1
	}
	m.ignored = 0
	m.memory.reset(m.program.runs)
}

// after returns the position after the character at a position.
func (m *machine) after(at int) int {
	at++
	for m.utf && at < len(m.subject) && m.subject[at]&0xc0 == 0x80 {
		at++
	}
	return at
}

// nextStart returns the first position from at on where a match may begin, -1 if there is none.
func (m *machine) nextStart(at int) int {
	if m.first == nil || m.begins {
		return at
	}
	from := at
	for at < len(m.subject) && !m.first.has(m.subject[at]) {
		at++
	}
	if m.left -= (at - from) / bytesPerStep; at == len(m.subject) {
		return -1
	}
	return at
}
