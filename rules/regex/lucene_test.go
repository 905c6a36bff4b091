package regex

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestLucene has the cases of Elasticsearch's documentation and of its differences from PCRE2.
func TestLucene(t *testing.T) {
	for _, tt := range []struct {
		expr            string
		fold            bool
		match, mismatch []string
	}{
		{expr: `ab.`, match: []string{"abc", "ab\n", "ab€", "ab\xff"}, mismatch: []string{"ab", "abcd", "xabc", "ab\xff\xff"}},
		{expr: `abc?`, match: []string{"ab", "abc"}, mismatch: []string{"abcc"}},
		{expr: `a{2}{3}`, match: []string{"aaaaaa"}, mismatch: []string{"aa", "aaa"}},
		{expr: `a{2,}`, match: []string{"aa", "aaaa"}, mismatch: []string{"a"}},
		{expr: `(abc){2}|d()`, match: []string{"abcabc", "d"}, mismatch: []string{"abc", ""}},
		{expr: `^a$`, match: []string{"^a$"}, mismatch: []string{"a"}},
		{expr: `.*-R.*`, match: []string{"ssh -R 1:2", "\n-R\n", "é-R\xff"}, mismatch: []string{"ssh -r 1:2"}},
		{expr: `.*-R.*`, fold: true, match: []string{"ssh -r 1:2"}, mismatch: []string{"ssh"}},
		{expr: `[a-c]É`, fold: true, match: []string{"BÉ"}, mismatch: []string{"Bé"}},
		{expr: `[^a-c]`, match: []string{"d", "€", "\xff", "\n"}, mismatch: []string{"b", "", "dd"}},
		{expr: `[]a\-z]+`, match: []string{"]a-z"}, mismatch: []string{"b"}},
		{expr: `[-a]+`, match: []string{"-a"}, mismatch: []string{"b"}},
		{expr: `\d+\.\d+\w\s`, match: []string{"10.2a\n"}, mismatch: []string{"10x2a ", "1.2a\v"}},
		{expr: `[^\d\s]+`, match: []string{"ab"}, mismatch: []string{"a b", "a1"}},
		{expr: `"a.*b"\"`, match: []string{`a.*b"`}, mismatch: []string{`axb"`}},
		{expr: `a@z`, match: []string{"az", "a b z"}, mismatch: []string{"a b"}},
		{expr: `#|abc`, match: []string{"abc"}, mismatch: []string{"", "#"}},
		{expr: ``, match: []string{""}, mismatch: []string{"a"}},
		{expr: `a~bc`, match: []string{"adc", "aec", "ac", "abbc", "aéc"}, mismatch: []string{"abc"}},
		{expr: `~(.*bar.*)&.*foo.*`, match: []string{"foo", "a foo b"}, mismatch: []string{"foo bar", "x"}},
		{expr: `aaa.+&.+bbb`, match: []string{"aaabbb", "aaa bbb"}, mismatch: []string{"aaab", "xaaabbb"}},
		{expr: `foo<1-100>`, match: []string{"foo1", "foo99", "foo100", "foo007"}, mismatch: []string{"foo0", "foo101", "foo"}},
		{expr: `foo<01-100>`, match: []string{"foo01", "foo1"}, mismatch: []string{"foo101"}},
		{expr: `foo<001-100>`, match: []string{"foo001", "foo100"}, mismatch: []string{"foo1", "foo101", "foo0001"}},
		{expr: `<100-1>`, match: []string{"1", "0100"}, mismatch: []string{"101"}},
		{expr: `.{3}`, match: []string{"é€x", "a\xffb"}, mismatch: []string{"é", "éx"}},
	} {
		l, err := CompileLucene(tt.expr, tt.fold, Options{})
		if err != nil {
			t.Errorf("CompileLucene(%q): %v", tt.expr, err)
			continue
		}
		check := func(values []string, want Answer) {
			for _, s := range values {
				if got := l.Match(s, nil); got != want {
					t.Errorf("Match(%q, %q) = %v, want %v", tt.expr, s, got, want)
				}
			}
		}
		check(tt.match, Yes)
		check(tt.mismatch, No)
	}
}

