package regex

import (
	"strconv"
	"strings"
)

// interval reads what follows < at offset at: a number in decimal digits between two others. If they are of one length,
// so is the number; else it may have zeros before it.
func (p *luceneParser) interval(at int) *node {
	inner, _, closed := strings.Cut(p.expr[p.at:], ">")
	from, to, isRange := strings.Cut(inner, "-")
	lo, errLo := strconv.ParseUint(from, 10, 31)
	hi, errHi := strconv.ParseUint(to, 10, 31)
	if !closed || !isRange || errLo != nil || errHi != nil {
		p.fail(at, "< is not followed by two numbers, as in <1-100>: a character is \\<")
	}
	p.at += len(inner) + 1
	low, high := min(lo, hi), max(lo, hi)
	if len(from) == len(to) {
		return p.between(padded(low, len(from)), padded(high, len(from)))
	}
	zeros := p.node(opRepeat, p.digit('0', '0'))
	zeros.max = -1
	return p.node(opConcat, zeros, p.lengths(low, high))
}

func padded(n uint64, width int) string {
	s := strconv.FormatUint(n, 10)
	return strings.Repeat("0", max(0, width-len(s))) + s
}

// lengths is a number from lo to hi without zeros before it.
func (p *luceneParser) lengths(lo, hi uint64) *node {
	alt := p.node(opAlternate)
	for low := lo; low <= hi; {
		s := padded(low, 1)
		high, _ := strconv.ParseUint(strings.Repeat("9", len(s)), 10, 64)
		high = min(high, hi)
		alt.kids = append(alt.kids, p.between(s, padded(high, 1)))
		low = high + 1
	}
	return alt
}

// between is a number from lo to hi, in as many digits as they both have.
func (p *luceneParser) between(lo, hi string) *node {
	rest := len(lo) - 1
	if rest < 0 {
		return p.node(opEmpty)
	}
	low, high := strings.Repeat("0", rest), strings.Repeat("9", rest)
	switch {
	case lo[1:] == low && hi[1:] == high:
		return p.node(opConcat, p.digit(lo[0], hi[0]), p.between(low, high))
	case lo[0] == hi[0]:
		return p.node(opConcat, p.digit(lo[0], lo[0]), p.between(lo[1:], hi[1:]))
	}
	alt := p.node(opAlternate,
		p.node(opConcat, p.digit(lo[0], lo[0]), p.between(lo[1:], high)),
		p.node(opConcat, p.digit(hi[0], hi[0]), p.between(low, hi[1:])))
	if lo[0]+1 < hi[0] {
		alt.kids = append(alt.kids, p.node(opConcat, p.digit(lo[0]+1, hi[0]-1), p.between(low, high)))
	}
	return alt
}

func (p *luceneParser) digit(lo, hi byte) *node { return p.one(rune(lo), rune(hi)) }
