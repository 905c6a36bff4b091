package regex

import (
	"fmt"
	"strings"
)

// OS_Regex and OS_Match are what Wazuh inherited from OSSEC. They know ASCII only, and letters in either case.
//
// OS_Regex's own matcher keeps four places to go back to and so misses some matches that the expression has, and for
// some that end in $ it forgets the $. Here an expression matches what it says.
// Source: https://documentation.wazuh.com/current/user-manual/ruleset/ruleset-xml-syntax/regex.html.

// maxOS is how long an expression may be, in bytes, as in Wazuh.
const maxOS = 20480

// osClasses are what may stand behind a backslash, but for the classes that osClass spells.
var osClasses = map[byte]string{
	's': " ", 't': "\t", 'p': "()*+,-.:;<=>?[]!\"'#$%&|{}", '(': "(", ')': ")", '\\': "\\", '$': "$", '|': "|", '<': "<",
}

// osClass returns what \c stands for, nil if it means nothing.
func osClass(c byte) *set {
	s := &set{}
	switch c {
	case '.':
		return s.not()
	case 'D', 'W', 'S':
		return osClass(c | 0x20).not()
	case 'd':
		s.addRange('0', '9')
	case 'w':
		s.addRange('0', '9')
		s.addRange('a', 'z')
		s.fold()
		s.add('@')
		s.add('_')
		s.add('-')
	default:
		members, ok := osClasses[c]
		if !ok {
			return nil
		}
		for i := range len(members) {
			s.add(members[i])
		}
	}
	return s
}

// parseOSRegex reads an expression of OS_Regex.
func parseOSRegex(expr string) (*node, error) {
	if len(expr) > maxOS {
		return nil, &Error{maxOS, fmt.Sprintf("expression is longer than %d bytes", maxOS)}
	}
	p := osParser{expr: expr}
	var kids []*node
	for {
		kid, err := p.alternative()
		if err != nil {
			return nil, err
		}
		kids = append(kids, kid)
		if p.at == len(expr) {
			return alternatives(kids), nil
		}
		p.at++ // the |
	}
}

func alternatives(kids []*node) *node {
	if len(kids) == 1 {
		return kids[0]
	}
	return &node{op: opAlternate, kids: kids}
}

type osParser struct {
	expr string
	at   int
}

// alternative reads up to the next | or to the end. ^ and $ are special only at its ends. Groups only capture, and may
// hold neither groups nor |, so they leave no trace.
func (p *osParser) alternative() (*node, error) {
	n := &node{op: opConcat, pos: p.at}
	if p.next() == '^' {
		n.kids = append(n.kids, &node{op: opAssert, assert: textBegin, pos: p.at})
		p.at++
	}
	group := -1 // where it was opened
	for p.at < len(p.expr) && p.expr[p.at] != '|' {
		switch c := p.expr[p.at]; {
		case c == '(' && group >= 0:
			return nil, &Error{p.at, "a group in a group"}
		case c == '(':
			group = p.at
			p.at++
		case c == ')' && group < 0:
			return nil, &Error{p.at, "no group to close"}
		case c == ')':
			group = -1
			p.at++
		default:
			kid, err := p.atom()
			if err != nil {
				return nil, err
			}
			n.kids = append(n.kids, kid)
		}
	}
	switch {
	case group < 0:
		return sequence(n), nil
	case p.at < len(p.expr):
		return nil, &Error{p.at, "| in a group"}
	}
	return nil, &Error{group, "group is not closed"}
}

func (p *osParser) next() byte {
	if p.at < len(p.expr) {
		return p.expr[p.at]
	}
	return 0
}

// atom reads one character or class. + and * repeat what has a backslash only, and else stand for themselves.
func (p *osParser) atom() (*node, error) {
	c, pos := p.expr[p.at], p.at
	p.at++
	switch {
	case c == '$' && (p.at == len(p.expr) || p.expr[p.at] == '|'):
		return &node{op: opAssert, assert: textEnd, pos: pos}, nil
	case c != '\\':
		return literal(c, pos), nil
	case p.at == len(p.expr):
		return nil, &Error{pos, `\ at the end`}
	}
	class := osClass(p.expr[p.at])
	if class == nil {
		return nil, &Error{pos, fmt.Sprintf(`\%c means nothing in OS_Regex`, p.expr[p.at])}
	}
	p.at++
	n := &node{op: opSet, set: class, pos: pos}
	switch p.next() {
	case '+':
		n = &node{op: opRepeat, min: 1, max: -1, kids: []*node{n}, pos: pos}
		p.at++
	case '*':
		n = &node{op: opRepeat, min: 0, max: -1, kids: []*node{n}, pos: pos}
		p.at++
	}
	return n, nil
}

// literal is a character, a letter in either case.
func literal(c byte, pos int) *node {
	s := &set{}
	s.add(c)
	s.fold()
	return &node{op: opSet, set: s, pos: pos}
}

// parseOSMatch reads an expression of OS_Match: texts separated by |, of which ^ and $ fix the begin and the end. A ! at
// the begin negates the whole. Nothing can be escaped, and there are no errors but its length.
func parseOSMatch(expr string) (n *node, negated bool, err error) {
	if len(expr) > maxOS {
		return nil, false, &Error{maxOS, fmt.Sprintf("expression is longer than %d bytes", maxOS)}
	}
	rest, negated := strings.CutPrefix(expr, "!")
	var kids []*node
	for more := true; more; {
		var one string
		pos := len(expr) - len(rest)
		one, rest, more = strings.Cut(rest, "|")
		kids = append(kids, osWords(one, pos))
	}
	return alternatives(kids), negated, nil
}

func osWords(s string, pos int) *node {
	n := &node{op: opConcat, pos: pos}
	if after, ok := strings.CutPrefix(s, "^"); ok {
		n.kids = append(n.kids, &node{op: opAssert, assert: textBegin, pos: pos})
		s, pos = after, pos+1
	}
	s, end := strings.CutSuffix(s, "$")
	for i := range len(s) {
		n.kids = append(n.kids, literal(s[i], pos+i))
	}
	if end {
		n.kids = append(n.kids, &node{op: opAssert, assert: textEnd, pos: pos + len(s)})
	}
	return sequence(n)
}

// sequence is n, which has its parts in order, as the parser of PCRE2 would have it.
func sequence(n *node) *node {
	switch len(n.kids) {
	case 0:
		return &node{op: opEmpty, pos: n.pos}
	case 1:
		return n.kids[0]
	}
	return n
}

// CompileOSRegex compiles an expression of OS_Regex. The error is an *Error.
func CompileOSRegex(expr string) (*Regexp, error) {
	n, err := parseOSRegex(expr)
	if err != nil {
		return nil, err
	}
	return fromTree(expr, &tree{root: n}, Options{})
}

// CompileOSMatch compiles an expression of OS_Match. If it is negated by a ! at its begin the Regexp is that of what
// follows, and negated is true: of a field with many values none must match. The error is an *Error.
func CompileOSMatch(expr string) (re *Regexp, negated bool, err error) {
	n, negated, err := parseOSMatch(expr)
	if err != nil {
		return nil, negated, err
	}
	re, err = fromTree(expr, &tree{root: n}, Options{})
	return re, negated, err
}
