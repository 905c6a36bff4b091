package eql

import (
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules/regex"
)

// TestUndecided: a text that takes an expression too many steps is counted, and named with its rule. Expressions of Lucene's
// are regular, so that takes one with a small limit.
func TestUndecided(t *testing.T) {
	const expr = `(ab|ba|aab)+c.*`
	q := compiledQuery(t, `any where line regex "`+expr+`"`)
	few, err := regex.CompileLucene(expr, false, regex.Options{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	q.leaves[0].regexes[0].re = few
	if got := q.Undecided(nil); len(got) != 0 {
		t.Fatalf("Undecided = %v before any event", got)
	}
	if got := q.EvalFields(nil, fields{"line": {strings.Repeat("ab", 1000) + "dbc"}}); len(got) != 0 {
		t.Fatalf("%d matches, want none", len(got))
	}
	if got := q.Undecided(nil); len(got) != 1 || got[0].Count != 1 || got[0].Field != "line" || got[0].Pattern != expr || len(got[0].Rules) != 1 {
		t.Errorf("Undecided = %+v, want one of line, once", got)
	}
}
