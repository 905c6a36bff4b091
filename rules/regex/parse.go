package regex

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of an expression. Those of groups and nesting are PCRE2's own.
const (
	maxLength = 1 << 16
	maxDepth  = 250
	maxGroups = 65535
	maxNodes  = 100_000
	maxRepeat = 65535
	maxName   = 32
)

// parser reads PCRE2 10.42's syntax. Functions advance at over what they read; what is refused panics with an *Error, which
// parse recovers: every second line would return it otherwise.
type parser struct {
	expr  string
	at    int
	flags Flags

	quoting    bool // within \Q and \E
	anyCRLF    bool // \R is CR, LF or CRLF only
	depth      int  // of groups
	looks      int  // lookarounds that are open
	nodes      int
	groups     int  // opened so far; in a (?| group, counted again for each alternative
	reset      bool // there is a (?| group: a number may have several groups
	names      []groupName
	references []reference
	bodies     []*node // of the groups, by number; the first, if it has several
	open       []int   // numbers of the groups that are open
	behinds    []*node // lookbehinds, inner before outer
	warnings   []Error
}

type groupName struct {
	name  string
	index int
}

// tree is what an expression means.
type tree struct {
	root   *node
	groups int
	names  []groupName
	bodies []*node // opCapture of each group; bodies[0] is root
	reset  bool
	utf    bool

	warnings []Error
}

// parse reads expr.
func parse(expr string, flags Flags) (t *tree, err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *Error:
			t, err = nil, e
		default:
			panic(e)
		}
	}()
	p := &parser{expr: expr, flags: flags, bodies: []*node{nil}}
	if len(expr) > maxLength {
		p.fail(maxLength, "expression too long: %d bytes, at most %d", len(expr), maxLength)
	}
	return p.all(), nil
}

func (p *parser) all() *tree {
	p.startVerbs()
	if p.flags&UTF != 0 && !utf8.ValidString(p.expr) {
		p.fail(p.at, "expression is not valid UTF-8")
	}
	root := p.alternatives()
	if p.at < len(p.expr) {
		p.fail(p.at, "unmatched closing parenthesis")
	}
	p.bodies[0] = root
	p.resolve()
	p.checkBehinds()
	return &tree{root: root, groups: len(p.bodies) - 1, names: p.names, bodies: p.bodies, reset: p.reset, utf: p.flags&UTF != 0, warnings: p.warnings}
}

// fail refuses the expression.
func (p *parser) fail(offset int, format string, args ...any) {
	panic(&Error{Offset: offset, Msg: fmt.Sprintf(format, args...)})
}

func (p *parser) node(o op, kids ...*node) *node {
	if p.nodes++; p.nodes > maxNodes {
		p.fail(p.at, "expression too large")
	}
	return &node{op: o, kids: kids, pos: p.at}
}

func (p *parser) has(f Flags) bool { return p.flags&f != 0 }

// next returns the next byte, 0 at the end.
func (p *parser) next() byte { return p.ahead(0) }

func (p *parser) ahead(n int) byte {
	if p.at+n < len(p.expr) {
		return p.expr[p.at+n]
	}
	return 0
}

// starts says whether s comes next.
func (p *parser) starts(s string) bool { return strings.HasPrefix(p.expr[p.at:], s) }

// accept passes over s if it comes next.
func (p *parser) accept(s string) bool {
	if !p.starts(s) {
		return false
	}
	p.at += len(s)
	return true
}

// char passes over one character and returns it.
func (p *parser) char() rune {
	if p.flags&UTF == 0 {
		p.at++
		return rune(p.expr[p.at-1])
	}
	r, n := utf8.DecodeRuneInString(p.expr[p.at:])
	p.at += n
	return r
}

// alternatives reads up to the end of the group or the expression.
func (p *parser) alternatives() *node { return p.alternate(p.branches(nil)) }

// branches reads alternatives. It calls between, if it is there, after each of them.
func (p *parser) branches(between func()) (all []*node) {
	for {
		all = append(all, p.branch())
		if between != nil {
			between()
		}
		if !p.accept("|") {
			return all
		}
	}
}

func (p *parser) alternate(branches []*node) *node {
	if len(branches) == 1 {
		return branches[0]
	}
	return p.node(opAlternate, branches...)
}

// branch reads one alternative.
func (p *parser) branch() *node {
	cat := p.node(opConcat)
	for {
		p.skip()
		if p.at >= len(p.expr) || !p.quoting && (p.next() == '|' || p.next() == ')') {
			break
		}
		p.items(cat)
	}
	switch len(cat.kids) {
	case 0:
		return &node{op: opEmpty, pos: cat.pos}
	case 1:
		return cat.kids[0]
	}
	return cat
}

// items reads one item, with its quantifier, and adds what it means to cat.
func (p *parser) items(cat *node) {
	before := len(cat.kids)
	quantifiable := true
	if p.quoting {
		cat.kids = append(cat.kids, p.literal(p.char()))
	} else {
		quantifiable = p.item(cat)
	}
	p.skip()
	if at := p.at; p.atQuantifier() {
		if !quantifiable || len(cat.kids) == before {
			p.fail(at, "quantifier does not follow a repeatable item")
		}
		last := len(cat.kids) - 1
		cat.kids[last] = p.quantified(cat.kids[last])
		if cat.kids[last].op == opEmpty {
			cat.kids = cat.kids[:last]
		}
		if p.skip(); p.atQuantifier() {
			p.fail(p.at, "quantifier does not follow a repeatable item")
		}
	}
}

// skip passes over what means nothing between two items.
func (p *parser) skip() {
	for p.at < len(p.expr) {
		switch c := p.next(); {
		case p.quoting:
			if !p.accept(`\E`) {
				return
			}
			p.quoting = false
		case p.accept(`\Q`):
			p.quoting = true
		case p.accept(`\E`):
		case p.starts("(?#"):
			end := strings.IndexByte(p.expr[p.at:], ')')
			if end < 0 {
				p.fail(p.at, "missing ) after (?# comment")
			}
			p.at += end + 1
		case p.has(Extended) && p.blank() > 0:
			p.at += p.blank()
		case p.has(Extended) && c == '#':
			p.skipLine()
		default:
			return
		}
	}
}

func (p *parser) skipLine() {
	end := strings.IndexByte(p.expr[p.at:], '\n')
	if end < 0 {
		end = len(p.expr) - p.at - 1
	}
	p.at += end + 1
}

// blank returns the length of the blank that comes next, 0 if none does.
func (p *parser) blank() int {
	c := p.next()
	switch {
	case c == ' ' || c >= '\t' && c <= '\r':
		return 1
	case c < 0x80:
		return 0
	case !p.has(UTF):
		if c == 0x85 { // NEL: PCRE2 counts it even where the locale does not
			return 1
		}
		return 0
	}
	r, n := utf8.DecodeRuneInString(p.expr[p.at:])
	if r == 0x85 || r == 0x200e || r == 0x200f || r == 0x2028 || r == 0x2029 {
		return n
	}
	return 0
}
