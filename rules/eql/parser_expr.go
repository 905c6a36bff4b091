package eql

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// expr reads a condition or a value.
func (p *parser) expr() *expr {
	defer func() { p.depth-- }()
	if !p.deeper() {
		return &expr{}
	}
	return p.chain(opOr, func() *expr { return p.chain(opAnd, p.negation) })
}

// chain reads operands with the same and or or between them, as one expression however many there are.
func (p *parser) chain(o op, operand func() *expr) *expr {
	first := operand()
	x := &expr{op: o, pos: first.pos, kids: []*expr{first}}
	for p.take(keyword, opNames[o]) {
		x.kids = append(x.kids, operand())
	}
	if len(x.kids) == 1 {
		return first
	}
	return x
}

func (p *parser) negation() *expr {
	defer func() { p.depth-- }()
	pos := p.tok.pos
	if !p.deeper() || !p.take(keyword, "not") {
		return p.comparison()
	}
	return &expr{op: opNot, pos: pos, kids: []*expr{p.negation()}}
}

var comparisons = map[string]op{"==": opEqual, "!=": opUnequal, "<": opLess, "<=": opLessEqual, ">": opGreater, ">=": opGreaterEqual}

func (p *parser) comparison() *expr {
	x := p.binary(0)
	if o, ok := p.comparator(); ok {
		pos := p.advance().pos
		x = &expr{op: o, pos: pos, kids: []*expr{x, p.binary(0)}}
		if _, again := p.comparator(); again {
			p.fail(p.tok.pos, "comparisons cannot be chained: write a < b and b < c")
		}
	}
	switch t := p.tok; {
	case t.is(operator, "="):
		p.fail(t.pos, `"=" is no comparison: write "==", or ":" without regard to case`)
	case t.is(keyword, "of"):
		p.fail(t.pos, "child of, descendant of and event of are Endgame EQL: write a sequence, or ask process.parent")
	}
	return x
}

func (p *parser) comparator() (op, bool) {
	if p.tok.kind != operator {
		return 0, false
	}
	o, ok := comparisons[p.tok.text]
	return o, ok
}

// sums and products are left-associative.
var arithmetic = [2]map[string]op{{"+": opAdd, "-": opSub}, {"*": opMul, "/": opDiv, "%": opMod}}

func (p *parser) binary(level int) *expr {
	if level == len(arithmetic) {
		return p.unary()
	}
	x := p.binary(level + 1)
	for n := 0; p.tok.kind == operator; n++ {
		o, ok := arithmetic[level][p.tok.text]
		if !ok {
			break
		}
		if n == maxDepth { // the tree is as deep as the row is long
			p.fail(p.tok.pos, "more than %d operators in a row", maxDepth)
			break
		}
		pos := p.advance().pos
		x = &expr{op: o, pos: pos, kids: []*expr{x, p.binary(level + 1)}}
	}
	return x
}

func (p *parser) unary() *expr {
	defer func() { p.depth-- }()
	pos := p.tok.pos
	switch {
	case !p.deeper():
		return &expr{}
	case p.take(operator, "+"):
		return p.unary()
	case p.take(operator, "-"):
		x := p.unary()
		if (x.op == opInt || x.op == opFloat) && !strings.HasPrefix(x.text, "-") {
			x.text, x.pos = "-"+x.text, pos
			return x
		}
		return &expr{op: opNeg, pos: pos, kids: []*expr{x}}
	}
	return p.postfix()
}

var matchers = map[string]op{"in": opIn, "in~": opIn, ":": opSeq, "like": opLike, "like~": opLike, "regex": opRegex, "regex~": opRegex}

// postfix reads an operand, and in, :, like or regex with what is to the right of it.
func (p *parser) postfix() *expr {
	x := p.primary()
	pos := p.tok.pos
	neg := p.take(keyword, "not")
	o, ok := matchers[p.tok.text]
	ok = ok && (p.tok.kind == keyword || p.tok.kind == operator)
	switch {
	case neg && (!ok || o != opIn):
		p.fail(pos, `only "in" takes a "not" before it: write "not" before the field`)
		return x
	case !ok:
		return x
	}
	t := p.advance()
	y := &expr{op: o, pos: t.pos, fold: strings.HasSuffix(t.text, "~") || o == opSeq, neg: neg, kids: []*expr{x}}
	p.right(y)
	return y
}

// right reads a list in parentheses; but for in, also one constant.
func (p *parser) right(y *expr) {
	if y.op != opIn && !p.tok.is(operator, "(") {
		y.kids = append(y.kids, p.constant())
		return
	}
	item := p.expr
	if y.op != opIn {
		item = p.constant
	}
	p.expect(operator, "(")
	y.kids = p.list(y.kids, item)
}

