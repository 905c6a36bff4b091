package regex

import (
	"math/rand/v2"
	"testing"
)

// FuzzDFA holds the automaton to the reference, with states that were made for other subjects too.
func FuzzDFA(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		for range 50 {
			tree := randomTree(r, 1+r.IntN(4))
			if !regular(tree) {
				continue
			}
			d, err := newDFA(tree)
			if err != nil {
				t.Fatalf("newDFA(%s): %v", show(tree), err)
			}
			for range 30 {
				s := randomSubject(r)
				want := matches(tree, s)
				if got, decided, _ := d.match(s, 1<<20); got != want || !decided {
					t.Fatalf("match(%s, %q) = %v, %v, want %v", show(tree), s, got, decided, want)
				}
			}
		}
	})
}
