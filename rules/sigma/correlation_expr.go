package sigma

import (
	"slices"

	"github.com/auditpy/auditpy/rules/rule"
)

// The conditions that name the rules of a correlation, or count them.

// maxCounted bounds the rules of a temporal correlation that counts them.
const maxCounted = 10

// countRules makes an expression of a temporal condition with numbers, which counts the rules that have matched.
func (c *compiler) countRules(k *correlation, n *node) {
	if len(k.values) > 0 {
		c.warn(k.values[0].pos, "condition: temporal correlations count rules: field has no meaning")
		k.values = nil
	}
	bounds, total := k.out.Bounds, len(k.refs)
	k.out.Bounds = nil
	var fits []int
	for i := 1; i <= total; i++ {
		if satisfies(float64(i), bounds) {
			fits = append(fits, i)
		}
	}
	switch {
	case c.failed:
	case len(fits) == 0:
		c.fatal(errorAt(n.pos, "condition can never hold: there are %d rules", total))
	case len(fits) == 1 && fits[0] == total: // all of them, which needs no expression
	case k.out.Kind == rule.Ordered:
		c.fatal(errorAt(n.pos, "condition: temporal_ordered needs all of its %d rules, or a condition such as \"a and (b or c)\"", total))
	case total > maxCounted:
		c.fatal(errorAt(n.pos, "condition: counts more than %d rules: write a condition such as \"a and (b or c)\"", maxCounted))
	default:
		k.out.Expr = exactlyOneOf(fits, total)
	}
}

// exactlyOneOf returns the expression that the number of references that have matched is one of counts, which ascend.
func exactlyOneOf(counts []int, total int) *rule.Expr {
	out := &rule.Expr{Op: "or"}
	for i := 0; i < len(counts); {
		j := i
		for j+1 < len(counts) && counts[j+1] == counts[j]+1 {
			j++
		}
		run := atLeast(counts[i], 0, total)
		if counts[j] < total {
			run = &rule.Expr{Op: "and", Kids: []*rule.Expr{run, {Op: "not", Kids: []*rule.Expr{atLeast(counts[j]+1, 0, total)}}}}
		}
		out.Kids = append(out.Kids, run)
		i = j + 1
	}
	if len(out.Kids) == 1 {
		return out.Kids[0]
	}
	return out
}

// atLeast returns the expression that n of the references from the one at first have matched.
func atLeast(n, first, total int) *rule.Expr {
	this := &rule.Expr{Ref: first}
	switch {
	case n == total-first && n == 1:
		return this
	case n == total-first:
		return &rule.Expr{Op: "and", Kids: []*rule.Expr{this, atLeast(n-1, first+1, total)}}
	case n == 1:
		return &rule.Expr{Op: "or", Kids: []*rule.Expr{this, atLeast(1, first+1, total)}}
	}
	with := &rule.Expr{Op: "and", Kids: []*rule.Expr{this, atLeast(n-1, first+1, total)}}
	return &rule.Expr{Op: "or", Kids: []*rule.Expr{with, atLeast(n, first+1, total)}}
}

// readExpression reads a condition over the rules by name. Without a list of rules, those that it names are meant.
func (c *compiler) readExpression(k *correlation, n *node) {
	x, _, err := parseCondition(n.text) // AND NOT in upper case is fine here: the draft writes it so
	if err == nil {
		named := x.names(nil)
		if len(k.refs) == 0 {
			for _, y := range named {
				k.refs = append(k.refs, &node{text: y.word, pos: n.inside(y.off)})
			}
		}
		k.out.Expr, err = k.expression(x)
		c.unnamed(k, named)
	}
	c.fatal(locate(err, n))
	if k.out.Expr == nil || c.failed {
		return
	}
	if holds(k.out.Expr, func(int) bool { return false }) {
		c.fatal(errorAt(n.pos, "condition holds where no rule has matched, so it would always do"))
	}
	if len(k.refs) <= maxCounted && !satisfiable(k.out.Expr, len(k.refs)) {
		c.fatal(errorAt(n.pos, "condition can never hold"))
	}
}

// expression makes an Expr of a parsed condition over the references.
func (k *correlation) expression(x *cond) (*rule.Expr, error) {
	switch x.op {
	case condName:
		ref := slices.IndexFunc(k.refs, func(n *node) bool { return n.text == x.word })
		if ref < 0 {
			return nil, &conditionError{x.off, "rule " + x.word + " is not one of the rules of this correlation"}
		}
		return &rule.Expr{Ref: ref}, nil
	case condAny, condAll:
		return nil, &conditionError{x.off, "a condition of a correlation names its rules one by one"}
	}
	out := &rule.Expr{Op: map[condOp]string{condAnd: "and", condOr: "or", condNot: "not"}[x.op]}
	for _, kid := range x.kids {
		e, err := k.expression(kid)
		if err != nil {
			return nil, err
		}
		out.Kids = append(out.Kids, e)
	}
	return out, nil
}

// unnamed refuses rules that the condition leaves out.
func (c *compiler) unnamed(k *correlation, named []*cond) {
	for _, ref := range k.refs {
		if !slices.ContainsFunc(named, func(y *cond) bool { return y.word == ref.text }) {
			c.fatal(errorAt(ref.pos, "rules: %q is not in the condition", ref.text))
		}
	}
}

// names returns the rules that a condition names, in the order in which they first stand there.
func (x *cond) names(dst []*cond) []*cond {
	if x.op == condName && !slices.ContainsFunc(dst, func(y *cond) bool { return y.word == x.word }) {
		dst = append(dst, x)
	}
	for _, k := range x.kids {
		dst = k.names(dst)
	}
	return dst
}

// holds returns the value of x where the references in set have matched.
func holds(x *rule.Expr, set func(ref int) bool) bool {
	sub := func(k *rule.Expr) bool { return holds(k, set) }
	switch x.Op {
	case "not":
		return !sub(x.Kids[0])
	case "and":
		return !slices.ContainsFunc(x.Kids, func(k *rule.Expr) bool { return !sub(k) })
	case "or":
		return slices.ContainsFunc(x.Kids, sub)
	}
	return set(x.Ref)
}

func satisfiable(x *rule.Expr, refs int) bool {
	for bits := range 1 << refs {
		if holds(x, func(ref int) bool { return bits>>ref&1 == 1 }) {
			return true
		}
	}
	return false
}
