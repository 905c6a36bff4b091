package predicate

import (
	"unicode"
	"unicode/utf8"
)

// unit is one element of a pattern: a rune, or ^b for a byte b outside of UTF-8, or a wildcard.
type unit struct {
	kind Kind
	r    rune
}

// appendUnits appends the units of parts that are normal.
func appendUnits(dst []unit, parts []Part, fold bool) []unit {
	for _, part := range parts {
		if part.Kind != Literal {
			dst = append(dst, unit{kind: part.Kind})
			continue
		}
		for s := part.Text; s != ""; {
			r, n := next(s)
			dst, s = append(dst, unit{Literal, canonical(r, fold)}), s[n:]
		}
	}
	return dst
}

// next returns the first unit of s and its length in bytes. s must not be empty.
func next(s string) (rune, int) {
	if s[0] < utf8.RuneSelf {
		return rune(s[0]), 1
	}
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 {
		return ^rune(s[0]), 1
	}
	return r, n
}

// canonical returns the one rune that stands for all that fold to the same: the smallest, in lower
// case if that is ASCII.
func canonical(r rune, fold bool) rune {
	switch {
	case !fold || r < 0:
		return r
	case r < utf8.RuneSelf:
		return rune(lower[r])
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if least < utf8.RuneSelf {
		return rune(lower[least])
	}
	return least
}

func (u unit) matches(r rune) bool {
	switch u.kind {
	case One:
		return true
	case Dash:
		return r == '-' || r == '/' || r >= 0x2013 && r <= 0x2015
	default:
		return u.r == r
	}
}

// matchUnits is the general matcher. After a run it tries the shortest first, and on a mismatch only
// the latest run is lengthened: an earlier one need never be, so the time is quadratic at most.
func (p *Pattern) matchUnits(s string) bool {
	i, u := 0, 0
	run, from := -1, 0 // the unit after the latest run, and where in s it was last tried
	for i < len(s) {
		if u < len(p.units) && p.units[u].kind == Run {
			u++
			if u == len(p.units) {
				return true
			}
			run, from = u, i
			continue
		}
		r, n := next(s[i:])
		if u < len(p.units) && p.units[u].matches(canonical(r, p.fold)) {
			i, u = i+n, u+1
			continue
		}
		if run < 0 {
			return false
		}
		_, n = next(s[from:])
		from += n
		i, u = from, run
	}
	return u == len(p.units) || u == len(p.units)-1 && p.units[u].kind == Run
}
