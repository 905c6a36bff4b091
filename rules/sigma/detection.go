package sigma

import (
	"errors"
	"fmt"
)

// detection compiles the identifiers and then the condition over them.
func (c *compiler) detection(d *node) *expr {
	if d == nil || d.kind != mapNode {
		c.fatal(errorAt(c.pos(d), "detection: needs a map of identifiers and a condition"))
		return nil
	}
	ids := identifiers{byName: make(map[string]*expr), groups: make(map[string]*expr)}
	var cond *node
	for i, key := range d.keys {
		switch key.text {
		case "condition":
			cond = d.items[i]
		case "timeframe":
			c.fatal(errorAt(key.pos, "timeframe is no longer a part of a rule (Sigma 2): write a correlation with a timespan"))
		default:
			x, err := c.selection(d.items[i], key, 0)
			c.fatal(err)
			ids.names = append(ids.names, key.text)
			ids.byName[key.text] = x
		}
	}
	if cond == nil || cond.kind == nullNode {
		c.fatal(errorAt(d.pos, "detection: no condition"))
		return nil
	}
	return c.condition(cond, ids)
}

// selection compiles the value of an identifier: a map is an AND, a list of maps an OR.
func (c *compiler) selection(n, key *node, depth int) (*expr, error) {
	switch {
	case n == nil || n.kind == nullNode || len(n.items) == 0 && !n.scalar():
		return nil, errorAt(key.pos, "identifier %q is empty", key.text)
	case n.scalar():
		return nil, errorAt(n.pos, "keywords are not supported for process_creation: name a field, such as CommandLine")
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
func (c *compiler) condition(n *node, ids identifiers) *expr {
	var kids []*expr
	for _, text := range n.each() {
		if text == nil || !text.scalar() {
			c.fatal(errorAt(c.pos(text), "condition: needs a text"))
			return nil
		}
		x, err := c.conditionText(text, ids)
		if err != nil {
			c.fatal(err)
			return nil
		}
		kids = append(kids, x)
	}
	x := join(opOr, kids)
	if x == nil && !c.failed {
		c.fatal(errorAt(n.pos, "condition: none of its patterns names an identifier, so it would match nothing or everything"))
	}
	return x
}

func (c *compiler) conditionText(n *node, ids identifiers) (*expr, error) {
	ast, warnings, err := parseCondition(n.text)
	if err == nil {
		for _, w := range warnings {
			c.warn(n.inside(w.off), "condition: %s", w.msg)
		}
		var x *expr
		if x, err = c.resolve(ast, ids, n); err == nil {
			return x, nil
		}
	}
	return nil, locate(err, n)
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
