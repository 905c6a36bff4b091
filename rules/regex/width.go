package regex

import "slices"

// Bounds of lookbehinds, as PCRE2's.
const (
	maxBehind      = 65535
	maxBehindSteps = 20_000
)

// widths measures what lookbehinds match: PCRE2 10.42 steps back by a fixed length for each of their alternatives.
type widths struct {
	p     *parser
	steps int
	open  []int // groups that are being measured
}

// checkBehinds sets the widths of all lookbehinds and refuses those that have none.
func (p *parser) checkBehinds() {
	w := &widths{p: p}
	for _, n := range p.behinds {
		if len(n.widths) == 0 {
			n.widths = make([]int, 1)
		}
		w.measure(n)
	}
}

// measure sets the widths of a lookbehind.
func (w *widths) measure(n *node) {
	for i := range n.widths {
		branch := n.kids[0]
		if len(n.widths) > 1 {
			branch = branch.kids[i]
		}
		width, ok := w.of(branch)
		if !ok {
			w.p.fail(n.pos, "lookbehind is not of fixed length")
		}
		n.widths[i] = width % character
	}
	if w.p.has(UTF) && hasVerb(n) {
		w.p.fail(n.pos, "a verb in a lookbehind is not supported with flag u")
	}
}

// hasVerb reports whether there is a verb in n that acts beyond it. What PCRE2 steps back over by characters is here
// stepped over by bytes: where both do not come to the same position the lookbehind fails, but the verb was passed.
func hasVerb(n *node) (found bool) {
	visit(n, func(n *node) { found = found || n.op == opVerb && n.verb != verbAccept })
	return found
}

// nested measures the lookbehinds in a lookaround, as PCRE2 does wherever it comes across them: one that refers to a
// group that is being measured is refused.
func (w *widths) nested(n *node) {
	visit(n, func(k *node) {
		if k.op == opLook && k.behind && len(w.open) > 0 {
			w.measure(k)
		}
	})
}

// character is what a character adds to a width, besides its bytes: with UTF, PCRE2 wants as many characters too.
const character = 1 << 32

func (w *widths) set(s *set) int {
	if w.p.has(UTF) && s[0]|s[1]|s[3] == 0 && s[2] != 0 { // bytes that continue a character
		return 1
	}
	return character + 1
}

// of returns the length of all that n matches, in bytes and in characters; false if there is more than one.
func (w *widths) of(n *node) (int, bool) {
	if w.steps++; w.steps > maxBehindSteps {
		w.p.fail(n.pos, "lookbehind is too complicated")
	}
	switch n.op {
	case opSet:
		return w.set(n.set), true
	case opConcat:
		return w.concat(n)
	case opAlternate:
		return w.same(n.kids)
	case opCapture:
		return w.group(n)
	case opAtomic:
		return w.of(n.kids[0])
	case opRepeat:
		return w.repeat(n)
	case opIf:
		if c := n.kids[0]; c.op == opGroupSet && len(c.refs) == 0 && len(n.kids) == 2 {
			return 0, true
		}
		width, ok := w.same(n.kids[1:]) // PCRE2 measures no alternative that is not written
		if len(n.kids) == 2 && width != 0 && w.p.has(UTF) {
			return 0, false // and steps over as many characters, whatever bytes they have
		}
		return width, ok
	case opLook:
		w.nested(n)
	case opBackref:
		return w.reference(n, w.p.reset || len(n.refs) != 1)
	case opCall:
		return w.reference(n, n.index == 0)
	}
	return 0, true // positions and verbs
}

// concat adds up to a verb that ends the alternative.
func (w *widths) concat(n *node) (int, bool) {
	sum := 0
	for _, kid := range n.kids {
		width, ok := w.of(kid)
		if sum += width; !ok || sum%character > maxBehind {
			return 0, false
		}
		if kid.verb == verbFail || kid.verb == verbAccept {
			break
		}
	}
	return sum, true
}

func (w *widths) same(kids []*node) (int, bool) {
	first, ok := w.of(kids[0])
	for _, kid := range kids[1:] {
		if width, same := w.of(kid); !same || width != first {
			return 0, false
		}
	}
	return first, ok
}

func (w *widths) repeat(n *node) (int, bool) {
	if body := n.kids[0]; body.op == opLook && !body.behind {
		return 0, true
	}
	if n.min != n.max {
		return 0, false
	}
	width, ok := w.of(n.kids[0])
	if width *= n.min; width%character > maxBehind {
		return 0, false
	}
	return width, ok
}

// reference measures the group that a backreference or a call names, unless it has none of its own. PCRE2 mostly fails
// to measure a group a second time if there is a lookbehind with alternatives in it, or a condition: such are refused.
func (w *widths) reference(n *node, none bool) (int, bool) {
	if none || n.min < 0 || isHard(w.p.bodies[n.index]) {
		return 0, false
	}
	return w.group(w.p.bodies[n.index])
}

func (w *widths) group(n *node) (int, bool) {
	if slices.Contains(w.open, n.index) {
		return 0, false
	}
	w.open = append(w.open, n.index)
	width, ok := w.of(n.kids[0])
	w.open = w.open[:len(w.open)-1]
	return width, ok
}

// isHard reports whether there is a lookbehind with alternatives in n, or a condition.
func isHard(n *node) (found bool) {
	visit(n, func(n *node) { found = found || n.op == opIf || n.op == opLook && len(n.widths) > 1 })
	return found
}
