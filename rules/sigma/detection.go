package sigma

import (
	"errors"
	"fmt"
)

// detection compiles the identifiers of a rule or of a filter and then the condition over them.
func (c *compiler) detection(d *node, what string) *expr {
	if d == nil || d.kind != mapNode {
		c.fatal(errorAt(c.pos(d), "%s: needs a map of identifiers and a condition", what))
		return nil
	}
	ids := newIdentifiers()
	var cond *node
	for i, key := range d.keys {
		switch {
		case key.text == "condition":
			cond = d.items[i]
		case key.text == "timeframe":
			ids.timeframe = d.items[i]
			c.fatal(errorAt(key.pos, "timeframe is no longer a part of a rule (Sigma 2): write a correlation with a timespan"))
		case key.text == "rules" && what == "filter":
		default:
			x, err := c.selection(d.items[i], key, 0)
			c.fatal(err)
			ids.add(key, x)
		}
	}
	if cond == nil || cond.kind == nullNode {
		c.fatal(errorAt(d.pos, "%s: no condition", what))
		return nil
	}
	return c.condition(cond, ids)
}

// selection compiles the value of an identifier: a map is an AND, a list an OR of maps and keywords, a scalar a keyword.
func (c *compiler) selection(n, key *node, depth int) (*expr, error) {
	switch {
	case n == nil || n.kind == nullNode || len(n.items) == 0 && !n.scalar():
		return nil, errorAt(key.pos, "identifier %q is empty", key.text)
	case n.scalar():
		return c.keyword(n)
	case depth > 1:
		return nil, errorAt(n.pos, "identifier %q: lists cannot be nested", key.text)
	}
	var kids []*expr
	for i, item := range n.items {
		x, err := c.member(n, i, item, key, depth)
		if err != nil {
			return nil, err
		}
		kids = append(kids, x)
	}
	if n.kind == mapNode {
		return join(opAnd, kids), nil
	}
	return join(opOr, kids), nil
}

func (c *compiler) member(n *node, i int, item, key *node, depth int) (*expr, error) {
	if n.kind == mapNode {
		return c.item(n.keys[i], item)
	}
	if item != nil && item.kind == listNode {
		return nil, errorAt(item.pos, "identifier %q: lists cannot be nested", key.text)
	}
	return c.selection(item, key, depth+1)
}

// condition joins the conditions of a list by OR, as the reference does.
func (c *compiler) condition(n *node, ids *identifiers) *expr {
	var kids []*expr
	var row []*cond
	for _, text := range n.each() {
		if text == nil || !text.scalar() {
			c.fatal(errorAt(c.pos(text), "condition: needs a text"))
			return nil
		}
		ast, x, err := c.conditionText(text, ids)
		if err != nil {
			c.fatal(err)
			return nil
		}
		kids, row = append(kids, x), append(row, ast)
	}
	x := join(opOr, kids)
	switch {
	case c.failed:
	case x == nil:
		c.fatal(errorAt(n.pos, "condition: none of its patterns names an identifier, so it would match nothing or everything"))
	default:
		c.lint(&cond{op: condOr, kids: row}, ids, n)
	}
	return x
}

func (c *compiler) conditionText(n *node, ids *identifiers) (*cond, *expr, error) {
	ast, warnings, err := parseLegacy(n.text, ids.timeframe)
	if err != nil {
		return nil, nil, locate(err, n)
	}
	for _, w := range warnings {
		c.warn(n.inside(w.off), "condition: %s", w.msg)
	}
	x, err := c.resolve(ast, ids, n)
	return ast, x, locate(err, n)
}

// locate gives an error of the condition its place in the file.
func locate(err error, n *node) error {
	var ce *conditionError
	if !errors.As(err, &ce) {
		return err
	}
	where := ""
	if n.lead < 0 {
		where = fmt.Sprintf(" (byte %d of the condition)", ce.off)
	}
	return errorAt(n.inside(ce.off), "condition: %s%s", ce.msg, where)
}
