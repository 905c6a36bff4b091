package regex

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules/predicate"
)

// stands is a plain reading of what a needle means.
func stands(n predicate.Needle, s string) bool {
	s = asciiLower(s)
	switch n.Place {
	case predicate.AtStart:
		return strings.HasPrefix(s, n.Text)
	case predicate.AtEnd:
		return strings.HasSuffix(s, n.Text)
	case predicate.Whole:
		return s == n.Text
	}
	return strings.Contains(s, n.Text)
}

func anyStands(needles []predicate.Needle, s string) bool {
	return slices.ContainsFunc(needles, func(n predicate.Needle) bool { return stands(n, s) })
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// FuzzRequired: a subject that matches has one of the needles.
func FuzzRequired(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		for range 50 {
			tree := randomTree(r, 1+r.IntN(4))
			needles := required(tree)
			if len(needles) == 0 {
				continue
			}
			index := predicate.CompileLiterals(needles)
			for range 30 {
				s := randomSubject(r)
				if !matches(tree, s) {
					continue
				}
				if got := len(index.Find(nil, s)) > 0; !got || !anyStands(needles, s) {
					t.Fatalf("required(%s) = %q, not in %q, which matches (index: %v)", show(tree), needles, s, got)
				}
			}
		}
	})
}
