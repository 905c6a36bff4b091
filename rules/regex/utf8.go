package regex

import (
	"unicode"
	"unicode/utf8"
)

// utf8Node is one character of k, as UTF-8.
func (p *parser) utf8Node(k *class) *node {
	k.sorted()
	ascii := p.node(opSet)
	ascii.set = new(set)
	alt := p.node(opAlternate)
	for _, s := range k.ranges {
		if s.lo < utf8.RuneSelf {
			ascii.set.addRange(byte(s.lo), byte(min(s.hi, utf8.RuneSelf-1)))
		}
		s.lo = max(s.lo, utf8.RuneSelf)
		p.sequences(alt, s.lo, min(s.hi, 0xd7ff)) // surrogates are not characters
		p.sequences(alt, max(s.lo, 0xe000), s.hi)
	}
	if *ascii.set != (set{}) || len(alt.kids) == 0 {
		alt.kids = append([]*node{ascii}, alt.kids...)
	}
	if len(alt.kids) == 1 {
		return alt.kids[0]
	}
	return alt
}

// sequences adds to alt the UTF-8 of the characters lo to hi: each a sequence of sets.
func (p *parser) sequences(alt *node, lo, hi rune) {
	for _, end := range []rune{0x7ff, 0xffff} { // where the encoding gets longer
		if lo <= end && hi > end {
			p.sequences(alt, lo, end)
			lo = end + 1
		}
	}
	if lo > hi {
		return
	}
	for bits := 6; bits <= 18; bits += 6 { // all but the last ranges of bytes must be whole
		low := rune(1)<<bits - 1
		if lo&^low == hi&^low {
			continue
		}
		if lo&low != 0 {
			p.sequences(alt, lo, lo|low)
			p.sequences(alt, lo|low+1, hi)
			return
		}
		if hi&low != low {
			p.sequences(alt, lo, hi&^low-1)
			p.sequences(alt, hi&^low, hi)
			return
		}
	}
	alt.kids = append(alt.kids, p.sequence(lo, hi))
}

// sequence is the UTF-8 of lo to hi, whose bytes are ranges of their own.
func (p *parser) sequence(lo, hi rune) *node {
	cat := p.node(opConcat)
	first, last := utf8.AppendRune(nil, lo), utf8.AppendRune(nil, hi)
	for i := range first {
		n := p.node(opSet)
		n.set = new(set)
		n.set.addRange(first[i], last[i])
		cat.kids = append(cat.kids, n)
	}
	return cat
}

// lastCased is after the last character that has another case.
const lastCased = 0x1e944

// foldRunes adds the other cases of lo to hi.
func (k *class) foldRunes(lo, hi rune) {
	for c := lo; c <= min(hi, lastCased); c++ {
		for other := unicode.SimpleFold(c); other != c; other = unicode.SimpleFold(other) {
			if other < lo || other > hi {
				k.add(other, other)
			}
		}
	}
}