// list reads items up to the closing parenthesis; at least one.
func (p *parser) list(dst []*expr, item func() *expr) []*expr {
	for {
		dst = append(dst, item())
		if !p.take(operator, ",") {
			p.expect(operator, ")")
			return dst
		}
	}
}

func (p *parser) constant() *expr {
	t := p.tok
	neg := p.take(operator, "-")
	if p.tok.kind == identifier || p.tok.kind == escapedName || p.tok.is(operator, "(") {
		p.fail(p.tok.pos, "a constant is expected, not %s; a function is written name(field)", p.tok)
	}
	x := p.primary()
	switch {
	case p.err != nil:
	case !x.isLiteral(), neg && x.op != opInt && x.op != opFloat:
		p.fail(t.pos, "a constant is expected, not %s", t)
	case neg:
		x.text, x.pos = "-"+x.text, t.pos
	}
	return x
}

func (p *parser) primary() *expr {
	t := p.tok
	switch {
	case t.is(operator, "("):
		p.advance()
		x := p.expr()
		p.expect(operator, ")")
		return x
	case t.kind == stringText:
		p.advance()
		return &expr{op: opString, pos: t.pos, text: t.text}
	case t.kind == integer, t.kind == decimal:
		p.advance()
		return p.numberOf(t)
	case t.is(keyword, "null"):
		p.advance()
		return &expr{op: opNull, pos: t.pos}
	case t.is(keyword, "true"), t.is(keyword, "false"):
		p.advance()
		return &expr{op: opBool, pos: t.pos, text: t.text}
	}
	return p.name()
}

func (p *parser) numberOf(t token) *expr {
	if t.kind == integer {
		if _, err := strconv.ParseInt(t.text, 10, 64); err != nil {
			p.fail(t.pos, "%s is no whole number of 64 bits", t.text)
		}
		return &expr{op: opInt, pos: t.pos, text: t.text}
	}
	if f, err := strconv.ParseFloat(t.text, 64); err != nil || math.IsInf(f, 0) {
		p.fail(t.pos, "%s is no number of 64 bits", t.text)
	}
	return &expr{op: opFloat, pos: t.pos, text: t.text}
}

// name reads a field, or a function with its arguments.
func (p *parser) name() *expr {
	pos := p.tok.pos
	opt := p.take(operator, "?")
	t := p.tok
	p.part()
	if t.kind == identifier && !opt && p.take(operator, "(") {
		return p.call(t)
	}
	p.untilded(t)
	x := &expr{op: opField, pos: pos, opt: opt, path: []string{t.text}}
	for p.take(operator, ".") {
		p.untilded(p.tok)
		x.path = append(x.path, p.tok.text)
		p.part()
	}
	if ahead := *p.lex; p.tok.is(operator, "[") && p.err == nil {
		if t, err := ahead.next(); err != nil || t.kind != integer { // what follows by
			return x
		}
		p.fail(p.tok.pos, "a field has no index in Elasticsearch: %s compares with any of its values", strings.Join(x.path, "."))
	}
	return x
}

func (p *parser) untilded(t token) {
	if t.kind == identifier && strings.HasSuffix(t.text, "~") {
		p.fail(t.pos, "only functions, in, like and regex take a ~")
	}
}

// part moves over one part of a name.
func (p *parser) part() {
	switch p.tok.kind {
	case identifier, escapedName:
		p.advance()
	case keyword:
		p.fail(p.tok.pos, "%s is a keyword: a field of that name is written in backticks", p.tok)
	default:
		p.unexpected("a value")
	}
}

func (p *parser) call(name token) *expr {
	text, fold := strings.CutSuffix(name.text, "~")
	x := &expr{op: opCall, pos: name.pos, text: text, fold: fold}
	if p.take(operator, ")") {
		return x
	}
	x.kids = p.list(nil, p.expr)
	return x
}

var units = map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}

// span reads: maxspan=30s.
func (p *parser) span(q *query) {
	p.expect(keyword, "maxspan")
	p.expect(operator, "=")
	t := p.advance()
	n, err := strconv.ParseInt(t.text, 10, 64)
	if t.kind != integer || err != nil || n < 1 {
		p.fail(t.pos, "maxspan is a positive whole number and a unit, as in 30s; not %s", t)
		return
	}
	unit := units[p.tok.text]
	if p.tok.kind != identifier || unit == 0 {
		p.fail(p.tok.pos, "maxspan needs a unit, one of ms, s, m, h, d: as in %ss", t.text)
		return
	}
	if n > int64(math.MaxInt64/unit) {
		p.fail(t.pos, "maxspan is too long")
		return
	}
	q.span = t.text + p.advance().text
	q.maxSpan = time.Duration(n) * unit
}
