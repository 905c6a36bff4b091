package regex

import "regexp"

// item reads one item, without its quantifier, and adds what it means to cat. It returns false if it cannot be repeated.
func (p *parser) item(cat *node) bool {
	add := func(n *node) { cat.kids = append(cat.kids, n) }
	switch p.next() {
	case '\\':
		n, repeatable := p.escape()
		add(n)
		return repeatable
	case '(':
		return p.group(cat)
	case '[':
		p.class(cat)
		return true
	case '^':
		add(p.assertion(p.choose(MultiLine, lineBegin, textBegin)))
		return false
	case '$':
		add(p.assertion(p.choose(MultiLine, lineEnd, textEndLF)))
		return false
	case '.':
		p.at++
		add(p.dot(p.has(DotAll)))
		return true
	}
	if p.atQuantifier() {
		return false
	}
	p.warnBrace()
	add(p.literal(p.char()))
	return true
}

// newerCount is what PCRE2 takes for a count from 10.43 on, besides what it took before.
var newerCount = regexp.MustCompile(`^\{[ \t]*(?:\d+[ \t]*(?:,[ \t]*\d*)?|,[ \t]*\d+)[ \t]*\}`)

// warnBrace warns of a brace that another version takes for a quantifier.
func (p *parser) warnBrace() {
	if p.next() == '{' && newerCount.MatchString(p.expr[p.at:]) {
		p.warnings = append(p.warnings, Error{p.at, "{ is a character here, as in PCRE2 10.42; from 10.43 on it begins a quantifier"})
	}
}

func (p *parser) choose(f Flags, with, without assert) assert {
	if p.has(f) {
		return with
	}
	return without
}

// assertion passes over a byte that is the assertion a.
func (p *parser) assertion(a assert) *node {
	n := p.node(opAssert)
	n.assert = a
	p.at++
	return n
}

// literal is the character c.
func (p *parser) literal(c rune) *node {
	var k class
	k.addChar(p, c)
	return p.classNode(&k)
}

// dot is any character, with LF if all.
func (p *parser) dot(all bool) *node {
	var k class
	if !all {
		k.add('\n', '\n')
	}
	k.negate(p)
	return p.classNode(&k)
}

// atQuantifier says whether a quantifier comes next. { is one only if a count follows: else it is a character.
func (p *parser) atQuantifier() bool {
	if p.quoting {
		return false
	}
	switch p.next() {
	case '*', '+', '?':
		return true
	case '{':
		_, _, n := p.counts(p.at)
		return n > 0
	}
	return false
}

// counts reads {min}, {min,} or {min,max} at offset i. It returns the length, 0 if it is none of them.
func (p *parser) counts(i int) (lo, hi, n int) {
	from := i
	lo, i = p.number(i + 1)
	if i == from+1 {
		return 0, 0, 0
	}
	hi = lo
	if i < len(p.expr) && p.expr[i] == ',' {
		comma := i
		if hi, i = p.number(i + 1); i == comma+1 {
			hi = -1
		}
	}
	if i >= len(p.expr) || p.expr[i] != '}' {
		return 0, 0, 0
	}
	if lo > maxRepeat || hi > maxRepeat {
		p.fail(from, "number too big in {} quantifier: at most %d", maxRepeat)
	}
	if hi >= 0 && hi < lo {
		p.fail(from, "numbers out of order in {} quantifier")
	}
	return lo, hi, i + 1 - from
}

// number reads decimal digits at offset i and returns where they end. Numbers that are too big are all the same.
func (p *parser) number(i int) (n, end int) {
	for ; i < len(p.expr) && isDigit(p.expr[i]); i++ {
		n = min(n*10+int(p.expr[i]-'0'), 1<<24)
	}
	return n, i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// quantified reads the quantifier that comes next, and returns body repeated. An empty node: nothing is left of it.
func (p *parser) quantified(body *node) *node {
	r := p.node(opRepeat, body)
	switch p.next() {
	case '*':
		r.min, r.max = 0, -1
	case '+':
		r.min, r.max = 1, -1
	case '?':
		r.min, r.max = 0, 1
	default:
		var n int
		r.min, r.max, n = p.counts(p.at)
		p.at += n - 1
	}
	p.at++
	r.mode = p.suffix()
	return simplify(r)
}

// suffix reads what may follow a quantifier.
func (p *parser) suffix() mode {
	p.skip()
	switch {
	case p.quoting:
	case p.accept("+"):
		return possessive
	case p.accept("?"):
		if p.has(Ungreedy) {
			return greedy
		}
		return lazy
	}
	if p.has(Ungreedy) {
		return lazy
	}
	return greedy
}

// simplify treats the repeats that PCRE2 treats otherwise than others.
func simplify(r *node) *node {
	body := r.kids[0]
	switch {
	case body.op == opIf && body.kids[0].op == opGroupSet && body.kids[0].index == noGroup:
		return body // (?(DEFINE)...): never matched where it stands
	case body.op == opLook && r.max < 0:
		r.max = r.min + 1 // a further repeat tells nothing
	}
	if r.max == 0 && body.op == opSet {
		return &node{op: opEmpty, pos: r.pos} // a group may still be called
	}
	if r.min == 1 && r.max == 1 && r.mode != possessive {
		return body
	}
	return r
}
