package depstest

import (
	"os"
	"strings"
	"testing"
)

// maxDirect bounds the modules that the product itself imports: each is code that runs with its privileges.
const maxDirect = 12

// TestDirect: the modules of the product are few, each has an owner, and go.mod names an exact version of each, of no local copy.
func TestDirect(t *testing.T) {
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) > 0 && f[0] == "replace" {
			t.Errorf("go.mod: %s", strings.TrimSpace(line))
		}
		if len(f) != 2 || !strings.HasPrefix(f[1], "v") || under(f[0], testOnly) {
			continue // an indirect one has a comment
		}
		n++
		owned := false
		for mod := range owners {
			owned = owned || under(f[0], []string{mod})
		}
		if !owned {
			t.Errorf("%s: no package may import it", f[0])
		}
	}
	if n == 0 || n > maxDirect {
		t.Errorf("%d direct modules, want 1 to %d", n, maxDirect)
	}
	t.Logf("%d direct modules", n)
}
