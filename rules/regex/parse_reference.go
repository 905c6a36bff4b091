package regex

import "slices"

// reference is a node that names groups. What it names is known when all is read.
type reference struct {
	node   *node
	name   string // if it is by name
	number int    // else; of opInside: if there is no group of that name, -1 if there must be
	at     int
	open   []int // the groups that it is in
}

// name reads a group's name and the byte after it.
func (p *parser) name(after byte) (string, int) {
	from := p.at
	if isDigit(p.next()) {
		p.fail(from, "group name must not begin with a digit")
	}
	for p.at < len(p.expr) && isWordByte(p.next()) {
		p.at++
	}
	s := p.expr[from:p.at]
	switch {
	case s == "":
		p.fail(from, "group name expected")
	case len(s) > maxName:
		p.fail(from, "group name is too long: at most %d bytes", maxName)
	case p.at >= len(p.expr) || p.next() != after:
		p.fail(p.at, "group name must end with %c", after)
	}
	p.at++
	return s, from
}

func isWordByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }

func (p *parser) namedCapture(at int, after byte) *node {
	name, nameAt := p.name(after)
	index := p.newGroup(at)
	p.declare(name, index, nameAt)
	return p.capture(at, index)
}

func (p *parser) declare(name string, index, at int) {
	for _, g := range p.names {
		switch {
		case g.name == name && g.index == index:
			return
		case g.name == name && !p.has(duplicateNames):
			p.fail(at, "two named groups have the same name %q", name)
		case g.name != name && g.index == index:
			p.fail(at, "different names for groups of the same number: %q and %q", g.name, name)
		}
	}
	p.names = append(p.names, groupName{name, index})
}

// groupNumber reads a number, which may be relative to the groups opened so far: +1 is the next, -1 the last.
func (p *parser) groupNumber() int {
	at, sign := p.at, p.next()
	if sign == '+' || sign == '-' {
		p.at++
	}
	n, end := p.number(p.at)
	if end == p.at {
		p.fail(at, "group number expected")
	}
	p.at = end
	if sign == '+' || sign == '-' {
		if n == 0 || sign == '-' && n > p.groups {
			p.fail(at, "reference to a group that does not exist")
		}
		if sign == '+' {
			n += p.groups
		} else {
			n = p.groups + 1 - n
		}
	}
	if n > maxGroups {
		p.fail(at, "group number is too big")
	}
	return n
}

// refer remembers that n names groups.
func (p *parser) refer(n *node, name string, number, at int) *node {
	n.pos, n.index, n.fold = at, number, p.has(CaseInsensitive)
	p.references = append(p.references, reference{n, name, number, at, slices.Clone(p.open)})
	return n
}

func (p *parser) backrefTo(name string, at int) *node { return p.refer(p.node(opBackref), name, 0, at) }

func (p *parser) callTo(name string, at int) *node { return p.refer(p.node(opCall), name, 0, at) }

// callNumber reads the ) of a call.
func (p *parser) callNumber(at, number int) *node {
	if !p.accept(")") {
		p.fail(at, "missing closing parenthesis")
	}
	return p.refer(p.node(opCall), "", number, at)
}

// namedBackref reads what follows \k.
func (p *parser) namedBackref() *node {
	switch c := p.next(); c {
	case '{', '<', '\'':
		p.at++
		return p.backrefTo(p.name(closing(c)))
	}
	p.fail(p.at, `\k is not followed by a name in { }, < > or quotes`)
	return nil
}

func closing(c byte) byte {
	switch c {
	case '{':
		return '}'
	case '<':
		return '>'
	}
	return c
}

// g reads \g: a backreference, or a call if < or ' follows.
func (p *parser) g() *node {
	at := p.at
	p.at += 2
	c := p.next()
	braced := c == '{' || c == '<' || c == '\''
	if braced {
		p.at++
	}
	if d := p.next(); !isDigit(d) && d != '+' && d != '-' {
		switch {
		case !braced:
			p.fail(at, `\g is not followed by a number, or a name in { }, < > or quotes`)
		case c == '{':
			return p.backrefTo(p.name('}'))
		}
		return p.callTo(p.name(closing(c)))
	}
	number := p.groupNumber()
	if braced && !p.accept(string(closing(c))) {
		p.fail(p.at, `\g has no closing %c`, closing(c))
	}
	if c == '<' || c == '\'' {
		return p.refer(p.node(opCall), "", number, at)
	}
	if number == 0 {
		p.fail(at, "reference to a group that does not exist")
	}
	return p.refer(p.node(opBackref), "", number, at)
}

// digitBackref reads \1 and the like; nil if the digits are those of a character.
func (p *parser) digitBackref() *node {
	first := p.ahead(1)
	if first < '1' || first > '9' {
		return nil
	}
	n, end := p.number(p.at + 1)
	if n >= 10 && first < '8' && n > p.groups {
		return nil
	}
	if n > maxGroups {
		p.fail(p.at, "group number is too big")
	}
	at := p.at
	p.at = end
	return p.refer(p.node(opBackref), "", n, at)
}

// resolve makes numbers of all names.
func (p *parser) resolve() {
	for _, r := range p.references {
		if r.name == "" {
			p.resolveNumber(r)
		} else {
			p.resolveName(r)
		}
		if slices.Contains(r.open, r.node.index) {
			r.node.min = -1 // within the group itself: not of fixed length
		}
	}
}

func (p *parser) resolveNumber(r reference) {
	if r.number >= len(p.bodies) {
		p.fail(r.at, "reference to group %d, which does not exist", r.number)
	}
	if r.node.op != opCall {
		r.node.refs = []int{r.number}
	}
}

func (p *parser) resolveName(r reference) {
	refs := p.groupsNamed(r.name)
	inside := r.node.op == opInside && r.number >= 0 // (?(R1)
	switch {
	case inside && len(refs) > 0:
		r.node.op = opGroupSet
	case inside && r.number >= len(p.bodies), !inside && len(refs) == 0:
		p.fail(r.at, "reference to group %q, which does not exist", r.name)
	case inside && r.number > 0:
		refs = []int{r.number}
	}
	r.node.refs = refs
	if r.node.op == opCall {
		r.node.index, r.node.refs = p.firstNamed(r.name), nil
	} else if len(refs) > 0 {
		r.node.index = refs[0]
	}
}

// firstNamed returns the group of that name that stands first.
func (p *parser) firstNamed(name string) int {
	i := slices.IndexFunc(p.names, func(g groupName) bool { return g.name == name })
	return p.names[i].index
}

// groupsNamed returns the groups of that name, in ascending order.
func (p *parser) groupsNamed(name string) []int {
	var refs []int
	for _, g := range p.names {
		if g.name == name {
			refs = append(refs, g.index)
		}
	}
	slices.Sort(refs)
	return refs
}
