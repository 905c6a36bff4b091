package predicate

import "unicode/utf8"

// Exact returns the text that a value must equal, in lower case if letters match in either; false for a pattern that
// more than one text matches.
func (p *Pattern) Exact() (text string, ok bool) { return p.lit, p.how == exact }

// Literal returns a text that each value that matches has at a place, if ASCII letters are taken in either case and no
// letter outside of ASCII folds to one within; "" if there is none.
func (p *Pattern) Literal() (text string, place Place) {
	if p.how >= exact && isASCII(p.lit) {
		return p.lit, [...]Place{exact: Whole, prefix: AtStart, suffix: AtEnd, contains: Anywhere}[p.how]
	}
	return p.longest(), Anywhere
}

// longest returns the longest run of ASCII in the pattern.
func (p *Pattern) longest() string {
	var best, run []byte
	for _, u := range p.units {
		if u.kind != Literal || u.r < 0 || u.r >= utf8.RuneSelf {
			run = run[:0]
			continue
		}
		if run = append(run, byte(u.r)); len(run) > len(best) {
			best = append(best[:0], run...)
		}
	}
	return string(best)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
