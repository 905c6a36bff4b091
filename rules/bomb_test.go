package rules

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/rules/rule"
)

// bombs are rule files that are small and cost much, or are large.
func bombs() map[string]string {
	const head = "title: x\nlogsource: {product: linux, category: process_creation}\ndetection:\n"
	laughs := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'i'; c++ {
		laughs += fmt.Sprintf("%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	return map[string]string{
		"a billion laughs":       laughs + head + "  s: *i\n  condition: s\n",
		"lists, 10,000 deep":     head + "  s: " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "\n  condition: s\n",
		"mappings, 10,000 deep":  head + "  s: " + strings.Repeat("{a: ", 10_000) + "b" + strings.Repeat("}", 10_000) + "\n  condition: s\n",
		"a key of 1 MiB":         head + "  s: {'" + strings.Repeat("k", 1<<20-200) + "': v}\n  condition: s\n",
		"a value of 1 MiB":       head + "  s: {Image: '" + strings.Repeat("v", 1<<20-200) + "'}\n  condition: s\n",
		"a condition of 1 MiB":   head + "  s: {Image: v}\n  condition: s" + strings.Repeat(" and s", (1<<20-200)/6) + "\n",
		"brackets of 500 KiB":    head + "  s: {Image: v}\n  condition: " + strings.Repeat("(", 250_000) + "s" + strings.Repeat(")", 250_000) + "\n",
		"a hundred thousand not": head + "  s: {Image: v}\n  condition: " + strings.Repeat("not ", 100_000) + "s\n",
		"wildcards":              head + "  s: {Image: '" + strings.Repeat("*a", 400_000) + "'}\n  condition: s\n",
		"an open string":         head + "  s: {Image: '" + strings.Repeat("v", 1<<19),
	}
}

// load loads files and returns how long that took and what of memory it took at most, about.
func load(files []rule.File) (set *Set, diags []rule.Diag, took time.Duration, bytes int64) {
	debug.FreeOSMemory()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun := time.Now()
	set, diags = Load(files)
	took = time.Since(begun)
	runtime.GC()
	runtime.ReadMemStats(&after)
	return set, diags, took, int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// TestBombs: a file that is made to cost much is refused or loaded, soon, and keeps little memory; a good one beside it is loaded.
func TestBombs(t *testing.T) {
	good := rule.File{Name: "good.yml", Data: []byte("title: good\nlogsource: {product: linux, category: process_creation}\ndetection: {s: {Image: /x}, condition: s}\n")}
	// A ratio, not a time: machines differ. Ten thousand plain rules are what a large set costs.
	_, _, plain, _ := load(many(10_000))
	for name, text := range bombs() {
		set, diags, took, bytes := load([]rule.File{{Name: "bomb.yml", Data: []byte(text)}, good})
		t.Logf("%-22s %6d KiB: %d rules, %d diags, %s, %d KiB", name, len(text)>>10, len(set.Rules()), len(diags), took.Round(time.Microsecond), bytes>>10)
		if took > max(100*time.Millisecond, plain) {
			t.Errorf("%s: loaded in %s, 10,000 rules in %s", name, took, plain)
		}
		if bytes > 16<<20 {
			t.Errorf("%s: keeps %d MiB", name, bytes>>20)
		}
		found := false
		for _, r := range set.Rules() {
			found = found || r.Title == "good"
		}
		if !found {
			t.Errorf("%s: the good rule is not loaded", name)
		}
		runtime.KeepAlive(set)
	}
}

// many returns so many rules, a thousand to a file.
func many(n int) (files []rule.File) {
	for f := 0; f < n; f += 1000 {
		var b strings.Builder
		for i := range min(1000, n-f) {
			fmt.Fprintf(&b, "---\ntitle: Rule %d\nid: %08x-0000-4000-8000-000000000000\nlevel: low\nlogsource: {product: linux, category: process_creation}\ndetection: {s: {Image|endswith: '/tool%d', CommandLine|contains: 'option%d'}, condition: s}\n", f+i, f+i, f+i, f+i)
		}
		files = append(files, rule.File{Name: fmt.Sprintf("%d.yml", f), Data: []byte(b.String()[4:])})
	}
	return files
}

// TestManyRules: 50,000 rules are loaded, and what they keep has a bound.
func TestManyRules(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	set, diags, took, bytes := load(many(50_000))
	t.Logf("%d rules in %s, %d MiB", len(set.Rules()), took, bytes>>20)
	if len(set.Rules()) != 50_000 || len(diags) > 0 {
		t.Errorf("%d rules, diags %.300v", len(set.Rules()), diags)
	}
	if bytes > 200<<20 {
		t.Errorf("keeps %d MiB, want 200 at most", bytes>>20)
	}
	runtime.KeepAlive(set)
}
