package eql

import (
	"fmt"
	"strings"
)

// compiler turns a parsed query into conditions over the fields and tests of a program.
type compiler struct {
	*program
	err      error
	warnings []Warning
	warned   map[string]bool
}

// Warning is what is odd about a query that can be run.
type Warning struct {
	Line, Col int
	Msg       string
}

func (c *compiler) fail(pos position, format string, args ...any) {
	if c.err == nil {
		c.err = &QueryError{pos.line, pos.col, fmt.Sprintf(format, args...)}
	}
}

func (c *compiler) warn(pos position, format string, args ...any) {
	c.warnings = append(c.warnings, Warning{pos.line, pos.col, fmt.Sprintf(format, args...)})
}

// nothing stands for what could not be compiled.
var nothing = &cond{op: condFalse}

// term compiles a filter with its category.
func (c *compiler) term(t *term) *cond {
	x := c.cond(t.cond)
	if t.any {
		return x
	}
	id := c.field(c.schema.Category())
	words := c.fields[id].name + " == " + quote(t.category)
	category := c.program.leaf(&leaf{kind: isText, field: id, name: c.fields[id].name, words: words, exact: map[string]bool{t.category: true}})
	return &cond{op: condAnd, kids: []*cond{category, x}}
}

// cond compiles what must be true.
func (c *compiler) cond(x *expr) *cond {
	switch {
	case x.op == opAnd, x.op == opOr:
		return c.chain(x)
	case x.op == opNot:
		return negate(c.cond(x.kids[0]))
	case x.op == opField:
		return c.flag(x)
	case x.isComparison():
		return c.comparison(x)
	case x.op >= opIn && x.op <= opRegex:
		return c.match(x)
	case x.op == opCall:
		return c.callCond(x)
	}
	return c.expression(x)
}

func (c *compiler) chain(x *expr) *cond {
	out := &cond{op: condAnd}
	if x.op == opOr {
		out.op = condOr
	}
	for _, k := range x.kids {
		out.kids = append(out.kids, c.cond(k))
	}
	return out
}

// flag compiles a field that stands alone: it must be true.
func (c *compiler) flag(x *expr) *cond {
	id := c.use(x)
	if t := c.fields[id].typ; t != Boolean && t != Any {
		c.fail(x.pos, "%s is %s, not a condition", x, t)
		return nothing
	}
	return c.leaf(&leaf{kind: isText, field: id, words: x.name() + " == true", exact: map[string]bool{"true": true}})
}

// leaf completes a test of one field.
func (c *compiler) leaf(l *leaf) *cond {
	l.name = c.fields[l.field].name
	return c.program.leaf(l)
}

// expression compiles what is no test of one field.
func (c *compiler) expression(x *expr) *cond {
	n, t := c.node(x)
	if t != booleans && t != nulls && t != anything {
		c.fail(x.pos, "%s is %s, not a condition", x, t)
	}
	return c.choice(x.String(), n)
}

func (c *compiler) choice(words string, n node) *cond {
	if k, ok := n.(constant); ok {
		if k.v.isTrue() {
			return &cond{op: condTrue}
		}
		return &cond{op: condFalse}
	}
	return c.program.leaf(&leaf{kind: isExpression, words: words, node: n, fields: fieldsOf(n, nil)})
}

// use returns the field that x names.
func (c *compiler) use(x *expr) int {
	id := c.field(x.name())
	if f := &c.fields[id]; !f.known && !x.opt && c.warned != nil && !c.warned[f.name] {
		c.warned[f.name] = true
		c.warn(x.pos, "%s", c.schema.Unknown(f.name))
	}
	return id
}

// name is the name of a field.
func (x *expr) name() string { return strings.Join(x.path, ".") }

// fieldsOf appends the fields that a node reads, each once.
func fieldsOf(n node, dst []int) []int {
	switch n := n.(type) {
	case fieldNode:
		for _, id := range dst {
			if id == n.id {
				return dst
			}
		}
		return append(dst, n.id)
	case logicNode:
		return fieldsOfAll(n.kids, dst)
	case callNode:
		return fieldsOfAll(n.args, dst)
	case compareNode:
		return fieldsOf(n.b, fieldsOf(n.a, dst))
	case mathNode:
		return fieldsOf(n.b, fieldsOf(n.a, dst))
	case isNullNode:
		return fieldsOf(n.a, dst)
	case testNode:
		return fieldsOf(n.a, dst)
	}
	return dst
}

func fieldsOfAll(nodes []node, dst []int) []int {
	for _, n := range nodes {
		dst = fieldsOf(n, dst)
	}
	return dst
}
