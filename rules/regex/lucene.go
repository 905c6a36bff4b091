package regex

import (
	"unicode/utf8"

	"github.com/auditpy/auditpy/rules/predicate"
)

// Lucene is an expression in Lucene's syntax with all its operators, as EQL's regex has it. It matches the whole of a
// value or not. A character is one of Unicode; in a value that is not UTF-8, where Elasticsearch sees replacement
// characters, . and [^...] are a byte outside of ASCII, so that a stray byte hides nothing.
//
// It is immutable and safe for concurrent use.
type Lucene struct {
	// chars matches values that are UTF-8 and not ASCII; bytes matches all others, with a byte for each character.
	chars, bytes *dfa
	needles      []predicate.Needle
}

// CompileLucene reads an expression; with fold, ASCII letters match in either case. It returns an *Error if it is not
// Lucene's, if it is too large, and where Lucene takes for a character what looks like an operator without operand.
func CompileLucene(expr string, fold bool) (*Lucene, error) {
	chars, err := parseLucene(expr, fold, false)
	if err != nil {
		return nil, err
	}
	bytes, err := parseLucene(expr, fold, true)
	if err != nil {
		return nil, err
	}
	l := &Lucene{}
	if l.chars, err = newDFA(chars); err == nil {
		l.bytes, err = newDFA(bytes)
	}
	if err != nil {
		return nil, &Error{Msg: "expression is " + err.Error()}
	}
	l.needles = either(required(chars), required(bytes))
	return l, nil
}

// either returns needles of which a subject has one if it has one of a or one of b.
func either(a, b []predicate.Needle) []predicate.Needle {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	return rate(append(append([]predicate.Needle(nil), a...), b...)).needles
}

// Required returns literals of which every value that matches has one; none if there are no such.
func (l *Lucene) Required() []predicate.Needle { return l.needles }

func (l *Lucene) match(value string, limit int) (yes, decided bool, steps int) {
	if isASCII(value) || !utf8.ValidString(value) {
		return l.bytes.match(value, limit)
	}
	return l.chars.match(value, limit)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
