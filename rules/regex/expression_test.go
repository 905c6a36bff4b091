package regex

import (
	"math/rand/v2"
	"testing"
)

// FuzzExpression: the automaton says what the backtracker says, and a subject that matches has what is required.
func FuzzExpression(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 10))
		for range 20 {
			expr, flags := expression(r)
			re, err := Compile(expr, Options{Flags: flags})
			if err != nil || re.program == nil {
				continue
			}
			back := &Regexp{program: re.program, limit: re.limit}
			for range 30 {
				s := subjectFor(r, expr)
				want := back.Match(s, nil)
				if want == Undecided {
					continue
				}
				if got := re.Match(s, nil); got != want {
					t.Fatalf("Match(%q, %s, %q) = %v, want %v", expr, letters(flags), s, got, want)
				}
				if needles := re.Required(); want == Yes && len(needles) > 0 && !anyStands(needles, s) {
					t.Fatalf("Required(%q, %s) = %q, not in %q", expr, letters(flags), needles, s)
				}
			}
		}
	})
}

// letters prints flags.
func letters(f Flags) (s string) {
	for _, c := range "imsxnUu" {
		if g, _ := ParseFlags(string(c)); f&g != 0 {
			s += string(c)
		}
	}
	return s
}
