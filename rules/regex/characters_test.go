package regex

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// randomText is an expression over characters that Go's package regexp reads as PCRE2 does.
func randomText(r *rand.Rand, depth int) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		atoms := []string{"a", "b", "é", "€", ".", "[^a]", "[^é]", "[é€]", "[a-é]", `\w`, `\W`, `\D`, `\b`, `\B`, `\A`, `\z`, "(?s:.)"}
		if depth > 0 {
			atoms = append(atoms, "("+randomText(r, depth-1)+")", "(?:"+randomText(r, depth-1)+"|"+randomText(r, depth-1)+")")
		}
		b.WriteString("(?:" + atoms[r.IntN(len(atoms))] + ")" + []string{"", "", "*", "+?", "?", "{2}"}[r.IntN(6)])
	}
	return b.String()
}

// FuzzText: with Text, a character is what it is for Go in a subject that is UTF-8; in another, a byte.
func FuzzText(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 8))
		for range 20 {
			expr := randomText(r, r.IntN(3))
			std := regexp.MustCompile(expr)
			re, err := Compile(expr, Options{Text: true})
			bytes, err2 := Compile(expr, Options{})
			if err != nil || err2 != nil {
				t.Fatalf("Compile(%q): %v, %v", expr, err, err2)
			}
			for range 30 {
				s := randomValue(r)
				want := bytes.Match(s, nil)
				if utf8.ValidString(s) {
					want = No
					if std.MatchString(s) {
						want = Yes
					}
				}
				if got := re.Match(s, nil); got != want {
					t.Fatalf("Match(%q, %q) = %v, want %v", expr, s, got, want)
				}
				if needles := re.Required(); want == Yes && len(needles) > 0 && !anyStands(needles, s) {
					t.Fatalf("Required(%q) = %q, not in %q", expr, needles, s)
				}
			}
		}
	})
}
