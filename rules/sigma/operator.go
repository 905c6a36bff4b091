package sigma

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/auditpy/auditpy/rules/predicate"
	"github.com/auditpy/auditpy/rules/regex"
	"github.com/auditpy/auditpy/rules/rule"
)

// number compares with the value of a number and with its text: the registers of an audit record
// are hexadecimal without a prefix, and a rule that says 0777 may mean the text.
func (it *item) number(v *node) (*expr, error) {
	n, ok := parseNumber(v.text, true)
	if !ok {
		return it.text(v)
	}
	pat := predicate.Compile([]predicate.Part{{Text: v.text}}, true)
	return it.leaf(leaf{kind: isNumber, num: n, pat: pat, words: v.text, key: "number " + v.text}), nil
}

var comparing = map[string]leafKind{"": isEqual, "lt": isLess, "lte": isLessEqual, "gt": isGreater, "gte": isGreaterEqual}

// comparison compares the value, or a part of the time that it is, with a number.
func (it *item) comparison(v *node) (*expr, error) {
	what := strings.Join(it.names, "|")
	n, ok := parseNumber(v.text, true)
	if v.kind != numberNode || !ok {
		return nil, errorAt(v.pos, "modifier %q needs a number, not %q", what, v.text)
	}
	words := strings.TrimSpace(it.op + " " + v.text)
	if it.part != noPart {
		if err := it.part.check(n); err != nil {
			return nil, errorAt(v.pos, "modifier %q %s, not %s", what, err, v.text)
		}
		words = what + " " + v.text
	}
	key := fmt.Sprintf("compare %d %s %s", it.part, it.op, v.text)
	return it.leaf(leaf{kind: comparing[it.op], part: it.part, num: n, words: words, key: key}), nil
}

func (it *item) exists(v *node) (*expr, error) {
	kind := isAbsent
	switch strings.ToLower(v.text) {
	case "true", "yes":
		kind = isPresent
	case "false", "no":
	default:
		return nil, errorAt(v.pos, "modifier \"exists\" needs true or false, not %q", v.text)
	}
	return it.leaf(leaf{kind: kind, words: "exists: " + v.text, key: "exists " + v.text}), nil
}

// regexp compiles an unanchored expression, or one that startswith or endswith ties to an end.
func (it *item) regexp(v *node) (*expr, error) {
	texts, err := it.expandPlain(v, regex.Quote)
	if err != nil {
		return nil, err
	}
	var kids []*expr
	for _, text := range texts {
		re, err := it.c.regexp(text, it.flags) // alone first: "a)(b" must not become right between parentheses
		if tied := it.tied(text); err == nil && tied != text {
			text = tied
			re, err = it.c.regexp(text, it.flags)
		}
		if err != nil {
			return nil, refused(v, text, err)
		}
		for _, w := range re.Warnings() {
			it.c.warn(within(v, text, w.Offset), "regular expression %q: %s", v.text, w.Msg)
		}
		kids = append(kids, it.leaf(leaf{kind: isRegexp, re: re, words: v.text, key: "re " + it.flags + " " + text}))
	}
	return join(opOr, kids), nil
}

// refused says why an expression is refused.
func refused(v *node, text string, err error) error {
	if e := (*regex.Error)(nil); errors.As(err, &e) {
		return errorAt(within(v, text, e.Offset), "regular expression %q: %s", v.text, e.Msg)
	}
	return errorAt(v.pos, "regular expression %q: %s", v.text, err)
}

// within is the place of an offset in the expression that v became, if that is as v has it.
func within(v *node, text string, offset int) rule.Pos {
	if text == v.text {
		return v.inside(offset)
	}
	return v.pos
}

func (it *item) tied(text string) string {
	switch it.how {
	case "startswith":
		return `\A(?:` + text + `)`
	case "endswith":
		return `(?:` + text + `)\z`
	}
	return text
}

// regexp compiles an expression once, however many rules have it.
func (c *compiler) regexp(text, letters string) (*regex.Regexp, error) {
	key := letters + " " + text
	if re, ok := c.regexps[key]; ok {
		return re, nil
	}
	flags, _ := regex.ParseFlags(letters)
	re, err := regex.Compile(text, regex.Options{Flags: flags, Text: true})
	if err == nil {
		c.regexps[key] = re
	}
	return re, err
}

func (it *item) cidr(v *node) (*expr, error) {
	texts, err := it.expandPlain(v, func(s string) string { return s })
	if err != nil {
		return nil, err
	}
	var kids []*expr
	for _, text := range texts {
		p, err := network(text, v)
		if err != nil {
			return nil, err
		}
		kids = append(kids, it.leaf(leaf{kind: isNet, net: p, words: v.text, key: "cidr " + p.String()}))
	}
	return join(opOr, kids), nil
}

// network reads an address or a network. One that is written with bits after its length is most likely mistyped.
func network(text string, v *node) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, errorAt(v.pos, "%q is neither an address nor a network", text)
	}
	if p != p.Masked() {
		return p, errorAt(v.pos, "network %q has bits after its length: write %s", text, p.Masked())
	}
	return p, nil
}

func (it *item) fieldref(v *node) (*expr, error) {
	if _, plain := literalOf(parseText(v.text)); !plain {
		return nil, errorAt(v.pos, "modifier \"fieldref\" needs the name of a field, without wildcards")
	}
	key := fmt.Sprintf("fieldref %q %s %v", v.text, it.how, it.cased)
	other := it.c.fieldOf(v.text, v)
	return it.leaf(leaf{kind: isOther, other: other, how: it.how, cased: it.cased, words: v.text, key: key}), nil
}
