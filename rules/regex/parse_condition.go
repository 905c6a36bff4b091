package regex

import (
	"strconv"
	"strings"
)

// version is PCRE2's that conditions are compared with.
const versionMajor, versionMinor = 10, 42

// noGroup is the index of the condition DEFINE: names of groups are not known yet when it is asked for.
const noGroup = -1

// conditional reads (?(condition)yes|no), from the condition.
func (p *parser) conditional(at int) *node {
	n := p.node(opIf)
	n.pos = at
	outer := p.enter(at)
	cond, always, define := p.condition(at)
	n.kids = append([]*node{cond}, p.branches(nil)...)
	p.leave(at, outer)
	if len(n.kids) > 3 || define && len(n.kids) > 2 {
		p.fail(at, "conditional group has too many alternatives")
	}
	if always { // (?(VERSION>=10)
		return n.kids[1]
	}
	return n
}

// condition reads up to its ). A condition that is always true has no node.
func (p *parser) condition(at int) (n *node, always, define bool) {
	switch c := p.next(); {
	case c == '?' || c == '*':
		p.at--
		return p.lookCondition(), false, false
	case p.accept("VERSION>="):
		holds := p.compareVersion(at) >= 0
		return p.node(opGroupSet), holds, false
	case p.accept("VERSION="):
		holds := p.compareVersion(at) == 0
		return p.node(opGroupSet), holds, false
	case p.accept("DEFINE)"):
		n = p.node(opGroupSet)
		n.index = noGroup
		return n, false, true
	case p.accept("R&"):
		name, nameAt := p.name(')')
		return p.refer(p.node(opInside), name, -1, nameAt), false, false
	case isDigit(c) || c == '+' || c == '-':
		number := p.groupNumber()
		if number == 0 {
			p.fail(at, "reference to a group that does not exist")
		}
		if !p.accept(")") {
			p.fail(p.at, "missing closing parenthesis for condition")
		}
		return p.refer(p.node(opGroupSet), "", number, at), false, false
	}
	return p.namedCondition(), false, false
}

// lookCondition reads a lookaround, from its ( on.
func (p *parser) lookCondition() *node {
	at := p.at
	cat := p.node(opConcat)
	rest := p.expr[at:]
	symbolic := len(rest) > 3 && (rest[2] == '=' || rest[2] == '!' || rest[2] == '<' && (rest[3] == '=' || rest[3] == '!'))
	named := len(rest) > 3 && rest[1] == '*' && rest[2] >= 'a' && rest[2] <= 'z'
	if rest[1] == '?' && symbolic || named {
		p.group(cat)
	}
	if len(cat.kids) != 1 {
		p.fail(at, "lookaround expected after (?(")
	}
	switch n := cat.kids[0]; {
	case n.op == opFail: // (?!)
		return &node{op: opLook, negate: true, kids: []*node{{op: opEmpty, pos: at}}, pos: at}
	case n.op != opLook || n.open:
		p.fail(at, "atomic lookaround expected after (?(")
	}
	return cat.kids[0]
}

// compareVersion reads a version and a ), and compares PCRE2's with it.
func (p *parser) compareVersion(at int) int {
	end := strings.IndexByte(p.expr[p.at:], ')')
	if end < 0 {
		p.fail(at, "missing closing parenthesis for condition")
	}
	major, minor, dotted := strings.Cut(p.expr[p.at:p.at+end], ".")
	p.at += end + 1
	if len(minor) == 1 {
		minor += "0"
	}
	a, errMajor := strconv.ParseUint(major, 10, 16)
	b, errMinor := uint64(0), error(nil)
	if dotted {
		b, errMinor = strconv.ParseUint(minor, 10, 16)
	}
	if errMajor != nil || errMinor != nil || a > 1000 || b > 99 {
		p.fail(at, "syntax error in (?(VERSION condition")
	}
	return versionMajor*100 + versionMinor - int(a*100+b)
}

// namedCondition reads a name: in < >, in quotes, or bare. R with digits is a call unless a group has that name.
func (p *parser) namedCondition() *node {
	var name string
	var at int
	switch {
	case p.accept("<"):
		name, at = p.name('>')
		p.closeCondition()
	case p.accept("'"):
		name, at = p.name('\'')
		p.closeCondition()
	default:
		name, at = p.name(')')
		if digits, ok := strings.CutPrefix(name, "R"); ok && strings.Trim(digits, "0123456789") == "" {
			return p.insideCondition(name, at)
		}
	}
	return p.refer(p.node(opGroupSet), name, 0, at)
}

func (p *parser) closeCondition() {
	if !p.accept(")") {
		p.fail(p.at, "missing closing parenthesis for condition")
	}
}

// insideCondition is (?(R), (?(R1) or a group that is named so, which may be declared later.
func (p *parser) insideCondition(name string, at int) *node {
	n := p.node(opInside)
	n.pos = at
	number, _ := p.number(at + 1)
	p.references = append(p.references, reference{node: n, name: name, number: number, at: at})
	return n
}
