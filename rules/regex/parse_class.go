package regex

import "strings"

// rangeState says what a hyphen in a class would mean.
type rangeState uint8

const (
	rangeNo      rangeState = iota // a hyphen
	rangeOK                        // a range from the character before
	rangeStarted                   // it was that
)

// classReader reads a class: what is between [ and ].
type classReader struct {
	*parser
	k     class
	state rangeState
	last  rune // the character before, if state is not rangeNo
	open  int  // offset of [
}

// class reads a class and adds it to cat.
func (p *parser) class(cat *node) {
	for name, behind := range map[string]bool{"[[:<:]]": false, "[[:>:]]": true} {
		if p.starts(name) {
			p.wordEdge(cat, behind)
			p.at += len(name)
			return
		}
	}
	if n := posixLength(p.expr[p.at:]); n > 0 {
		p.fail(p.at, "[%c%c] is supported only within a class", p.ahead(1), p.ahead(1))
	}
	r := classReader{parser: p, open: p.at}
	p.at++
	negated := r.begin()
	r.read()
	if r.state == rangeStarted {
		r.k.addChar(p, '-')
	}
	if negated {
		r.k.negate(p)
	}
	cat.kids = append(cat.kids, p.classNode(&r.k))
}

// wordEdge is the begin or the end of a word, of another library's syntax.
func (p *parser) wordEdge(cat *node, behind bool) {
	boundary := p.node(opAssert)
	boundary.assert = word
	var k class
	k.addNamed("word")
	look := p.node(opLook, p.classNode(&k))
	if look.behind = behind; behind {
		p.behinds = append(p.behinds, look)
	}
	cat.kids = append(cat.kids, boundary, look)
}

// begin passes over ^ and what means nothing before the first character, which may be a ].
func (r *classReader) begin() (negated bool) {
	for {
		switch {
		case r.accept(`\Q\E`), r.accept(`\E`):
		case r.has(ExtendedMore) && (r.next() == ' ' || r.next() == '\t'):
			r.at++
		case !negated && r.accept("^"):
			negated = true
		default:
			return negated
		}
	}
}

// read reads up to the ] that ends the class; the first character is none.
func (r *classReader) read() {
	for first := true; ; first = false {
		if r.at >= len(r.expr) {
			r.fail(r.open, "missing terminating ] for character class")
		}
		c := r.next()
		switch {
		case r.quoting:
			if r.accept(`\E`) {
				r.quoting = false
			} else {
				r.member(r.char())
			}
		case c == ']' && !first:
			r.at++
			return
		case r.has(ExtendedMore) && (c == ' ' || c == '\t'):
			r.at++
		case c == '[' && posixLength(r.expr[r.at:]) > 0:
			r.posix(posixLength(r.expr[r.at:]))
		case c == '-' && r.state == rangeOK:
			r.at++
			r.state = rangeStarted
		case c == '\\':
			r.escapeInClass()
		default:
			r.member(r.char())
		}
	}
}

// member is a character: one of the class, or the end of a range.
func (r *classReader) member(c rune) {
	if r.state != rangeStarted {
		r.k.addChar(r.parser, c)
		r.state, r.last = rangeOK, c
		return
	}
	if c < r.last {
		r.fail(r.at-1, "range out of order in character class")
	}
	r.k.addRange(r.parser, r.last, c)
	r.state = rangeNo
}

// posixLength returns the length of a [:name:], [.x.] or [=x=] at the begin of s, 0 if there is none.
func posixLength(s string) int {
	if len(s) < 4 || !strings.ContainsRune(":.=", rune(s[1])) {
		return 0
	}
	mark := s[1]
	for i := 2; i+1 < len(s); i++ {
		switch {
		case s[i] == '\\' && (s[i+1] == ']' || s[i+1] == '\\'):
			i++
		case s[i] == '[' && s[i+1] == mark, s[i] == ']':
			return 0
		case s[i] == mark && s[i+1] == ']':
			return i + 2
		}
	}
	return 0
}

// posix reads a [:name:] of length n.
func (r *classReader) posix(n int) {
	if r.state == rangeStarted {
		r.fail(r.at, "invalid range in character class")
	}
	if r.ahead(1) != ':' {
		r.fail(r.at, "POSIX collating elements are not supported")
	}
	name, negated := strings.CutPrefix(r.expr[r.at+2:r.at+n-2], "^")
	if _, ok := named[name]; !ok || name[0] == '\\' {
		r.fail(r.at, "unknown POSIX class name %q", name)
	}
	if r.has(CaseInsensitive) && (name == "upper" || name == "lower") {
		name = "alpha"
	}
	r.at += n
	r.addSet(name, negated)
}

// addSet adds the class name, which no range may end or begin with.
func (r *classReader) addSet(name string, negated bool) {
	var k class
	k.addNamed(name)
	if negated {
		k.negate(r.parser)
	}
	r.addWhole(&k)
}

func (r *classReader) addWhole(k *class) {
	if r.state == rangeStarted {
		r.fail(r.at, "invalid range in character class")
	}
	r.k.addClass(k)
	r.state = rangeNo
	if r.next() == '-' && r.at+1 < len(r.expr) && r.ahead(1) != ']' {
		r.fail(r.at, "invalid range in character class")
	}
}

// escapeInClass reads an escape that begins with \.
func (r *classReader) escapeInClass() {
	at := r.at
	switch c := r.ahead(1); c {
	case 'E':
		r.at += 2
	case 'Q':
		r.at += 2
		r.quoting = true
	case 'b':
		r.at += 2
		r.member('\b')
	case 'N', 'B', 'R', 'X', 'A', 'C', 'G', 'K', 'Z', 'z', 'k':
		if c == 'N' && r.has(UTF) && r.starts(`\N{U+`) {
			r.member(r.escapedChar(true))
			return
		}
		r.fail(at, `escape sequence \%c is invalid in character class`, c)
	default:
		if k := r.typeEscape(); k != nil {
			r.addWhole(k)
			return
		}
		r.member(r.escapedChar(true))
	}
}
