package regex

import (
	"runtime"
	"strings"
	"testing"
)

// nested wraps inner in depth copies of before and after.
func nested(depth int, before, inner, after string) string {
	return strings.Repeat(before, depth) + inner + strings.Repeat(after, depth)
}

// TestLoadBound: whatever the expression, reading it takes little memory, so little time too.
func TestLoadBound(t *testing.T) {
	const most = 128 << 20
	allocated := func(f func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	for _, expr := range []string{
		nested(40, "(?:", "a", "|a){8}"),
		nested(40, "(?:", "a", "){8}"),
		nested(40, "(?:", "ab|c", "x){2,9}"),
		nested(40, "(?:", "", "){60000}"),
		nested(40, "(?:", "a?", "){0,60000}"),
		strings.Repeat("(?i)[a-z]x?", 5000),
		strings.Repeat("a|", 30000) + "b",
		strings.Repeat("a?", 30000),
		strings.Repeat(`\b(?!\w)`, 5000),
		`((a{1000}){1000}){1000}`,
	} {
		if got := allocated(func() {
			tree, err := parse(expr, 0)
			if err != nil {
				t.Fatalf("parse(%.40q): %v", expr, err)
			}
			required(tree.root)
			mustHave(tree.root)
			if d, err := newDFA(tree.root, tree.utf); err == nil {
				d.match("aaaa", 1<<16)
			}
		}); got > most {
			t.Errorf("%.40q: %d bytes allocated, at most %d", expr, got, most)
		}
	}
	for _, expr := range []string{
		nested(100, "~(", ".*a.{8}.*", ")"),
		nested(40, "(", "a", "&a*){8}"),
		strings.Repeat("[a-z]&", 300) + "b",
		strings.Repeat("~a", 300),
		"~(" + strings.Repeat("é?", 1000) + ")",
	} {
		if got := allocated(func() { CompileLucene(expr, true, Options{}) }); got > most {
			t.Errorf("Lucene %.40q: %d bytes allocated, at most %d", expr, got, most)
		}
	}
}
