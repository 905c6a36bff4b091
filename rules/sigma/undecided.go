package sigma

import (
	"slices"

	"github.com/auditpy/auditpy/rules/regex"
	"github.com/auditpy/auditpy/rules/rule"
)

// regexBudget is how many steps all regular expressions may take on one event together: 0.3 seconds or so.
const regexBudget = 50_000_000

// search reports whether v matches. What is undecided does not.
func (sc *scratch) search(re *regex.Regexp, v string) bool {
	a := re.Match(v, &sc.regex)
	sc.unsure = sc.unsure || a == regex.Undecided
	return a == regex.Yes
}

// onLimit reads what a rule does where an expression took too many steps: "quiet" as without it, where the test counts as
// false; or "alert", where the rule matches if it would for some answer.
func (c *compiler) onLimit(doc *node) bool {
	switch text := c.text(doc, "on_limit"); text {
	case "alert":
		return true
	case "", "quiet":
	default:
		c.fatal(errorAt(doc.get("on_limit").pos, "on_limit: needs alert or quiet, not %q", text))
	}
	return false
}

// may reports whether x holds for some answers of the tests that are undecided.
func (x *expr) may(e *Engine, sc *scratch) bool {
	switch x.op {
	case opLeaf:
		return sc.leaf(e, x.id) || sc.leaves[x.id]&leafUnsure != 0
	case opNot:
		return !x.kids[0].must(e, sc)
	case opAnd:
		return !slices.ContainsFunc(x.kids, func(k *expr) bool { return !k.may(e, sc) })
	}
	return slices.ContainsFunc(x.kids, func(k *expr) bool { return k.may(e, sc) })
}

// must reports whether x holds for all of them.
func (x *expr) must(e *Engine, sc *scratch) bool {
	switch x.op {
	case opLeaf:
		return sc.leaf(e, x.id)
	case opNot:
		return !x.kids[0].may(e, sc)
	case opAnd:
		return !slices.ContainsFunc(x.kids, func(k *expr) bool { return !k.must(e, sc) })
	}
	return slices.ContainsFunc(x.kids, func(k *expr) bool { return k.must(e, sc) })
}

// doubts appends the tests of x that were undecided.
func (x *expr) doubts(dst []rule.Evidence, e *Engine, sc *scratch) []rule.Evidence {
	if x.op != opLeaf {
		for _, k := range x.kids {
			dst = k.doubts(dst, e, sc)
		}
		return dst
	}
	values := sc.values(e, x.leaf.field)
	if sc.leaf(e, x.id); sc.leaves[x.id]&leafUnsure == 0 || len(values) == 0 || len(dst) >= maxEvidence {
		return dst
	}
	ev := rule.Evidence{Field: x.leaf.name, Value: values[0], Match: "undecided: " + x.leaf.words}
	if slices.Contains(dst, ev) {
		return dst
	}
	return append(dst, ev)
}

// Undecided appends the tests that were undecided, in the order of the rules. It may be called while Eval runs.
func (e *Engine) Undecided(dst []rule.Undecided) []rule.Undecided {
	for id := range e.leaves {
		if n := e.undecided[id].Load(); n > 0 {
			l := e.leaves[id]
			dst = append(dst, rule.Undecided{Field: l.name, Pattern: l.words, Rules: e.askers(id), Count: n})
		}
	}
	return dst
}

// askers returns the rules that have a test.
func (e *Engine) askers(leaf int) (all []*rule.Meta) {
	for i := range e.rules {
		if e.rules[i].cond.asks(leaf) {
			all = append(all, e.rules[i].meta)
		}
	}
	return all
}

func (x *expr) asks(leaf int) bool {
	return x.op == opLeaf && x.id == leaf || slices.ContainsFunc(x.kids, func(k *expr) bool { return k.asks(leaf) })
}
