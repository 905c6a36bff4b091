package regex

import "unicode/utf8"

// any is one character.
func (p *luceneParser) any() *node { return p.not(&class{}) }

// range_ is a character from lo to hi.
func (p *luceneParser) oneOf(lo, hi rune) *node {
	var k class
	p.add(&k, lo, hi)
	return p.utf8Node(&k)
}

// add adds the characters lo to hi to k, ASCII letters in both cases if case does not count.
func (p *luceneParser) add(k *class, lo, hi rune) {
	k.add(lo, hi)
	if p.fold {
		k.shift(lo, hi, 'a', 'A')
		k.shift(lo, hi, 'A', 'a')
	}
}

// not is one character that k has not.
func (p *luceneParser) not(k *class) *node {
	k.negate(p.parser)
	if !p.bytes {
		return p.utf8Node(k)
	}
	n := p.node(opSet)
	n.set = new(set)
	n.set.addRange(utf8.RuneSelf, 0xff)
	for _, s := range k.ranges {
		if s.lo < utf8.RuneSelf {
			n.set.addRange(byte(s.lo), byte(min(s.hi, utf8.RuneSelf-1)))
		}
	}
	return n
}

// predefined returns the class that the letter after a backslash names, nil if it is none, and whether it is that.
func (p *luceneParser) predefined(c byte) (k *class, negated bool) {
	k = &class{}
	switch c {
	case 'd', 'D':
		k.addNamed("digit")
	case 'w', 'W':
		k.addNamed("word")
	case 's', 'S':
		for _, blank := range " \t\n\r" {
			k.add(blank, blank)
		}
	default:
		return nil, false
	}
	return k, c < 'a'
}

// escaped reads what follows a backslash that is not in a class.
func (p *luceneParser) escaped(at int) *node {
	k, negated := p.predefined(p.next())
	switch {
	case k == nil:
		c := p.escapedChar(at)
		return p.oneOf(c, c)
	case negated:
		p.at++
		return p.not(k)
	}
	p.at++
	return p.utf8Node(k)
}

// escapedChar reads a character that follows a backslash at offset at.
func (p *luceneParser) escapedChar(at int) rune {
	switch {
	case p.at >= len(p.expr):
		p.fail(at, `\ at end of expression`)
	case isLetter(p.next()):
		p.fail(at, `unrecognized escape \%c`, p.next())
	}
	return p.char()
}

// charClass reads what follows [ at offset at.
func (p *luceneParser) charClass(at int) *node {
	var k class
	negated := p.accept("^")
	for first := true; first || p.next() != ']'; first = false {
		if p.at >= len(p.expr) {
			p.fail(at, "missing terminating ] for character class")
		}
		p.member(&k)
	}
	p.at++
	if negated {
		return p.not(&k)
	}
	return p.utf8Node(&k)
}

// member reads one member of a class: a character, a range or an escape.
func (p *luceneParser) member(k *class) {
	at := p.at
	if p.next() == '\\' {
		if named, negated := p.predefined(p.ahead(1)); named != nil {
			if p.at += 2; negated {
				named.negate(p.parser)
			}
			k.addClass(named)
			return
		}
	}
	lo := p.classChar()
	hi := lo
	if p.accept("-") {
		if p.at >= len(p.expr) || p.next() == ']' {
			p.fail(p.at-1, "range without end in character class: a hyphen is \\-")
		}
		hi = p.classChar()
	}
	if hi < lo {
		p.fail(at, "range out of order in character class")
	}
	p.add(k, lo, hi)
}

func (p *luceneParser) classChar() rune {
	if at := p.at; p.accept(`\`) {
		return p.escapedChar(at)
	}
	return p.char()
}
