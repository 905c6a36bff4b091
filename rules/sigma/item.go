package sigma

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/auditpy/auditpy/rules/predicate"
)

// item compiles one "Field|modifiers: values" of a selection.
func (c *compiler) item(key, value *node) (*expr, error) {
	field, ch, err := parseKey(key)
	if err != nil {
		return nil, err
	}
	if field == "" {
		return nil, errorAt(key.pos, "keywords are not supported for process_creation: name a field, such as CommandLine")
	}
	it := item{c: c, chain: ch, field: c.field(field, key), name: field}
	if value == nil || value.kind == mapNode {
		return nil, errorAt(key.pos, "field %q: a map cannot be a value", field)
	}
	x, err := it.values(value)
	if err == nil && ch.neq {
		x = negate(x)
	}
	return x, err
}

type item struct {
	chain
	c     *compiler
	field int
	name  string
}

func (it *item) values(value *node) (*expr, error) {
	vs := value.each()
	if it.all && len(vs) < 2 {
		it.c.warn(value.pos, "modifier \"all\" has no effect on a single value")
	}
	if len(vs) == 0 { // the reference reads an empty list as null
		vs = []*node{{kind: nullNode, pos: value.pos}}
	}
	var kids []*expr
	for _, v := range vs {
		x, err := it.value(v)
		if err != nil {
			return nil, err
		}
		kids = append(kids, x)
	}
	if it.all {
		return join(opAnd, kids), nil
	}
	return join(opOr, kids), nil
}

func (it *item) value(v *node) (*expr, error) {
	switch {
	case v.kind == nullNode && it.op == "" && len(it.encoding) == 0:
		return it.leaf(leaf{kind: isAbsent, words: "null", key: "null"}), nil
	case !v.scalar():
		return nil, errorAt(v.pos, "field %q: %s cannot be a value here", it.name, v.kind)
	}
	switch it.op {
	case "exists":
		return it.exists(v)
	case "re":
		return it.regexp(v)
	case "cidr":
		return it.cidr(v)
	case "fieldref":
		return it.fieldref(v)
	case "lt", "lte", "gt", "gte":
		return it.comparison(v)
	}
	if v.kind == numberNode && it.op == "" && len(it.encoding) == 0 && !it.windash {
		return it.number(v)
	}
	return it.text(v)
}

// leaf makes an expression of l. Two leaves with the same key on the same field are the same test.
func (it *item) leaf(l leaf) *expr {
	l.field, l.name = it.field, it.name
	return &expr{leaf: &l}
}

func (it *item) text(v *node) (*expr, error) {
	parts := parseText(v.text)
	if len(it.encoding) == 0 {
		if it.windash {
			parts = anyDash(parts)
		}
		return it.pattern(parts, v.text), nil
	}
	lit, ok := literalOf(parts)
	if !ok {
		return nil, errorAt(v.pos, "a wildcard cannot be encoded: %q", v.text)
	}
	texts, err := encode(lit, it.encoding, v.pos)
	if err != nil {
		return nil, err
	}
	var kids []*expr
	for _, s := range texts {
		kids = append(kids, it.pattern([]predicate.Part{{Text: s}}, v.text))
	}
	return join(opOr, kids), nil
}

func (it *item) pattern(parts []predicate.Part, words string) *expr {
	run := []predicate.Part{{Kind: predicate.Run}}
	if it.op == "contains" || it.op == "endswith" {
		parts = append(run, parts...)
	}
	if it.op == "contains" || it.op == "startswith" {
		parts = append(parts, run...)
	}
	key := fmt.Sprintf("text %q %v %q", parts, it.cased, words)
	return it.leaf(leaf{kind: isText, pat: predicate.Compile(parts, !it.cased), words: words, key: key})
}

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

func (it *item) comparison(v *node) (*expr, error) {
	n, ok := parseNumber(v.text, true)
	if v.kind != numberNode || !ok {
		return nil, errorAt(v.pos, "modifier %q needs a number, not %q", it.op, v.text)
	}
	kind := map[string]leafKind{"lt": isLess, "lte": isLessEqual, "gt": isGreater, "gte": isGreaterEqual}[it.op]
	return it.leaf(leaf{kind: kind, num: n, words: it.op + " " + v.text, key: it.op + " " + v.text}), nil
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

func (it *item) regexp(v *node) (*expr, error) {
	text := v.text
	if it.flags != "" {
		text = "(?" + it.flags + ")" + text
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, errorAt(v.pos, "regular expression %q: %s", v.text, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return it.leaf(leaf{kind: isRegexp, re: re, words: v.text, key: "re " + text}), nil
}

func (it *item) cidr(v *node) (*expr, error) {
	text := v.text
	if a, err := netip.ParseAddr(text); err == nil {
		text = netip.PrefixFrom(a, a.BitLen()).String()
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return nil, errorAt(v.pos, "%q is neither an address nor a network", v.text)
	}
	if p != p.Masked() {
		return nil, errorAt(v.pos, "network %q has bits after its length: write %s", v.text, p.Masked())
	}
	return it.leaf(leaf{kind: isNet, net: p, words: v.text, key: "cidr " + text}), nil
}

func (it *item) fieldref(v *node) (*expr, error) {
	key := "fieldref " + v.text
	if it.cased {
		key = "cased " + key
	}
	return it.leaf(leaf{kind: isOther, other: it.c.field(v.text, v), cased: it.cased, words: v.text, key: key}), nil
}
