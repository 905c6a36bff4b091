package regex

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// mustDFA compiles a regular expression.
func mustDFA(tb testing.TB, expr string, flags Flags) *dfa {
	tb.Helper()
	t, err := parse(expr, flags)
	if err != nil {
		tb.Fatalf("parse(%q): %v", expr, err)
	}
	if !regular(t.root) {
		tb.Fatalf("regular(%q) = false", expr)
	}
	d, err := newDFA(t.root, t.utf)
	if err != nil {
		tb.Fatalf("newDFA(%q): %v", expr, err)
	}
	return d
}

// noise is n bytes of letters, the same each time.
func noise(n int, letters string) string {
	r := rand.New(rand.NewPCG(7, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// hostile are expressions that blow up in backtrackers or in automata, each with a subject that makes it so.
var hostile = []struct{ expr, subject string }{
	{`(a+)+$`, strings.Repeat("a", 1<<17) + "!"},
	{`(a|aa)+$`, strings.Repeat("a", 1<<17) + "!"},
	{`^(\w+\s?)*$`, strings.Repeat("word ", 1<<15) + "!"},
	{`(x+x+)+y`, "y" + strings.Repeat("x", 1<<17)},
	{`\s+$`, strings.Repeat(" ", 1<<17) + "!"},
	{`a[\s\S]*?b[\s\S]*?c[\s\S]*?d`, strings.Repeat("abc", 1<<15)},
	{`[a-z0-9]{1,1000}!`, "!" + noise(1<<17, "abc019")},
	{`(?:a?){100}a{100}`, strings.Repeat("a", 99)},
	{`x(.){200,}y`, "y" + noise(1<<17, "xz")},
	{`x.{200}y`, "y" + noise(1<<17, "xz")},
	{`(?:x.{30}){3}y`, "y" + noise(1<<17, "xz")},
	{`(?i)(\w{1,60}\W{1,60}){20}#`, "#" + noise(1<<17, "abc.:")},
}

// TestHostile: whatever the subject, all is decided in few steps, and little is kept.
func TestHostile(t *testing.T) {
	for _, tt := range hostile {
		d := mustDFA(t, tt.expr, 0)
		const limit = 1 << 20
		_, decided, steps := d.match(tt.subject, limit)
		if !decided || steps > limit {
			t.Errorf("match(%q): decided %v, %d steps", tt.expr, decided, steps)
		}
		if kept := d.spare.Load().bytes(); kept > keepBytes {
			t.Errorf("match(%q): %d bytes kept, at most %d", tt.expr, kept, keepBytes)
		}
	}
}

// TestStateBytes: states take no more than their bound, which append may double, while a search makes them.
func TestStateBytes(t *testing.T) {
	for _, tt := range hostile {
		d := mustDFA(t, tt.expr, 0)
		s := search{states: newStates(d), subject: tt.subject, limit: 1 << 20}
		s.run()
		if got := s.bytes(); got > 3*maxStateBytes {
			t.Errorf("match(%q): states take %d bytes, bound %d", tt.expr, got, maxStateBytes)
		}
	}
}

// TestDecisionHasNoHistory: what is decided within a limit does not depend on the searches before.
func TestDecisionHasNoHistory(t *testing.T) {
	subjects := []string{noise(300, "xz"), noise(3000, "xzy"), noise(1<<15, "xz"), strings.Repeat("xz", 500), ""}
	for _, limit := range []int{100, 5000, warmSteps, 2 * warmSteps, 1 << 21} {
		used := mustDFA(t, `x.{11}y|z.{9}x.{3}y`, 0)
		for round := range 3 {
			for i, s := range subjects {
				wantYes, wantDecided, _ := mustDFA(t, `x.{11}y|z.{9}x.{3}y`, 0).match(s, limit)
				yes, decided, _ := used.match(s, limit)
				if yes != wantYes || decided != wantDecided {
					t.Errorf("limit %d, round %d, subject %d: %v, %v, want %v, %v", limit, round, i, yes, decided, wantYes, wantDecided)
				}
			}
		}
	}
}

// TestMatchAllocs: once the states are there, a search does not allocate.
func TestMatchAllocs(t *testing.T) {
	line := strings.Repeat("/usr/bin/python3 -c import os; print('x') --verbose /var/log/audit/audit.log ", 20)
	for _, expr := range []string{`(?i)base64\s+-d`, `^(\w+\s?)*$`, `\b\d{1,3}\.\d{1,3}\b`, `x(.){20,}y`} {
		d := mustDFA(t, expr, 0)
		d.match(line, 1<<20)
		if n := testing.AllocsPerRun(100, func() { d.match(line, 1<<20) }); n != 0 {
			t.Errorf("match(%q): %v allocations", expr, n)
		}
	}
}

// TestConcurrentMatch: many goroutines may search at once; what they find is what one finds.
func TestConcurrentMatch(t *testing.T) {
	d := mustDFA(t, `(?i)(?:wget|curl)\s.*\|\s*(?:ba|z)?sh\b`, 0)
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 200 {
				s := fmt.Sprintf("sh -c 'CURL -%d http://x/%s | bash%s'", g, noise(i, "ab|c "), []string{"", "x"}[i%2])
				if yes, decided, _ := d.match(s, 1<<20); yes != (i%2 == 0) || !decided {
					t.Errorf("match(%q) = %v, %v", s, yes, decided)
				}
			}
		})
	}
	group.Wait()
}
