// Package predicate tests one value of a field: compiled once when rules are loaded, then asked for
// every event, by all dialects.
//
// What surprised us: audit values are byte strings (an argument need not be UTF-8), and folding can
// change the length of a text (the Kelvin sign folds to k). So a value is read as a row of units: a
// valid UTF-8 sequence is one unit, and a byte outside of one is a unit of its own, equal only to
// itself. All fast paths must say the same as that reading; a fuzz test holds them to it.
//
// A Pattern is immutable and safe for concurrent use. Match does not allocate and takes at most
// len(value)·len(pattern) steps.
package predicate

import (
	"strings"
	"unicode/utf8"
)

// Kind tells the parts of a pattern apart.
type Kind uint8

// The kinds of parts.
const (
	Literal Kind = iota // Text as it stands
	Run                 // any run of units, also the empty one: *
	One                 // exactly one unit: ?
	Dash                // one of the characters that Windows tools take for a dash: - / – — ―
)

// Part is a piece of a pattern. The dialects differ in how they write and escape wildcards, so they
// parse and this package matches.
type Part struct {
	Kind Kind
	Text string // Literal only
}

// Pattern is a compiled row of parts.
type Pattern struct {
	how    strategy
	fold   bool
	lit    string // of the simple strategies; folded if fold
	widens bool   // some literal has a letter that a non-ASCII letter folds to
	pieces []piece
	units  []unit
}

type strategy uint8

const (
	general strategy = iota
	between          // literals with runs between them: pieces; open at both ends
	exact
	prefix
	suffix
	contains
)

// Compile returns the pattern that matches the whole of a value against parts in order. If fold is
// set, letters match in either case (simple Unicode folding).
func Compile(parts []Part, fold bool) *Pattern {
	parts = normalize(parts)
	size := 0
	for _, part := range parts {
		size += len(part.Text) + 1
	}
	p := &Pattern{fold: fold, units: appendUnits(make([]unit, 0, size), parts, fold)}
	p.choose(parts)
	return p
}

// normalize joins neighbouring literals and drops repeated runs.
func normalize(parts []Part) []Part {
	out := make([]Part, 0, len(parts))
	for _, part := range parts {
		last := len(out) - 1
		switch {
		case part.Kind == Literal && part.Text == "":
		case part.Kind == Literal && last >= 0 && out[last].Kind == Literal:
			out[last].Text += part.Text
		case part.Kind == Run && last >= 0 && out[last].Kind == Run:
		default:
			out = append(out, part)
		}
	}
	return out
}

// choose picks a fast strategy where one says the same as the general one.
func (p *Pattern) choose(parts []Part) {
	first, last := false, false
	if len(parts) > 0 && parts[0].Kind == Run {
		first, parts = true, parts[1:]
	}
	if len(parts) > 0 && parts[len(parts)-1].Kind == Run {
		last, parts = true, parts[:len(parts)-1]
	}
	if len(parts) > 1 {
		p.cut(parts, first, last)
		return
	}
	if len(parts) == 1 && parts[0].Kind != Literal {
		return
	}
	if len(parts) == 1 {
		p.lit = parts[0].Text
	} else if first { // * alone
		last = true
	}
	var ok bool
	if p.lit, ok = p.simple(p.lit); !ok {
		return
	}
	p.how = [...]strategy{exact, prefix, suffix, contains}[bits(last, first)]
	p.pieces = []piece{newPiece(p.lit)}
}

func bits(low, high bool) (n int) {
	if low {
		n = 1
	}
	if high {
		n += 2
	}
	return n
}

// simple reports whether comparing bytes is the same as comparing units, and returns the literal for that. One that is
// not UTF-8 could be found inside of a character, and non-ASCII letters may fold to another length.
func (p *Pattern) simple(lit string) (string, bool) {
	if !p.fold {
		return lit, utf8.ValidString(lit)
	}
	lit = foldASCII(lit)
	p.widens = p.widens || strings.ContainsAny(lit, "ks")
	return lit, isASCII(lit)
}

// Match reports whether the whole of s matches.
func (p *Pattern) Match(s string) bool {
	if p.how == general {
		return p.matchUnits(s)
	}
	if !p.fold {
		return p.matchCased(s)
	}
	if p.matchASCII(s) {
		return true
	}
	return p.widens && (strings.Contains(s, "\u212a") || strings.Contains(s, "\u017f")) && p.matchUnits(s)
}

func (p *Pattern) matchCased(s string) bool {
	switch p.how {
	case between:
		return p.matchPieces(s)
	case exact:
		return s == p.lit
	case prefix:
		return strings.HasPrefix(s, p.lit)
	case suffix:
		return strings.HasSuffix(s, p.lit)
	default:
		return strings.Contains(s, p.lit)
	}
}

func (p *Pattern) matchASCII(s string) bool {
	switch {
	case len(s) < len(p.lit):
		return false
	case p.how == between:
		return p.matchPieces(s)
	case p.how == exact:
		return len(s) == len(p.lit) && equalASCII(s, p.lit)
	case p.how == prefix:
		return equalASCII(s[:len(p.lit)], p.lit)
	case p.how == suffix:
		return equalASCII(s[len(s)-len(p.lit):], p.lit)
	default:
		return p.pieces[0].indexFold(s) >= 0
	}
}