func TestLuceneRefused(t *testing.T) {
	for _, tt := range []struct {
		expr   string
		offset int
		msg    string
	}{
		{`a|`, 2, "operand"},
		{`(|a)`, 1, "operand"},
		{`*a`, 0, "operand"},
		{`a&`, 2, "operand"},
		{`~`, 1, "operand"},
		{`(a`, 0, "missing closing"},
		{`a)`, 1, "unmatched"},
		{`a{`, 1, "count"},
		{`a{3,2}`, 1, "out of order"},
		{`a{70000}`, 1, "too big"},
		{`[a`, 0, "missing terminating"},
		{`[]`, 0, "missing terminating"},
		{`[a-]`, 2, "hyphen"},
		{`[b-a]`, 1, "out of order"},
		{`[a-\d]`, 3, "unrecognized escape"},
		{`a\`, 1, "at end"},
		{`\b`, 0, "unrecognized escape"},
		{`"abc`, 0, "closing quote"},
		{`<abc>`, 0, "two numbers"},
		{`<1-99999999999>`, 0, "two numbers"},
		{"a\xff", 0, "UTF-8"},
		{strings.Repeat("(", 251) + "a" + strings.Repeat(")", 251), 250, "nested"},
		{`~(.*a.{20})`, 0, "too large"},
		{`(a{1000}){1000}`, 0, "too large"},
	} {
		_, err := CompileLucene(tt.expr, false, Options{})
		e, _ := err.(*Error)
		if e == nil || e.Offset != tt.offset || !strings.Contains(e.Msg, tt.msg) {
			t.Errorf("CompileLucene(%q) = %v, want offset %d: ... %s", tt.expr, err, tt.offset, tt.msg)
		}
	}
}

// plainLucene is a random expression and a plain reading of it: where a match may end that begins at i, as bits.
// Units are characters, or bytes of a value that is not UTF-8.
type plainLucene struct {
	expr string
	ends func(units []string, i int) uint64
}

func lowered(s string, fold bool) string {
	if fold {
		return asciiLower(s)
	}
	return s
}

// text is a text, in quotes if it has an operator.
func text(s string, fold bool) plainLucene {
	expr := s
	if strings.ContainsAny(s, `.~`) {
		expr = `"` + s + `"`
	}
	return plainLucene{expr, func(units []string, i int) (to uint64) {
		for j := i; j <= len(units); j++ {
			if lowered(strings.Join(units[i:j], ""), fold) == lowered(s, fold) {
				to |= 1 << j
			}
		}
		return to
	}}
}

// unit is an expression for one unit that is has.
func unit(expr string, has func(u string) bool) plainLucene {
	return plainLucene{expr, func(units []string, i int) uint64 {
		if i < len(units) && has(units[i]) {
			return 1 << (i + 1)
		}
		return 0
	}}
}

// each returns where n ends from all of from.
func (n plainLucene) each(units []string, from uint64) (to uint64) {
	for i := range len(units) + 1 {
		if from>>i&1 != 0 {
			to |= n.ends(units, i)
		}
	}
	return to
}

func randomLucene(r *rand.Rand, depth int, fold bool) plainLucene {
	if depth == 0 {
		return randomLuceneLeaf(r, fold)
	}
	a, b := randomLucene(r, depth-1, fold), randomLucene(r, depth-1, fold)
	switch r.IntN(8) {
	case 0:
		return plainLucene{fmt.Sprintf("(%s|%s)", a.expr, b.expr), func(u []string, i int) uint64 { return a.ends(u, i) | b.ends(u, i) }}
	case 1:
		return plainLucene{fmt.Sprintf("(%s&%s)", a.expr, b.expr), func(u []string, i int) uint64 { return a.ends(u, i) & b.ends(u, i) }}
	case 2:
		return plainLucene{fmt.Sprintf("(~(%s))", a.expr), func(u []string, i int) uint64 { return (1<<(len(u)+1) - 1<<i) &^ a.ends(u, i) }}
	case 3, 4:
		lo := r.IntN(3)
		hi := lo + r.IntN(3)
		return plainLucene{fmt.Sprintf("(%s){%d,%d}", a.expr, lo, hi), func(u []string, i int) (to uint64) {
			from := uint64(1) << i
			for k := range hi + 1 {
				if k >= lo {
					to |= from
				}
				from = a.each(u, from)
			}
			return to
		}}
	case 5:
		return plainLucene{fmt.Sprintf("(%s)*", a.expr), func(u []string, i int) uint64 {
			to := uint64(1) << i
			for range len(u) + 1 {
				to |= a.each(u, to)
			}
			return to
		}}
	default:
		return plainLucene{fmt.Sprintf("(%s%s)", a.expr, b.expr), func(u []string, i int) uint64 { return b.each(u, a.ends(u, i)) }}
	}
}

func randomLuceneLeaf(r *rand.Rand, fold bool) plainLucene {
	switch r.IntN(8) {
	case 0:
		return unit(".", func(string) bool { return true })
	case 1:
		return unit("[^aé]", func(u string) bool { return lowered(u, fold) != "a" && u != "é" })
	case 2:
		return unit("[a-b]", func(u string) bool { return strings.Contains("ab", lowered(u, fold)) })
	case 3:
		return unit(`\W`, func(u string) bool { return !strings.Contains("abABk_01", u) })
	case 4:
		return plainLucene{"@", func(u []string, i int) uint64 { return 1<<(len(u)+1) - 1<<i }}
	case 5:
		return text("é", fold)
	}
	return text([]string{"a", "b", "A", "k", "_", "01", ".", "~", "\n"}[r.IntN(9)], fold)
}

func randomValue(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(8) {
		b.WriteString([]string{"a", "b", "A", "k", "_", "0", "1", ".", "\n", "é", "€", "~"}[r.IntN(12)])
	}
	if r.IntN(4) == 0 {
		b.WriteString("\xe9\xff"[r.IntN(2):])
	}
	return b.String()
}

func unitsOf(s string) (units []string) {
	if utf8.ValidString(s) {
		return strings.Split(s, "")
	}
	for i := range len(s) {
		units = append(units, s[i:i+1])
	}
	return units
}

// FuzzLucene holds expressions to a plain reading of them, and their literals to what they match.
func FuzzLucene(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 5))
		for range 10 {
			fold := r.IntN(2) == 0
			plain := randomLucene(r, r.IntN(4), fold)
			l, err := CompileLucene(plain.expr, fold, Options{})
			if err != nil {
				t.Fatalf("CompileLucene(%q): %v", plain.expr, err)
			}
			for range 30 {
				s := randomValue(r)
				units := unitsOf(s)
				want := Answer(plain.ends(units, 0) >> len(units) & 1)
				if got := l.Match(s, nil); got != want {
					t.Fatalf("Match(%q, fold %v, %q) = %v, want %v", plain.expr, fold, s, got, want)
				}
				if needles := l.Required(); want == Yes && len(needles) > 0 && !anyStands(needles, s) {
					t.Fatalf("Required(%q) = %q, not in %q", plain.expr, needles, s)
				}
			}
		}
	})
}

// FuzzLuceneParse: whatever the text, it is read or refused at an offset that is in it.
func FuzzLuceneParse(f *testing.F) {
	for _, s := range []string{`a|b&~c`, `[^a-z\d]{2,3}`, `<1-20>"x"@#`, `((`, `\`, `é[é-€]`} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, expr string, fold bool) {
		l, err := CompileLucene(expr, fold, Options{})
		if e, ok := err.(*Error); err != nil && (!ok || e.Offset < 0 || e.Offset > len(expr)) {
			t.Fatalf("CompileLucene(%q): %v", expr, err)
		}
		if err == nil {
			l.Match(expr, nil)
		}
	})
}
