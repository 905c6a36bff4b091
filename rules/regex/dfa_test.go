package regex

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
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
			d, err := newDFA(tree, false)
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

// latin1 returns s with a character for each byte, as Go's expressions must see it to agree with PCRE2 without UTF.
func latin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// inGo reports whether Go's expressions can say the same as n.
func inGo(n *node) bool {
	switch n.op {
	case opFail, opKeep, opLook:
		return false
	case opAssert:
		return n.assert != textEndLF && n.assert != matchStart && n.assert != lineBegin
	}
	return !slices.ContainsFunc(n.kids, func(k *node) bool { return !inGo(k) })
}

// FuzzGo holds the parser and the automaton to Go's package regexp, for what both say in the same words.
func FuzzGo(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 3))
		for range 50 {
			tree := randomTree(r, 1+r.IntN(4))
			if !inGo(tree) {
				continue
			}
			expr := show(tree)
			std, err := regexp.Compile(strings.ReplaceAll(expr, "[]", `[^\x00-\x{10ffff}]`))
			if err != nil {
				continue // it is larger than Go allows
			}
			d := mustDFA(t, expr, 0)
			for range 30 {
				s := randomSubject(r)
				want := std.MatchString(latin1(s))
				if got, decided, _ := d.match(s, 1<<20); got != want || !decided {
					t.Fatalf("match(%s, %q) = %v, %v, want %v", expr, s, got, decided, want)
				}
			}
		}
	})
}

// FuzzPrint: a tree that is printed and parsed means the same.
func FuzzPrint(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 4))
		for range 50 {
			tree := randomTree(r, 1+r.IntN(3))
			parsed, err := parse(show(tree), 0)
			if err != nil {
				continue // a lookbehind without fixed length
			}
			for range 30 {
				s := randomSubject(r)
				if got, want := matches(parsed.root, s), matches(tree, s); got != want {
					t.Fatalf("parse(%s) on %q: %v, want %v", show(tree), s, got, want)
				}
			}
		}
	})
}
