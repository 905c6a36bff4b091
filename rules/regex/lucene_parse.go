package regex

import (
	"strings"
	"unicode/utf8"
)

// luceneParser reads Lucene's syntax. Other than in PCRE2, ^ and $ are characters, . matches a newline too, and
// & ~ @ # < > and " are operators.
type luceneParser struct {
	*parser
	fold  bool
	bytes bool // what is not written out is a byte outside of ASCII, not a character
	work  int  // states of all tables
}

// maxTables bounds the states of all tables of an expression.
const maxTables = 10 * maxTable

// parseLucene reads an expression that matches the whole of a subject.
func parseLucene(expr string, fold, bytes bool) (n *node, err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *Error:
			n, err = nil, e
		default:
			panic(e)
		}
	}()
	p := luceneParser{parser: &parser{expr: expr, flags: UTF}, fold: fold, bytes: bytes}
	if len(expr) > maxLength {
		p.fail(maxLength, "expression too long: %d bytes, at most %d", len(expr), maxLength)
	}
	if !utf8.ValidString(expr) {
		p.fail(0, "expression is not valid UTF-8")
	}
	return p.whole(), nil
}

func (p *luceneParser) whole() *node {
	body := p.node(opEmpty)
	if p.expr != "" {
		body = p.union()
	}
	if p.at < len(p.expr) {
		p.fail(p.at, "unmatched closing parenthesis")
	}
	begin, end := p.node(opAssert), p.node(opAssert)
	begin.assert, end.assert = textBegin, textEnd
	return p.node(opConcat, begin, body, end)
}

func (p *luceneParser) union() *node {
	all := []*node{p.intersection()}
	for p.accept("|") {
		all = append(all, p.intersection())
	}
	return p.alternate(all)
}

func (p *luceneParser) intersection() *node {
	n := p.concat()
	for p.starts("&") {
		at := p.at
		p.at++
		n = p.combine(at, n, p.concat(), false)
	}
	return n
}

// combine is what a and b match or, if not, what a matches and b does not.
func (p *luceneParser) combine(at int, a, b *node, not bool) *node {
	left, right := determinize(a), determinize(b)
	if left != nil && right != nil {
		t := product(left, right, not)
		if t != nil {
			p.work += len(left.next) + len(right.next) + len(t.next)
		}
		if t != nil && p.work <= maxTables {
			n := p.node(opAutomaton)
			n.pos, n.table = at, t
			return n
		}
	}
	p.fail(at, "operand of & or ~ is too large for an automaton")
	return nil
}

func (p *luceneParser) concat() *node {
	cat := p.node(opConcat, p.repeat())
	for p.at < len(p.expr) && !strings.ContainsRune(")|&", rune(p.next())) {
		cat.kids = append(cat.kids, p.repeat())
	}
	return cat
}

func (p *luceneParser) repeat() *node {
	n := p.complement()
	for {
		r := p.node(opRepeat, n)
		switch p.next() {
		case '?':
			r.min, r.max = 0, 1
		case '*':
			r.min, r.max = 0, -1
		case '+':
			r.min, r.max = 1, -1
		case '{':
			var size int
			if r.min, r.max, size = p.counts(p.at); size == 0 {
				p.fail(p.at, "{ is not followed by a count and }: a character is \\{")
			}
			p.at += size - 1
		default:
			return n
		}
		p.at++
		n = r
	}
}

func (p *luceneParser) complement() *node {
	at := p.at
	if !p.accept("~") {
		return p.atom()
	}
	p.nest(at)
	all := p.node(opRepeat, p.any())
	all.max = -1
	n := p.combine(at, all, p.complement(), true)
	p.depth--
	return n
}

// nest counts what is open at offset at.
func (p *luceneParser) nest(at int) {
	if p.depth++; p.depth > maxDepth {
		p.fail(at, "operators are too deeply nested: at most %d", maxDepth)
	}
}

func (p *luceneParser) atom() *node {
	at := p.at
	if at >= len(p.expr) || strings.ContainsRune("|&)?*+{", rune(p.next())) {
		p.fail(at, "operand expected: write (), or \\ before a character that is an operator")
	}
	switch c := p.char(); c {
	case '.':
		return p.any()
	case '#':
		return p.node(opFail)
	case '@':
		all := p.node(opRepeat, p.any())
		all.max = -1
		return all
	case '"':
		return p.quoted(at)
	case '(':
		return p.group(at)
	case '<':
		return p.interval(at)
	case '[':
		return p.charClass(at)
	case '\\':
		return p.escaped(at)
	default:
		return p.oneOf(c, c)
	}
}

func (p *luceneParser) group(at int) *node {
	if p.accept(")") {
		return p.node(opEmpty)
	}
	p.nest(at)
	n := p.union()
	p.depth--
	if !p.accept(")") {
		p.fail(at, "missing closing parenthesis")
	}
	return n
}

// quoted is a text in which nothing is an operator.
func (p *luceneParser) quoted(at int) *node {
	cat := p.node(opConcat)
	for !p.accept(`"`) {
		if p.at >= len(p.expr) {
			p.fail(at, "missing closing quote")
		}
		c := p.char()
		cat.kids = append(cat.kids, p.oneOf(c, c))
	}
	return cat
}
