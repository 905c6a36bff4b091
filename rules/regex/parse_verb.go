package regex

import "strings"

// star reads what begins with (*: a verb, or a group that has a name.
func (p *parser) star(cat *node) bool {
	at := p.at - 1
	p.at++
	from := p.at
	for p.at < len(p.expr) && isWordByte(p.next()) {
		p.at++
	}
	name := p.expr[from:p.at]
	if name != "" && name[0] >= 'a' && name[0] <= 'z' {
		if !p.accept(":") {
			p.fail(at, "(*name must be followed by a colon")
		}
		cat.kids = append(cat.kids, p.named(at, name))
		return true
	}
	arg, hasArg := "", p.accept(":")
	if hasArg {
		arg = p.verbArgument(at)
	}
	if !p.accept(")") {
		p.fail(at, "(*VERB) is malformed")
	}
	return p.verb(cat, at, name, arg)
}

// verbArgument reads up to the ). All bytes stand for themselves.
func (p *parser) verbArgument(at int) string {
	end := strings.IndexByte(p.expr[p.at:], ')')
	if end < 0 {
		p.fail(at, "(*VERB) is malformed")
	}
	arg := p.expr[p.at : p.at+end]
	if len(arg) > 255 {
		p.fail(at, "name of a verb is too long: at most 255 bytes")
	}
	p.at += end
	return arg
}

// named reads a group that has a name of lower-case letters.
func (p *parser) named(at int, name string) *node {
	switch name {
	case "pla", "positive_lookahead":
		return p.lookBody(at, '=', false)
	case "plb", "positive_lookbehind":
		return p.lookBody(at, '=', true)
	case "nla", "negative_lookahead":
		return p.lookBody(at, '!', false)
	case "nlb", "negative_lookbehind":
		return p.lookBody(at, '!', true)
	case "napla", "non_atomic_positive_lookahead":
		return p.lookBody(at, '*', false)
	case "naplb", "non_atomic_positive_lookbehind":
		return p.lookBody(at, '*', true)
	case "atomic":
		return p.node(opAtomic, p.body(at))
	case "sr", "script_run", "asr", "atomic_script_run":
		p.fail(at, "script runs are not supported")
	}
	p.fail(at, "(*%s: is not known", name)
	return nil
}

// verb adds the verb name to cat.
func (p *parser) verb(cat *node, at int, name, arg string) bool {
	kinds := map[string]verb{"": verbMark, "MARK": verbMark, "ACCEPT": verbAccept, "COMMIT": verbCommit, "PRUNE": verbPrune,
		"SKIP": verbSkip, "THEN": verbThen, "F": verbFail, "FAIL": verbFail}
	kind, known := kinds[name]
	if !known {
		p.fail(at, "(*%s) is not known, or not supported here", name)
	}
	if kind == verbMark && arg == "" {
		p.fail(at, "(*MARK) must have a name")
	}
	add := func(o op, kind verb, arg string) {
		n := p.node(o)
		n.pos, n.verb, n.name = at, kind, arg
		cat.kids = append(cat.kids, n)
	}
	switch kind {
	case verbFail, verbAccept:
		if arg != "" {
			add(opVerb, verbMark, arg)
		}
		if kind == verbFail {
			add(opFail, kind, "")
			break
		}
		add(opVerb, kind, "")
		return true // an optional one accepts if all else fails
	default:
		add(opVerb, kind, arg)
	}
	return false
}

// startVerbs reads what may stand at the very begin.
func (p *parser) startVerbs() {
	for p.starts("(*") {
		at := p.at
		end := at + strings.IndexByte(p.expr[at:], ')')
		if end < at {
			return
		}
		name, arg, hasArg := strings.Cut(p.expr[at+2:end], "=")
		switch name {
		case "UTF", "UTF8":
			p.flags |= UTF
		case "LF", "BSR_UNICODE", "NO_AUTO_POSSESS", "NO_DOTSTAR_ANCHOR", "NO_JIT", "NO_START_OPT":
		case "BSR_ANYCRLF":
			p.anyCRLF = true
		case "LIMIT_MATCH", "LIMIT_DEPTH", "LIMIT_RECURSION", "LIMIT_HEAP": // the budget stands in their place
			if strings.Trim(arg, "0123456789") != "" || arg == "" {
				p.fail(at, "number expected after (*%s=", name)
			}
			hasArg = false
		case "CR", "CRLF", "ANY", "ANYCRLF", "NUL", "UCP", "NOTEMPTY", "NOTEMPTY_ATSTART":
			p.fail(at, "(*%s) is not supported", name)
		default:
			return
		}
		if hasArg {
			return
		}
		p.at = end + 1
	}
}
