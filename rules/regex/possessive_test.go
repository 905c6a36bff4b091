package regex

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestPlainer has what an automaton can decide although it has atomic groups or possessive repeats, and what it cannot.
func TestPlainer(t *testing.T) {
	for _, tt := range []struct {
		expr    string
		regular bool
	}{
		{`\d++\.`, true}, {`"[^"]*+"`, true}, {`a{2,5}+b`, true}, {`a?+a`, true}, {`(ab){2}+`, true}, {`(?>foo|bar)x`, true},
		{`(?>\s*)x`, true}, {`(?>\s*?)x`, true}, {`(?>a(?>b+)c|d)`, true}, {`\R+x`, true}, {`(*BSR_ANYCRLF)^\R`, true},
		{`(?>a|ab)c`, false}, {`(?:ab)*+c`, false}, {`(?>a*b?)c`, false}, {`(?>.*)(?=x)a`, true},
	} {
		re, err := Compile(tt.expr, Options{})
		if err != nil {
			t.Errorf("Compile(%q): %v", tt.expr, err)
		} else if re.Regular() != tt.regular {
			t.Errorf("Regular(%q) = %v, want %v", tt.expr, re.Regular(), tt.regular)
		}
	}
}

// randomAtomic is an expression full of what plainer rewrites.
func randomAtomic(r *rand.Rand, depth int) string {
	var b strings.Builder
	for range 1 + r.IntN(3) {
		atoms := []string{"a", "b", "[ab]", "[^a]", `\w`, `\R`, `\n`, `\r`, "ab", "k"}
		if depth > 0 {
			atoms = append(atoms, "("+randomAtomic(r, depth-1)+")", "(?>"+randomAtomic(r, depth-1)+")", "(?>"+randomAtomic(r, depth-1)+"|"+randomAtomic(r, depth-1)+")",
				"(?:"+randomAtomic(r, depth-1)+"|"+randomAtomic(r, depth-1)+")", "(?>a|b[ab])", "(?>ab|[ab\r])")
		}
		b.WriteString(atoms[r.IntN(len(atoms))])
		b.WriteString([]string{"", "", "", "*+", "++", "?+", "{1,2}+", "{2}+", "*", "+?", "{0,2}"}[r.IntN(11)])
	}
	return b.String()
}

// FuzzPlainer holds the automaton of such an expression to the backtracker, which reads it as it was.
func FuzzPlainer(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 11))
		for range 50 {
			expr := randomAtomic(r, r.IntN(3))
			re, err := Compile(expr, Options{})
			if err != nil {
				t.Fatalf("Compile(%q): %v", expr, err)
			}
			if !re.Regular() {
				continue
			}
			back := &Regexp{program: re.program, limit: re.limit}
			for range 30 {
				s := randomSubject(r)
				if want, got := back.Match(s, nil), re.Match(s, nil); got != want && want != Undecided {
					t.Fatalf("Match(%q, %q) = %v, want %v", expr, s, got, want)
				}
			}
		}
	})
}
