// Package regex matches regular expressions over bytes, as PCRE2 does and as OS_Regex, OS_Match, Sigma and Lucene do,
// within a budget of steps.
//
// What surprised us: PCRE2's match limit starts again at every offset, so it bounds nothing; and rules call it without
// UTF, so a character is a byte. An expression is read into one tree, whatever its dialect. Whether a tree that is
// regular matches is decided by an automaton, in one pass over the subject, whatever the subject; all others, and
// positions, by a backtracker that counts its steps. What is not decided within the budget is Undecided, never a no.
package regex

import "math/bits"

// op tells the kinds of nodes apart.
type op uint8

const (
	opEmpty     op = iota
	opFail         // never matches: (*FAIL), which has verb verbFail, and (?!)
	opSet          // one byte of set
	opConcat       // kids, in order
	opAlternate    // the first of kids that lets the rest match
	opRepeat       // kids[0], from min to max times; max is unlimited if negative
	opCapture      // kids[0] is group number index
	opAssert       // nothing, where assert holds
	opLook         // nothing, where kids[0] matches ahead or, if behind, before; the contrary if negated
	opAtomic       // kids[0], its first way only
	opBackref      // what group number index last matched; any of refs, if a name has several groups
	opIf           // kids[1] if kids[0], a condition (opGroupSet, opInside or opLook), holds, else kids[2], if there is one
	opGroupSet     // condition of opIf: one of the groups refs is set; none: always false (DEFINE)
	opInside       // condition of opIf: the matcher is in a call of one of the groups refs; of any group if there is none
	opCall         // group number index, as a subroutine; 0 is the whole
	opKeep         // \K: the match begins here
	opVerb         // a verb of backtracking
	opAutomaton    // what table accepts; only in Lucene's expressions, which the automaton alone matches
)

// mode is which way a repeat tries first.
type mode uint8

const (
	greedy mode = iota
	lazy
	possessive // greedy and atomic
)

// assert is a condition on a position.
type assert uint8

const (
	textBegin  assert = iota // \A, and ^ without m
	textEnd                  // \z
	textEndLF                // \Z, and $ without m: at the end or before a last LF
	lineBegin                // ^ with m: at the beginning or after an LF that is not the last byte
	lineEnd                  // $ with m
	word                     // \b
	notWord                  // \B
	matchStart               // \G
)

// node is a part of an expression. Nodes are not changed after parsing and may be shared.
type node struct {
	op       op
	assert   assert
	mode     mode
	verb     verb
	negate   bool // of opLook
	behind   bool // of opLook; widths has then the length in bytes of each alternative of kids[0]
	open     bool // of opLook: not atomic, (*napla: and (*naplb:
	fold     bool // of opBackref: letters in either case
	min, max int  // of opRepeat
	index    int  // of opCapture and opCall; of opBackref the first of refs
	refs     []int
	widths   []int
	name     string // of opVerb: the mark
	set      *set   // of opSet
	table    *table // of opAutomaton
	kids     []*node
	pos      int // offset in the expression
}

// verb is a verb of backtracking, as in PCRE2.
type verb uint8

const (
	verbNone verb = iota
	verbAccept
	verbCommit
	verbPrune
	verbSkip
	verbThen
	verbMark
	verbFail // of opFail only
)

// set is a set of bytes.
type set [4]uint64

func (s *set) add(b byte)      { s[b>>6] |= 1 << (b & 63) }
func (s *set) has(b byte) bool { return s[b>>6]>>(b&63)&1 != 0 }
func (s *set) addRange(lo, hi byte) {
	for b := int(lo); b <= int(hi); b++ {
		s.add(byte(b))
	}
}

func (s *set) addSet(other *set) {
	for i := range s {
		s[i] |= other[i]
	}
}

// only returns the byte of s, if it has just one.
func (s *set) only() (b byte, ok bool) {
	if bits.OnesCount64(s[0])+bits.OnesCount64(s[1])+bits.OnesCount64(s[2])+bits.OnesCount64(s[3]) != 1 {
		return 0, false
	}
	for i, w := range s {
		if w != 0 {
			b = byte(64*i + bits.TrailingZeros64(w))
		}
	}
	return b, true
}

// not returns the bytes that s has not.
func (s *set) not() *set { return &set{^s[0], ^s[1], ^s[2], ^s[3]} }

// fold adds the other case of each ASCII letter: without UTF no other byte has one.
func (s *set) fold() {
	const letters = 0x07fffffe // of a word, from the 65th or 97th bit
	upper, lower := s[1]&letters, s[1]>>32&letters
	s[1] |= upper<<32 | lower
}
