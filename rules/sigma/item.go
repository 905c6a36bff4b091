package sigma

import "slices"

// keywordField stands for the field of a keyword: it is looked for in all values of an event.
const keywordField = -1

type item struct {
	chain
	c     *compiler
	field int
	name  string // "" of a keyword
}

// item compiles one "Field|modifiers: values" of a selection.
func (c *compiler) item(key, value *node) (*expr, error) {
	field, ch, err := parseKey(key)
	if err != nil {
		return nil, err
	}
	if value.kind == mapNode {
		return nil, errorAt(key.pos, "field %q: a map cannot be a value", field)
	}
	it := item{chain: ch, c: c, field: keywordField, name: field}
	if field != "" {
		it.field = c.fieldOf(field, key)
	}
	x, err := it.values(value)
	if err == nil && ch.neq {
		x = negate(x)
	}
	return x, err
}

// keyword compiles a selection or a part of one that names no field.
func (c *compiler) keyword(v *node) (*expr, error) {
	it := item{c: c, field: keywordField}
	return it.value(v)
}

// fieldOf returns the index of a field in the view of the rule at hand.
func (c *compiler) fieldOf(name string, at *node) int {
	if c.dry {
		return 0
	}
	return c.field(name, at)
}

func (it *item) values(value *node) (*expr, error) {
	vs := value.each()
	if it.all && len(vs) < 2 {
		it.c.warn(value.pos, "modifier \"all\" has no effect on a single value")
	}
	if len(vs) == 0 { // the reference reads an empty list as null
		vs = []*node{{kind: nullNode, pos: value.pos}}
	}
	if it.op == "" && it.field != keywordField && slices.Contains(it.encoding, "base64offset") {
		it.c.warn(value.pos, "base64offset without contains: a value that has more than this text around it does not match")
	}
	var kids []*expr
	for _, v := range vs {
		x, err := it.value(v)
		if err != nil {
			return nil, err
		}
		if v.kind == nullNode && len(vs) > 1 {
			it.c.warn(v.pos, "null in a list is not in the specification, and other engines may refuse it")
		}
		kids = append(kids, x)
	}
	if it.all {
		return join(opAnd, kids), nil
	}
	return join(opOr, kids), nil
}

// value compiles one value. A keyword is a text, whatever it looks like.
func (it *item) value(v *node) (*expr, error) {
	switch {
	case it.field == keywordField && !v.scalar():
		return nil, errorAt(v.pos, "%s cannot be a keyword", v.kind)
	case v.kind == nullNode && it.op == "" && it.part == noPart && len(it.encoding) == 0:
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
	switch {
	case it.part != noPart:
		return it.comparison(v)
	case v.kind == numberNode && it.op == "" && it.field != keywordField && !it.windash && len(it.encoding) == 0:
		return it.number(v)
	}
	return it.text(v)
}

// leaf makes an expression of l. Two leaves with the same key on the same field are the same test.
func (it *item) leaf(l leaf) *expr {
	l.field, l.name = it.field, it.name
	return &expr{leaf: &l}
}
