package sigma

import (
	"fmt"
	"strings"

	"github.com/auditpy/auditpy/rules/predicate"
)

// maxNamed bounds how often the patterns of a condition may be compared with identifiers.
const maxNamed = 1 << 20

// identifiers are the selections of a rule or filter. One with an error has a nil expression.
type identifiers struct {
	keys      []*node // in the order of the rule
	byName    map[string]*expr
	groups    map[string]group // of quantifiers met before: a condition may repeat them at will
	used      map[string]bool
	compared  int
	timeframe *node // of a rule from before Sigma 2
}

// group is what a quantifier stands for.
type group struct {
	names []string
	x     *expr
}

func newIdentifiers() *identifiers {
	return &identifiers{byName: make(map[string]*expr), groups: make(map[string]group), used: make(map[string]bool)}
}

func (ids *identifiers) add(key *node, x *expr) {
	ids.keys = append(ids.keys, key)
	ids.byName[key.text] = x
}

// resolve puts the selections in place of their names. The result is nil where a pattern names none.
func (c *compiler) resolve(x *cond, ids *identifiers, at *node) (*expr, error) {
	switch x.op {
	case condName:
		found, ok := ids.byName[x.word]
		if !ok {
			return nil, &conditionError{x.off, fmt.Sprintf("identifier %q is not defined", x.word)}
		}
		ids.used[x.word] = true
		return found, nil
	case condAny, condAll:
		return c.quantified(x, ids, at)
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

func (c *compiler) quantified(x *cond, ids *identifiers, at *node) (*expr, error) {
	key := x.String()
	if g, ok := ids.groups[key]; ok {
		return g.x, nil
	}
	if ids.compared += len(ids.keys); ids.compared > maxNamed {
		return nil, &conditionError{x.off, "too many patterns for so many identifiers"}
	}
	var g group
	var kids []*expr
	means := pattern(x.word)
	for _, id := range ids.keys {
		if means(id.text) {
			ids.used[id.text] = true
			g.names, kids = append(g.names, id.text), append(kids, ids.byName[id.text])
		}
	}
	if g.names == nil {
		c.warn(at.inside(x.off), "condition: %q names no identifier; it is left out", x.word)
	}
	op := opOr
	if x.op == condAll {
		op = opAnd
	}
	g.x = join(op, kids)
	ids.groups[key] = g
	return g.x, nil
}

// pattern returns the test whether a pattern means an identifier. Names that begin with _ are not meant unless the
// pattern begins so too.
func pattern(word string) func(name string) bool {
	var parts []predicate.Part
	for i, lit := range strings.Split(word, "*") {
		if i > 0 {
			parts = append(parts, predicate.Part{Kind: predicate.Run})
		}
		parts = append(parts, predicate.Part{Text: lit})
	}
	p := predicate.Compile(parts, false)
	return func(name string) bool {
		if strings.HasPrefix(name, "_") && !strings.HasPrefix(word, "_") {
			return false
		}
		return word == "them" || p.Match(name)
	}
}
