package regex

// escape reads an escape outside of a class. It returns false if it cannot be repeated.
func (p *parser) escape() (n *node, repeatable bool) {
	at := p.at
	if a, ok := assertions[p.ahead(1)]; ok {
		p.at++
		return p.assertion(a), false
	}
	switch c := p.ahead(1); c {
	case 'K':
		if p.looks > 0 {
			p.fail(at, `\K is not allowed in lookarounds`)
		}
		p.at += 2
		return p.node(opKeep), false
	case 'R':
		p.at += 2
		return p.newline(), true
	case 'X':
		p.at += 2
		return p.grapheme(at), true
	case 'C':
		return p.anyByte(at), true
	case 'N':
		if n := p.notNewline(); n != nil {
			return n, true
		}
	case 'k':
		p.at += 2
		return p.namedBackref(), true
	case 'g':
		return p.g(), true
	}
	if n := p.digitBackref(); n != nil {
		return n, true
	}
	if k := p.typeEscape(); k != nil {
		return p.classNode(k), true
	}
	return p.literal(p.escapedChar(false)), true
}

var assertions = map[byte]assert{
	'A': textBegin, 'z': textEnd, 'Z': textEndLF, 'b': word, 'B': notWord, 'G': matchStart,
}

// newline is \R. It is atomic: CR does not match where LF follows.
func (p *parser) newline() *node {
	pair := p.node(opConcat, p.one('\r', '\r'), p.one('\n', '\n'))
	var k class
	if p.anyCRLF {
		k.add('\n', '\n')
		k.add('\r', '\r')
	} else {
		k.addNamed(`\v`)
		if p.has(UTF) {
			k.add(0x2028, 0x2029)
		}
	}
	return p.node(opAtomic, p.node(opAlternate, pair, p.classNode(&k)))
}

// grapheme is \X. Of the first 256 characters only CR LF is a cluster; PCRE2 makes one of \xa9 and \xae too, the only
// pictographs.
func (p *parser) grapheme(at int) *node {
	if p.has(UTF) {
		p.fail(at, `\X is not supported with UTF`)
	}
	pair := p.node(opConcat, p.one('\r', '\r'), p.one('\n', '\n'))
	var k class
	k.add(0xa9, 0xa9)
	k.add(0xae, 0xae)
	pictographs := p.node(opRepeat, p.classNode(&k))
	pictographs.min, pictographs.max = 1, -1
	return p.node(opAtomic, p.node(opAlternate, pair, pictographs, p.one(0, 0xff)))
}

func (p *parser) anyByte(at int) *node {
	if p.has(UTF) {
		p.fail(at, `\C is not supported with UTF`)
	}
	p.at += 2
	return p.one(0, 0xff)
}

// one is one character between lo and hi, whatever the options.
func (p *parser) one(lo, hi rune) *node {
	var k class
	k.add(lo, hi)
	return p.classNode(&k)
}

// notNewline is \N; nil if it is \N{U+hex}.
func (p *parser) notNewline() *node {
	if p.ahead(2) == '{' {
		if p.has(UTF) && p.starts(`\N{U+`) {
			return nil
		}
		if _, _, n := p.counts(p.at + 2); n == 0 {
			p.fail(p.at, `\N{name} is not supported, and \N{U+hex} only with UTF`)
		}
	}
	p.at += 2
	return p.dot(false)
}

// typeEscape reads an escape that stands for a class; nil if there is none.
func (p *parser) typeEscape() *class {
	var k class
	c := p.ahead(1)
	switch c {
	case 'd', 'D':
		k.addNamed("digit")
	case 's', 'S':
		k.addNamed("space")
	case 'w', 'W':
		k.addNamed("word")
	case 'h', 'H':
		k.addNamed(`\h`)
		p.wide(&k, span{0x1680, 0x1680}, span{0x180e, 0x180e}, span{0x2000, 0x200a}, span{0x202f, 0x202f}, span{0x205f, 0x205f}, span{0x3000, 0x3000})
	case 'v', 'V':
		k.addNamed(`\v`)
		p.wide(&k, span{0x2028, 0x2029})
	case 'p', 'P':
		return p.property()
	default:
		return nil
	}
	p.at += 2
	if c < 'a' {
		k.negate(p)
	}
	return &k
}

// wide adds characters that are there only with UTF.
func (p *parser) wide(k *class, spans ...span) {
	if p.has(UTF) {
		k.ranges = append(k.ranges, spans...)
	}
}

// escapedChar reads an escape that stands for one character.
func (p *parser) escapedChar(inClass bool) rune {
	at := p.at
	p.at++
	if p.at >= len(p.expr) {
		p.fail(at, `\ at end of expression`)
	}
	switch c := p.next(); {
	case c >= '0' && c <= '7':
		return p.octal()
	case c == '8', c == '9':
		p.at++
		return rune(c)
	case inClass && c == 'g':
		p.at++
		return 'g'
	case c >= 0x80 || !isLetter(c):
		return p.char()
	}
	c := p.next()
	p.at++
	switch c {
	case 'a':
		return 7
	case 'e':
		return 27
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'c':
		return p.control(at)
	case 'o':
		return p.braced(at, 8)
	case 'x':
		return p.hex(at)
	case 'N': // \N{U+hex}: others were refused before
		p.accept("{U+")
		return p.digits(at, 16)
	}
	p.fail(at, `unrecognized escape \%c`, c)
	return 0
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// octal reads up to three octal digits.
func (p *parser) octal() rune {
	at, c := p.at-1, rune(0)
	for n := 0; n < 3 && p.next() >= '0' && p.next() <= '7'; n++ {
		c = c*8 + rune(p.next()-'0')
		p.at++
	}
	if c > p.top() {
		p.fail(at, "octal value is greater than \\377 without UTF")
	}
	return c
}

// control reads what follows \c.
func (p *parser) control(at int) rune {
	c := p.next()
	if p.at >= len(p.expr) || c < 32 || c > 126 {
		p.fail(at, `\c must be followed by a printable ASCII character`)
	}
	p.at++
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	return rune(c ^ 0x40)
}

// hex reads what follows \x: {digits}, or up to two digits.
func (p *parser) hex(at int) rune {
	if p.next() == '{' {
		return p.braced(at, 16)
	}
	c := rune(0)
	for n := 0; n < 2; n++ {
		d := digitValue(p.next())
		if d >= 16 {
			break
		}
		c = c*16 + d
		p.at++
	}
	return c
}

// braced reads {digits}.
func (p *parser) braced(at int, base rune) rune {
	if !p.accept("{") {
		p.fail(at, "missing { after escape")
	}
	return p.digits(at, base)
}

// digits reads digits and a closing brace.
func (p *parser) digits(at int, base rune) rune {
	c, from := rune(0), p.at
	for d := digitValue(p.next()); d < base; d = digitValue(p.next()) {
		c = c*base + d
		p.at++
		if c > p.top() {
			p.fail(at, "character code is too large: more than %#x", p.top())
		}
	}
	if p.at == from {
		p.fail(at, "digits expected in { }")
	}
	if !p.accept("}") {
		p.fail(p.at, "missing } or bad digit in escape")
	}
	if p.has(UTF) && c >= 0xd800 && c <= 0xdfff {
		p.fail(at, "surrogates are not characters")
	}
	return c
}

// digitValue returns 16 or more for what is no hexadecimal digit.
func digitValue(c byte) rune {
	switch {
	case isDigit(c):
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10
	}
	return 99
}
