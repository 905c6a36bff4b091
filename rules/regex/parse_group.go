package regex

import "strings"

// group reads what begins with ( and adds it to cat. It returns false if it cannot be repeated.
func (p *parser) group(cat *node) bool {
	add := func(n *node) bool { cat.kids = append(cat.kids, n); return true }
	at := p.at
	p.at++
	if p.next() == '*' && p.at+1 < len(p.expr) && p.ahead(1) != ')' {
		return p.star(cat)
	}
	if p.next() != '?' {
		if p.has(NoAutoCapture) {
			return add(p.body(at))
		}
		return add(p.capture(at, p.newGroup(at)))
	}
	p.at++
	switch c := p.next(); {
	case p.accept("|"):
		return add(p.branchReset(at))
	case p.accept(">"):
		return add(p.node(opAtomic, p.body(at)))
	case c == '=' || c == '!' || c == '*' || c == '<' && strings.ContainsRune("=!*", rune(p.ahead(1))) && p.ahead(1) != 0:
		return add(p.look(at))
	case p.accept("<"):
		return add(p.namedCapture(at, '>'))
	case p.accept("'"):
		return add(p.namedCapture(at, '\''))
	case p.accept("P<"):
		return add(p.namedCapture(at, '>'))
	case p.accept("P="):
		return add(p.backrefTo(p.name(')')))
	case p.accept("P>"), p.accept("&"):
		return add(p.callTo(p.name(')')))
	case p.accept("R"):
		return add(p.callNumber(at, 0))
	case isDigit(c), (c == '+' || c == '-') && isDigit(p.ahead(1)):
		return add(p.callNumber(at, p.groupNumber()))
	case p.accept("("):
		return add(p.conditional(at))
	case c == 'C':
		p.fail(at, "callouts are not supported")
	}
	return p.options(cat, at)
}

// enter and leave stand around the alternatives of a group that begins at offset at. Options end with their group.
func (p *parser) enter(at int) Flags {
	if p.depth++; p.depth > maxDepth {
		p.fail(at, "parentheses are too deeply nested: at most %d", maxDepth)
	}
	return p.flags
}

func (p *parser) leave(at int, outer Flags) {
	if !p.accept(")") {
		p.fail(at, "missing closing parenthesis")
	}
	p.depth--
	p.flags = outer
}

// body reads alternatives up to the ) that closes the group that begins at offset at.
func (p *parser) body(at int) *node {
	outer := p.enter(at)
	n := p.alternatives()
	p.leave(at, outer)
	return n
}

func (p *parser) newGroup(at int) int {
	if p.groups >= maxGroups {
		p.fail(at, "too many capturing groups: at most %d", maxGroups)
	}
	p.groups++
	if p.groups == len(p.bodies) {
		p.bodies = append(p.bodies, nil)
	}
	return p.groups
}

func (p *parser) capture(at, index int) *node {
	n := p.node(opCapture)
	n.index, n.pos = index, at
	if p.bodies[index] == nil {
		p.bodies[index] = n
	}
	p.open = append(p.open, index)
	n.kids = []*node{p.body(at)}
	p.open = p.open[:len(p.open)-1]
	return n
}

// branchReset reads a group in which each alternative numbers its groups from the same.
func (p *parser) branchReset(at int) *node {
	outer := p.enter(at)
	p.reset = true
	first, most := p.groups, p.groups
	n := p.alternate(p.branches(func() {
		most = max(most, p.groups)
		if p.next() == '|' {
			p.groups = first
		}
	}))
	p.groups = most
	p.leave(at, outer)
	return n
}

// look reads a lookaround, from what follows (?.
func (p *parser) look(at int) *node {
	behind := p.accept("<")
	kind := p.next()
	p.at++
	return p.lookBody(at, kind, behind)
}

// lookBody reads the alternatives of a lookaround: = positive, ! negative, * positive and not atomic.
func (p *parser) lookBody(at int, kind byte, behind bool) *node {
	n := p.node(opLook)
	n.pos, n.behind, n.negate, n.open = at, behind, kind == '!', kind == '*'
	p.looks++
	outer := p.enter(at)
	branches := p.branches(nil)
	p.leave(at, outer)
	p.looks--
	body := p.alternate(branches)
	n.kids = []*node{body}
	if n.negate && !behind && body.op == opEmpty && !p.atQuantifierAfterBlanks() {
		return &node{op: opFail, pos: at}
	}
	if behind {
		n.widths = make([]int, len(branches))
		p.behinds = append(p.behinds, n)
	}
	return n
}

// atQuantifierAfterBlanks says whether a quantifier is the next that means anything.
func (p *parser) atQuantifierAfterBlanks() bool {
	at, quoting := p.at, p.quoting
	p.skip()
	is := p.atQuantifier()
	p.at, p.quoting = at, quoting
	return is
}

// options reads (?flags) and (?flags: ).
func (p *parser) options(cat *node, at int) bool {
	outer := p.flags
	p.readOptions()
	if p.accept(")") {
		return false
	}
	if !p.accept(":") {
		p.fail(at, "missing closing parenthesis")
	}
	inner := p.flags
	p.flags = outer
	p.enter(at)
	p.flags = inner
	n := p.alternatives()
	p.leave(at, outer)
	cat.kids = append(cat.kids, n)
	return true
}

// readOptions reads letters up to ) or :, and sets the options.
func (p *parser) readOptions() {
	var on, off Flags
	to, hyphen := &on, true
	if p.accept("^") {
		p.flags &^= CaseInsensitive | MultiLine | NoAutoCapture | DotAll | Extended | ExtendedMore
		hyphen = false
	}
	for p.at < len(p.expr) && p.next() != ')' && p.next() != ':' {
		c := p.next()
		switch o := optionOf(c); {
		case c == '-' && hyphen:
			to, hyphen = &off, false
		case p.accept("xx"):
			*to |= Extended | ExtendedMore
			continue
		case c == 'x':
			*to |= Extended
		case o != 0:
			*to |= o
		default:
			p.fail(p.at, "unrecognized character %q after (?", c)
		}
		p.at++
	}
	if on&(Extended|ExtendedMore) == Extended || off&Extended != 0 {
		off |= ExtendedMore
	}
	p.flags = (p.flags | on) &^ off
}
