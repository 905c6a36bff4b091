package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/config"
)

// TestReloadMovesBound: the bound of memory goes with the rules, however often they are loaded anew.
func TestReloadMovesBound(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "")
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(room))
	file := filepath.Join(t.TempDir(), "r.yml")
	cfg := config.Config{}
	cfg.Rules.Paths = []string{file}
	l := &loader{}
	bound := func(rules int) int64 {
		writeRules(t, file, rules)
		loaded, err := l.rules(&cfg)
		if (err != nil) != (rules == 0) {
			t.Fatal(err)
		}
		runtime.KeepAlive(loaded)
		return debug.SetMemoryLimit(-1)
	}
	few := bound(1)
	if many := bound(3000); many < few+4<<20 {
		t.Errorf("3,000 rules raise the bound from %d to %d", few, many)
	}
	for _, rules := range []int{1, 1, 0, 1} { // none is refused, and the others stay
		if again := bound(rules); again > few+1<<20 || again < few-1<<20 {
			t.Errorf("the bound for one rule is %d, and was %d", again, few)
		}
	}
}

func writeRules(t *testing.T, file string, count int) {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, "---\ntitle: r%[1]d\nid: r%[1]d\nlogsource: {product: linux, category: process_creation}\ndetection:\n  s: {CommandLine|contains: a%[1]d}\n  condition: s\n", i)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
