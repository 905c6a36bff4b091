package regex

import (
	"unicode/utf8"

	"github.com/auditpy/auditpy/rules/predicate"
)

// readCharacters makes re, which reads bytes, read characters where that can be.
func (re *Regexp) readCharacters(flags Flags) {
	if re.dfa == nil {
		return
	}
	t, err := parse(re.expr, flags|UTF)
	if err != nil {
		return
	}
	root := plainer(t.root)
	if !regular(root) {
		return
	}
	if re.chars, err = newDFA(root, true); err == nil {
		re.needles = either(re.needles, required(t.root))
	}
}

// dfaFor returns the automaton for a subject.
func (re *Regexp) dfaFor(subject string) *dfa {
	if re.chars == nil || isASCII(subject) || !utf8.ValidString(subject) {
		return re.dfa
	}
	return re.chars
}

// either returns needles of which a subject has one if it has one of a or one of b.
func either(a, b []predicate.Needle) []predicate.Needle {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	return rate(append(append([]predicate.Needle(nil), a...), b...)).needles
}

// isASCII reads eight bytes at once: the compiler makes one load of them.
func isASCII(s string) bool {
	var all uint64
	for ; len(s) >= 8; s = s[8:] {
		all |= uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	}
	for i := range len(s) {
		all |= uint64(s[i])
	}
	return all&0x8080_8080_8080_8080 == 0
}
