package regex

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// ends returns at which positions of s, of less than 64 bytes, a match of n may end that begins at one of from: bit i
// is position i. It follows the tree alone, so it shares no idea with what it is compared with.
func ends(n *node, s string, from uint64) (to uint64) {
	switch n.op {
	case opEmpty, opKeep:
		return from
	case opFail:
		return 0
	case opCapture:
		return ends(n.kids[0], s, from)
	case opConcat:
		for _, k := range n.kids {
			from = ends(k, s, from)
		}
		return from
	case opAlternate:
		for _, k := range n.kids {
			to |= ends(k, s, from)
		}
		return to
	case opRepeat:
		return endsRepeat(n, s, from)
	}
	for i := range len(s) + 1 {
		if from>>i&1 == 0 {
			continue
		}
		switch n.op {
		case opSet:
			if i < len(s) && n.set.has(s[i]) {
				to |= 1 << (i + 1)
			}
		case opAssert:
			if assertAt(n.assert, s, i) {
				to |= 1 << i
			}
		case opLook:
			if lookAt(n, s, i) != n.negate {
				to |= 1 << i
			}
		default:
			panic(fmt.Sprint("regex: no reference for op ", n.op))
		}
	}
	return to
}

func endsRepeat(n *node, s string, from uint64) (to uint64) {
	for range n.min {
		from = ends(n.kids[0], s, from)
	}
	to = from
	for i := n.min; (n.max < 0 || i < n.max) && from != 0; i++ {
		was := to
		from = ends(n.kids[0], s, from)
		if to |= from; to == was && n.max < 0 {
			return to
		}
	}
	return to
}

func lookAt(n *node, s string, i int) bool {
	if !n.behind {
		return ends(n.kids[0], s, 1<<i) != 0
	}
	return ends(n.kids[0], s, 1<<(i+1)-1)>>i&1 != 0
}

func assertAt(a assert, s string, i int) bool {
	isWord := func(i int) bool {
		return i >= 0 && i < len(s) && strings.IndexByte("_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", s[i]) >= 0
	}
	switch a {
	case textBegin, matchStart:
		return i == 0
	case textEnd:
		return i == len(s)
	case textEndLF:
		return i == len(s) || s[i:] == "\n"
	case lineBegin:
		return i == 0 || s[i-1] == '\n' && i < len(s)
	case lineEnd:
		return i == len(s) || s[i] == '\n'
	case word:
		return isWord(i-1) != isWord(i)
	default:
		return isWord(i-1) == isWord(i)
	}
}

// matches reports whether n matches anywhere in s.
func matches(n *node, s string) bool { return ends(n, s, 1<<(len(s)+1)-1) != 0 }

// The bytes that random trees and subjects are made of: what classes of PCRE2 tell apart.
const someBytes = "aabbABk_01 -./\n\n\v\r\x80\xe9\xff"

func randomSubject(r *rand.Rand) string {
	b := make([]byte, r.IntN(14))
	for i := range b {
		b[i] = someBytes[r.IntN(len(someBytes))]
	}
	if r.IntN(4) == 0 {
		b = append(b, '\n')
	}
	return string(b)
}

func randomTree(r *rand.Rand, depth int) *node {
	if depth == 0 {
		return randomLeaf(r)
	}
	kids := func(n int) (all []*node) {
		for range n {
			all = append(all, randomTree(r, depth-1))
		}
		return all
	}
	switch r.IntN(10) {
	case 0, 1, 2, 3:
		return &node{op: opConcat, kids: kids(r.IntN(4))}
	case 4, 5:
		return &node{op: opAlternate, kids: kids(1 + r.IntN(3))}
	case 6, 7:
		n := &node{op: opRepeat, mode: mode(r.IntN(2)), min: r.IntN(3), kids: kids(1)}
		if n.max = n.min + r.IntN(4); r.IntN(2) == 0 {
			n.max = -1
		}
		return n
	case 8:
		return &node{op: opCapture, kids: kids(1)}
	default:
		return &node{op: opLook, behind: r.IntN(2) == 0, negate: r.IntN(2) == 0, kids: kids(1)}
	}
}

func randomLeaf(r *rand.Rand) *node {
	switch r.IntN(12) {
	case 0, 1:
		return &node{op: opAssert, assert: assert(r.IntN(int(matchStart) + 1))}
	case 2:
		return &node{op: [...]op{opEmpty, opFail, opKeep}[r.IntN(3)]}
	}
	s := &set{}
	for range 1 + r.IntN(3) {
		s.add(someBytes[r.IntN(len(someBytes))])
	}
	if r.IntN(6) == 0 {
		s = s.not()
	}
	if r.IntN(6) == 0 {
		s.fold()
	}
	return &node{op: opSet, set: s}
}

// show prints a tree as an expression.
func show(n *node) string {
	var all []string
	for _, k := range n.kids {
		all = append(all, show(k))
	}
	switch n.op {
	case opEmpty:
		return "(?:)"
	case opFail:
		return "(*F)"
	case opKeep:
		return `\K`
	case opAssert:
		return [...]string{`\A`, `\z`, `\Z`, `(?m:^)`, `(?m:$)`, `\b`, `\B`, `\G`}[n.assert]
	case opSet:
		return showSet(n.set)
	case opConcat:
		return "(?:" + strings.Join(all, "") + ")"
	case opAlternate:
		return "(?:" + strings.Join(all, "|") + ")"
	case opCapture:
		return "(" + all[0] + ")"
	case opRepeat:
		if n.max < 0 {
			return fmt.Sprintf("(?:%s){%d,}", all[0], n.min)
		}
		return fmt.Sprintf("(?:%s){%d,%d}", all[0], n.min, n.max)
	case opLook:
		how := map[[2]bool]string{{}: "(?=", {false, true}: "(?!", {true}: "(?<=", {true, true}: "(?<!"}
		return how[[2]bool{n.behind, n.negate}] + all[0] + ")"
	}
	return fmt.Sprintf("<op %d>", n.op)
}

func showSet(s *set) string {
	var b strings.Builder
	for i := range 256 {
		if s.has(byte(i)) {
			fmt.Fprintf(&b, `\x%02x`, i)
		}
	}
	return "[" + b.String() + "]"
}
