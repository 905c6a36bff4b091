package regex

import (
	"math/bits"
	"slices"

	"github.com/auditpy/auditpy/rules/predicate"
)

// Bounds of literals.
const (
	maxNeedles = 16  // that are alternatives
	maxCopies  = 8   // of what is repeated
	maxParts   = 256 // that a repeat adds
	longEnough = 64  // bytes: a longer text is not rarer
)

// required returns needles of which every subject that n matches has one, ASCII letters in either case, as predicate.
// Literals finds them; nil if none are easily seen. Of several such sets it is the one whose needles are longest and few.
func required(n *node) []predicate.Needle {
	if accepts(n) {
		return nil
	}
	var l literals
	l.add(n)
	return l.need().needles
}

// accepts reports whether n may match with a part of it not reached.
func accepts(n *node) bool {
	return n.op == opVerb && n.verb == verbAccept || slices.ContainsFunc(n.kids, accepts)
}

// literals is what follows each other in a match, as far as it is texts.
type literals struct {
	parts []part
	best  need // of what is not told by parts
}

// part is one of texts, in lower case, or a barrier.
type part struct {
	texts   []string
	barrier barrier
}

type barrier uint8

const (
	noBarrier barrier = iota
	gap               // anything
	beginning         // of the subject
	end               // of the subject
)

// need is a necessary condition: one of needles. The higher its score the rarer it is.
type need struct {
	needles []predicate.Needle
	score   int
}

func (l *literals) consider(n need) {
	if n.score > l.best.score {
		l.best = n
	}
}

func (l *literals) bar(b barrier) { l.parts = append(l.parts, part{barrier: b}) }

// text adds one of texts; they are few and not none.
func (l *literals) text(texts ...string) { l.parts = append(l.parts, part{texts: texts}) }

func (l *literals) add(n *node) {
	switch n.op {
	case opSet:
		l.addSet(n.set)
	case opConcat:
		for _, k := range n.kids {
			l.add(k)
		}
	case opCapture, opAtomic:
		l.add(n.kids[0])
	case opAlternate:
		l.alternate(n.kids)
	case opRepeat:
		l.repeat(n)
	case opAssert:
		l.assert(n.assert)
	case opLook:
		if !n.negate { // what it sees is a part of the subject, before or behind
			var seen literals
			seen.add(n.kids[0])
			l.consider(seen.need())
		}
	case opEmpty, opKeep, opVerb:
	case opIf:
		if len(n.kids) == 3 {
			l.alternate(n.kids[1:])
			return
		}
		l.bar(gap)
	default:
		l.bar(gap)
	}
}

func (l *literals) addSet(s *set) {
	folded := set{}
	for b := range 256 {
		if s.has(byte(b)) {
			folded.add(lowerByte(byte(b)))
		}
	}
	n := bits.OnesCount64(folded[0]) + bits.OnesCount64(folded[1]) + bits.OnesCount64(folded[2]) + bits.OnesCount64(folded[3])
	if n == 0 || n > maxNeedles {
		l.bar(gap)
		return
	}
	var texts []string
	for b := range 256 {
		if folded.has(byte(b)) {
			texts = append(texts, string([]byte{byte(b)}))
		}
	}
	l.text(texts...)
}

func lowerByte(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		b += 'a' - 'A'
	}
	return b
}

func (l *literals) assert(a assert) {
	switch a {
	case textBegin, matchStart:
		l.bar(beginning)
	case textEndLF:
		l.text("", "\n")
		l.bar(end)
	case textEnd:
		l.bar(end)
	}
}

// alternate adds the texts of all kids; if some match more than texts, what each needs.
func (l *literals) alternate(kids []*node) {
	var texts []string
	var all need
	exact, known := true, len(kids) > 0
	for _, k := range kids {
		var kid literals
		kid.add(k)
		some, ok := kid.exact()
		texts, exact = append(texts, some...), exact && ok
		n := kid.need()
		all.needles, known = append(all.needles, n.needles...), known && n.score > 0
	}
	texts = distinct(texts)
	if exact && 0 < len(texts) && len(texts) <= maxNeedles {
		l.text(texts...)
		return
	}
	l.bar(gap)
	if known {
		l.consider(rate(all.needles))
	}
}

// repeat adds copies before and behind what is in between: a(bc)+d has abc and bcd.
func (l *literals) repeat(n *node) {
	var body literals
	body.add(n.kids[0])
	if texts, ok := body.exact(); ok && n.min == 0 && n.max == 1 && len(texts) < maxNeedles {
		l.text(distinct(append(slices.Clone(texts), ""))...)
		return
	}
	if n.min == 0 {
		if n.max != 0 {
			l.bar(gap)
		}
		return
	}
	l.consider(body.best)
	copies := min(n.min, maxCopies)
	if 2*copies*len(body.parts) > maxParts {
		l.consider(body.need())
		l.bar(gap)
		return
	}
	l.copies(body.parts, copies)
	if n.max != n.min || copies < n.min {
		l.bar(gap)
		l.copies(body.parts, copies)
	}
}

func (l *literals) copies(parts []part, n int) {
	for range n {
		l.parts = append(l.parts, parts...)
	}
}
