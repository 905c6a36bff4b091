package sigma

import (
	"fmt"
	"strings"
)

// cond is a parsed condition. Its String parses to the same cond.
type cond struct {
	op   condOp
	kids []*cond
	word string // of condName the identifier, of a quantifier the pattern or "them"
	off  int    // of the word in the condition
}

type condOp uint8

const (
	condName condOp = iota
	condAnd
	condOr
	condNot
	condAny // 1 of, any of
	condAll // all of
)

// conditionError is what is wrong at a byte of a condition. It is also used for what is only odd.
type conditionError struct {
	off int
	msg string
}

func (e *conditionError) Error() string { return fmt.Sprintf("byte %d: %s", e.off, e.msg) }

func (x *cond) String() string {
	switch x.op {
	case condName:
		return x.word
	case condAny:
		return "1 of " + x.word
	case condAll:
		return "all of " + x.word
	case condNot:
		return "not " + x.kids[0].inner(condNot)
	}
	sep := " and "
	if x.op == condOr {
		sep = " or "
	}
	var parts []string
	for _, k := range x.kids {
		parts = append(parts, k.inner(x.op))
	}
	return strings.Join(parts, sep)
}

// inner writes x as an operand, with parentheses if it is a row of its own.
func (x *cond) inner(outer condOp) string {
	if x.op == condAnd || x.op == condOr || x.op == condNot && outer == condNot {
		return "(" + x.String() + ")"
	}
	return x.String()
}

// parseCondition reads the grammar of the rules specification, "Condition": or binds weakest, then
// and, not, the quantifiers, parentheses. The error is a *conditionError.
func parseCondition(s string) (*cond, []conditionError, error) { return parseLegacy(s, nil) }

// parseLegacy is parseCondition for a rule that may still have a timeframe, which a legacy pipe goes with.
func parseLegacy(s string, timeframe *node) (*cond, []conditionError, error) {
	p := &condParser{tokens: condTokens(s), end: len(s)}
	if len(p.tokens) == 0 {
		return nil, nil, &conditionError{0, "is empty"}
	}
	x, err := p.row(condOr, 0)
	if err == nil && p.i < len(p.tokens) {
		err = p.unexpected()
	}
	for _, t := range p.tokens {
		if t.text == "|" { // whatever else is wrong: the author has to learn about the pipe first
			err = &conditionError{t.off, legacyPipe(s[:t.off], s[t.off+1:], timeframe)}
			break
		}
	}
	return x, p.odd, err
}

type condToken struct {
	text string
	off  int
}

func condTokens(s string) (out []condToken) {
	for i := 0; i < len(s); {
		switch {
		case strings.IndexByte(" \t\r\n", s[i]) >= 0:
			i++
		case strings.IndexByte("()|", s[i]) >= 0:
			out = append(out, condToken{s[i : i+1], i})
			i++
		default:
			n := strings.IndexAny(s[i:], " \t\r\n()|")
			if n < 0 {
				n = len(s) - i
			}
			out = append(out, condToken{s[i : i+n], i})
			i += n
		}
	}
	return out
}

type condParser struct {
	tokens []condToken
	i, end int
	odd    []conditionError
}

// keyword tells whether the next token is the word, in any case: 2.2 writes AND.
func (p *condParser) keyword(word string) bool {
	if p.i == len(p.tokens) || !strings.EqualFold(p.tokens[p.i].text, word) {
		return false
	}
	t := p.tokens[p.i]
	if t.text != word {
		p.odd = append(p.odd, conditionError{t.off, fmt.Sprintf("other engines know %q in lower case only", t.text)})
	}
	p.i++
	return true
}

func (p *condParser) unexpected() error {
	if p.i == len(p.tokens) {
		return &conditionError{p.end, "ends too early"}
	}
	return &conditionError{p.tokens[p.i].off, fmt.Sprintf("unexpected %q", p.tokens[p.i].text)}
}

// row reads operands joined by and (within or) or by or.
func (p *condParser) row(op condOp, depth int) (*cond, error) {
	word, operand := "or", func() (*cond, error) { return p.row(condAnd, depth) }
	if op == condAnd {
		word, operand = "and", func() (*cond, error) { return p.operand(depth) }
	}
	var kids []*cond
	for {
		x, err := operand()
		if err != nil {
			return nil, err
		}
		kids = append(kids, x)
		if !p.keyword(word) {
			break
		}
	}
	if len(kids) == 1 {
		return kids[0], nil
	}
	return &cond{op: op, kids: kids}, nil
}

func (p *condParser) operand(depth int) (*cond, error) {
	if p.i == len(p.tokens) {
		return nil, p.unexpected()
	}
	t := p.tokens[p.i]
	if depth > maxDepth {
		return nil, &conditionError{t.off, fmt.Sprintf("nested deeper than %d levels", maxDepth)}
	}
	switch {
	case p.keyword("not"):
		x, err := p.operand(depth + 1)
		if err != nil {
			return nil, err
		}
		return &cond{op: condNot, kids: []*cond{x}}, nil
	case t.text == "(":
		p.i++
		x, err := p.row(condOr, depth+1)
		if err == nil && (p.i == len(p.tokens) || p.tokens[p.i].text != ")") {
			err = p.unexpected()
		}
		p.i++
		return x, err
	case p.i+1 < len(p.tokens) && strings.EqualFold(p.tokens[p.i+1].text, "of"):
		return p.quantifier()
	}
	if err := checkName(t, "_-", "identifier"); err != nil {
		return nil, err
	}
	p.i++
	return &cond{word: t.text, off: t.off}, nil
}

func (p *condParser) quantifier() (*cond, error) {
	t := p.tokens[p.i]
	var op condOp
	switch {
	case p.keyword("all"):
		op = condAll
	case p.keyword("any"), p.keyword("1"):
		op = condAny
	default:
		return nil, &conditionError{t.off, fmt.Sprintf("%q of is not known: write 1 of, any of or all of", t.text)}
	}
	p.keyword("of")
	if p.i == len(p.tokens) {
		return nil, p.unexpected()
	}
	target := p.tokens[p.i]
	if err := checkName(target, "_-*", "pattern"); err != nil {
		return nil, err
	}
	p.i++
	return &cond{op: op, word: target.text, off: target.off}, nil
}

// checkName refuses keywords and characters that cannot be a part of a name.
func checkName(t condToken, more, what string) error {
	for _, word := range []string{"and", "or", "not", "of"} {
		if strings.EqualFold(t.text, word) {
			return &conditionError{t.off, fmt.Sprintf("unexpected %q", t.text)}
		}
	}
	for i := range len(t.text) {
		c := t.text[i]
		if !(isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || strings.IndexByte(more, c) >= 0) {
			return &conditionError{t.off + i, fmt.Sprintf("%q is no %s: %q is not allowed", t.text, what, c)}
		}
	}
	return nil
}
