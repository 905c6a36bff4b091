package predicate

import (
	"cmp"
	"slices"
	"strings"
)

// Find returns where in a value that matches stands what p asks for, as far as one text tells: of a pattern with several,
// the longest. Both offsets are 0 if that is not known.
func (p *Pattern) Find(value string) (start, end int) {
	all := p.Literals()
	if len(all) == 0 {
		return 0, 0
	}
	longest := slices.MaxFunc(all, func(a, b Needle) int { return cmp.Compare(len(a.Text), len(b.Text)) })
	n := len(longest.Text)
	switch {
	case n > len(value):
		return 0, 0
	case longest.Place == AtStart, longest.Place == Whole:
		return 0, n
	case longest.Place == AtEnd:
		return len(value) - n, len(value)
	}
	if at := p.seek(value, longest.Text); at >= 0 {
		return at, at + n
	}
	return 0, 0
}

func (p *Pattern) seek(value, text string) int {
	if !p.fold {
		return strings.Index(value, text)
	}
	of := newPiece(foldASCII(text))
	return of.indexFold(value)
}
