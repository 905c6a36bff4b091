package predicate

import "unicode/utf8"

// Exact returns the text that a value must equal, in lower case if letters match in either; false for a pattern that
// more than one text matches.
func (p *Pattern) Exact() (text string, ok bool) { return p.lit, p.how == exact }

// Literals returns texts that each value that matches has, all of them, if ASCII letters are taken in either case and no
// letter outside of ASCII folds to one within. Which one to look for is up to who knows the field.
func (p *Pattern) Literals() (all []Needle) {
	switch {
	case p.how >= exact && isASCII(p.lit):
		place := [...]Place{exact: Whole, prefix: AtStart, suffix: AtEnd, contains: Anywhere}[p.how]
		return appendNeedle(nil, p.lit, place)
	case p.how == between:
		return p.ofPieces()
	}
	return p.runs()
}

func appendNeedle(dst []Needle, text string, place Place) []Needle {
	if text == "" {
		return dst
	}
	return append(dst, Needle{text, place})
}

func (p *Pattern) ofPieces() (all []Needle) {
	for i := range p.pieces {
		text, place := p.pieces[i].text, Anywhere
		switch {
		case !isASCII(text):
			continue
		case i == 0:
			place = AtStart
		case i == len(p.pieces)-1:
			place = AtEnd
		}
		all = appendNeedle(all, text, place)
	}
	return all
}

// runs returns the runs of ASCII in the pattern.
func (p *Pattern) runs() (all []Needle) {
	var run []byte
	for _, u := range p.units {
		if u.kind == Literal && u.r >= 0 && u.r < utf8.RuneSelf {
			run = append(run, byte(u.r))
			continue
		}
		all, run = appendNeedle(all, string(run), Anywhere), run[:0]
	}
	return appendNeedle(all, string(run), Anywhere)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
