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
