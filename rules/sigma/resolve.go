package sigma

import (
	"fmt"
	"strings"

	"github.com/auditpy/auditpy/rules/predicate"
)

// identifiers are the selections of a rule. One with an error has a nil expression.
type identifiers struct {
	names  []string // in the order of the rule
	byName map[string]*expr
	groups map[string]*expr // of quantifiers met before: a condition may repeat them at will
}

// resolve puts the selections in place of their names. The result is nil where a pattern names none.
func (c *compiler) resolve(x *cond, ids identifiers, at *node) (*expr, error) {
	switch x.op {
	case condName:
		found, ok := ids.byName[x.word]
		if !ok {
			return nil, &conditionError{x.off, fmt.Sprintf("identifier %q is not defined", x.word)}
		}
		return found, nil
	case condAny, condAll:
		return c.quantified(x, ids, at), nil
	}
	var kids []*expr
	for _, k := range x.kids {
		kid, err := c.resolve(k, ids, at)
		if err != nil {
			return nil, err
		}
		kids = append(kids, kid)
	}
	switch x.op {
	case condNot:
		return negate(kids[0]), nil
	case condAnd:
		return join(opAnd, kids), nil
	}
	return join(opOr, kids), nil
}

func (c *compiler) quantified(x *cond, ids identifiers, at *node) *expr {
	key := x.String()
	if group, ok := ids.groups[key]; ok {
		return group
	}
	var kids []*expr
	matched := false
	for _, name := range ids.names {
		if named(x.word, name) {
			matched, kids = true, append(kids, ids.byName[name])
		}
	}
	if !matched {
		c.warn(at.inside(x.off), "condition: %q names no identifier; it is left out", x.word)
	}
	op := opOr
	if x.op == condAll {
		op = opAnd
	}
	ids.groups[key] = join(op, kids)
	return ids.groups[key]
}

// named reports whether a pattern means an identifier. Names that begin with _ are not meant unless
// the pattern begins so too.
func named(pattern, name string) bool {
	if strings.HasPrefix(name, "_") && !strings.HasPrefix(pattern, "_") {
		return false
	}
	if pattern == "them" {
		return true
	}
	var parts []predicate.Part
	for i, lit := range strings.Split(pattern, "*") {
		if i > 0 {
			parts = append(parts, predicate.Part{Kind: predicate.Run})
		}
		parts = append(parts, predicate.Part{Text: lit})
	}
	return predicate.Compile(parts, false).Match(name)
}
