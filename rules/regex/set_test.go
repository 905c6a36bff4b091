package regex

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// FuzzSet holds a set to its expressions one by one.
func FuzzSet(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 6))
		var all []*Regexp
		for range r.IntN(30) {
			if re, err := Compile(show(randomTree(r, 1+r.IntN(3))), Options{}); err == nil {
				all = append(all, re)
			}
		}
		set := newPatternSet(all)
		var sc Scratch
		for range 50 {
			s := randomSubject(r)
			var want []result
			for i, re := range all {
				if a := re.Match(s, nil); a != No {
					want = append(want, result{int32(i), a})
				}
			}
			if got := set.match(nil, s, &sc); !slices.Equal(got, want) {
				t.Fatalf("Match(%q) = %v, want %v, of %q", s, got, want, all)
			}
		}
	})
}

// TestSetBudget: an expression that finds the budget spent is undecided, not forgotten.
func TestSetBudget(t *testing.T) {
	set := newPatternSet(compileAll(t, []string{`(\w+\s?)+\1x`, `(a).*z\1z`}))
	var sc Scratch
	sc.SetBudget(100)
	got := set.match(nil, strings.Repeat("a z ", 1000)+"x", &sc)
	if want := []result{{0, Undecided}, {1, Undecided}}; !slices.Equal(got, want) {
		t.Errorf("Match = %v, want %v", got, want)
	}
}

func TestSetAllocs(t *testing.T) {
	set := newPatternSet(compileAll(t, manyPatterns(300)))
	var sc Scratch
	var dst []result
	for _, line := range append(commandLines, commandLines...) {
		dst = set.match(dst[:0], line, &sc)
	}
	if n := testing.AllocsPerRun(20, func() {
		for _, line := range commandLines {
			dst = set.match(dst[:0], line, &sc)
		}
	}); n != 0 {
		t.Errorf("Match: %v allocations", n)
	}
}

func compileAll(tb testing.TB, exprs []string) (all []*Regexp) {
	tb.Helper()
	for _, e := range exprs {
		re, err := Compile(e, Options{})
		if err != nil {
			tb.Fatalf("Compile(%q): %v", e, err)
		}
		all = append(all, re)
	}
	return all
}

// TestSetHostile: a subject that has all literals, in disorder, is decided within the budget of an event.
func TestSetHostile(t *testing.T) {
	all := compileAll(t, manyPatterns(300))
	var words []string
	for _, re := range all {
		for _, n := range re.Required() {
			words = append(words, n.Text)
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	for b.Len() < 1<<17 {
		b.WriteString(words[r.IntN(len(words))] + []string{" ", "", "/", "x9-"}[r.IntN(4)])
	}
	var sc Scratch
	const budget = 50_000_000
	sc.SetBudget(budget)
	results := newPatternSet(all).match(nil, b.String(), &sc)
	for _, got := range results {
		if got.answer == Undecided {
			t.Errorf("Match(%q) is undecided", all[got.index])
		}
	}
	if spent := budget - sc.Left(); spent > budget/5 {
		t.Errorf("%d steps, more than a fifth of %d", spent, budget)
	}
}
