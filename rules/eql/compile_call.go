package eql

import (
	"slices"
	"strings"

	"github.com/auditpy/auditpy/rules/predicate"
)

// callCond compiles a function that must be true. Where it asks one field for a constant, it is a test of that field.
func (c *compiler) callCond(x *expr) *cond {
	f := c.function(x)
	if f == nil || len(x.kids) < 2 || x.kids[0].op != opField || !allStrings(x.kids[1:]) {
		return c.expression(x)
	}
	l := &leaf{kind: isText, words: strings.Replace(x.String(), "?", "", 1)}
	text := x.kids[1].text
	run := predicate.Part{Kind: predicate.Run}
	switch f.name {
	case "cidrMatch":
		l.kind, l.nets = isNet, c.blocks(x)
	case "startsWith":
		l.patterns = affix(x, predicate.Part{Text: text}, run)
	case "endsWith":
		l.patterns = affix(x, run, predicate.Part{Text: text})
	case "stringContains":
		if text == "" {
			return nothing
		}
		l.patterns = affix(x, run, predicate.Part{Text: text}, run)
	default:
		return c.expression(x)
	}
	l.field = c.use(x.kids[0])
	c.argument(x, f, 0, c.fields[l.field].typ.class())
	return c.leaf(l)
}

func affix(x *expr, parts ...predicate.Part) []pattern {
	return []pattern{{predicate.Compile(parts, x.fold), x.kids[1].text}}
}

func allStrings(list []*expr) bool {
	return !slices.ContainsFunc(list, func(x *expr) bool { return x.op != opString })
}

// function finds a function and checks the number of its arguments; nil if there is none.
func (c *compiler) function(x *expr) *function {
	name := strings.ToLower(x.text)
	f := functions[name]
	switch {
	case f == nil && foreign[name] != "":
		c.fail(x.pos, "%s is Endgame EQL: %s", x.text, foreign[name])
		return nil
	case f == nil:
		c.fail(x.pos, "function %s is not known; did you mean %s?", x.text, nearestFunction(name))
		return nil
	case x.fold && !f.folds:
		c.fail(x.pos, "%s has no form without regard to case: %s~", f.name, x.text)
	case len(x.kids) < len(f.required):
		c.fail(x.pos, "%s needs %d arguments, and has %d", f.name, len(f.required), len(x.kids))
	case len(x.kids) > f.max():
		c.fail(x.pos, "%s takes %d arguments at most, and has %d", f.name, f.max(), len(x.kids))
	default:
		return f
	}
	return nil
}

func nearestFunction(name string) string {
	var names []string
	for _, f := range functions {
		names = append(names, f.name)
	}
	slices.Sort(names)
	return nearest(name, names)
}

// call compiles a function.
func (c *compiler) call(x *expr) (node, class) {
	f := c.function(x)
	if f == nil {
		return constant{}, anything
	}
	n := callNode{f: f, fold: x.fold}
	for i, k := range x.kids {
		arg, t := c.node(k)
		c.argument(x, f, i, t)
		n.args = append(n.args, arg)
	}
	if f.name == "cidrMatch" {
		return c.cidr(x, n.args[0]), booleans
	}
	return fold(n), f.result
}

// argument checks the type of one argument.
func (c *compiler) argument(x *expr, f *function, i int, t class) {
	want := map[byte]class{'s': texts, 'n': numbers, 'b': booleans, 'a': anything}[f.wants(i)]
	if want != anything && t != want && t != anything && t != nulls {
		c.fail(x.kids[i].pos, "argument %d of %s is %s, and needs to be %s", i+1, f.name, t, want)
	}
}

// cidr compiles cidrMatch of an expression.
func (c *compiler) cidr(x *expr, a node) node {
	for _, k := range x.kids[1:] {
		switch {
		case k.op == opNull:
			return constant{}
		case k.op != opString:
			c.fail(k.pos, "cidrMatch takes blocks as constants, not %s", k)
			return constant{}
		}
	}
	return fold(testNode{a, &leaf{kind: isNet, nets: c.blocks(x)}})
}

func (c *compiler) blocks(x *expr) (nets []netTest) {
	for _, k := range x.kids[1:] {
		n, ok := parseNet(k.text)
		if !ok {
			c.fail(k.pos, "%s is no block of addresses, as in 10.0.0.0/8", k)
		}
		nets = append(nets, netTest{n, k.text})
	}
	return nets
}
