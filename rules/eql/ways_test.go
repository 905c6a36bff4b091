package eql

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// A test of one field and a constant is compiled to a leaf; between parentheses, compared with true, it is an expression with
// a value. Both ways must say the same.

var someTexts = []string{"", "a", "A", "ab", "Ab*", "b?", "10", "-3", "4.5", "x y", "true", "10.1.2.3", "k", "\u212a", "ß", "a\\b", "é"}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// randomTest returns a test of one field, as a query.
func randomTest(r *rand.Rand) string {
	text := func() string {
		b := strings.Builder{}
		printString(&b, pick(r, someTexts))
		return b.String()
	}
	texts := func() string { return "(" + text() + ", " + text() + ", " + text() + ")" }
	number := func() string { return pick(r, []string{"0", "4", "10", "-3", "4.5", "10.0"}) }
	order := pick(r, []string{"==", "<", "<=", ">", ">="})
	field := pick(r, []string{"s", "t", "some"})
	switch r.IntN(8) {
	case 0:
		return field + " " + order + " " + text()
	case 1:
		return pick(r, []string{"n", "d", "some"}) + " " + order + " " + number()
	case 2:
		return pick(r, []string{"n", "some"}) + " in (" + number() + ", " + number() + ")"
	case 3:
		return field + " " + pick(r, []string{"in", "in~", ":", "like", "like~"}) + " " + texts()
	case 4:
		return field + " " + pick(r, []string{"regex", "regex~"}) + ` ("a.*", "[0-9]+", "x.y|k")`
	case 5:
		return "cidrMatch(ip, \"10.0.0.0/8\", \"::1\")"
	case 6:
		return pick(r, []string{"startsWith", "endsWith", "stringContains"}) + pick(r, []string{"", "~"}) + "(s, " + text() + ")"
	}
	return "b == " + pick(r, []string{"true", "false"})
}

func randomFields(r *rand.Rand) fields {
	f := fields{}
	for _, name := range []string{"s", "t", "some", "ip", "b", "n", "d"} {
		for range r.IntN(4) {
			v := pick(r, someTexts)
			switch name {
			case "n":
				v = pick(r, []string{"0", "4", "10", "-3"})
			case "d":
				v = pick(r, []string{"0.5", "4.5", "10.0", "-3"})
			case "b":
				v = pick(r, []string{"true", "false"})
			}
			f[name] = append(f[name], v)
		}
	}
	return f
}

// checkWays compares the two ways, and what not, and, or and != make of a test.
func checkWays(t *testing.T, x, y string, f fields) {
	t.Helper()
	hx, hy := holds(t, x, f), holds(t, y, f)
	for cond, want := range map[string]bool{
		fmt.Sprintf("(%s) == true", x):               hx,
		fmt.Sprintf("not (%s)", x):                   !hx,
		fmt.Sprintf("(%s) and %s", x, y):             hx && hy,
		fmt.Sprintf("(%s) or %s", x, y):              hx || hy,
		fmt.Sprintf("not ((%s) and not (%s))", x, y): !hx || hy,
		strings.Replace(x, " == ", " != ", 1):        hx != strings.Contains(x, " == "),
		strings.Replace(x, " in (", " not in (", 1):  hx != strings.Contains(x, " in ("),
	} {
		if got := holds(t, cond, f); got != want {
			t.Errorf("%s: %v, want %v, since %s: %v; fields %q", cond, got, want, x, hx, f)
		}
	}
}

func TestWays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		checkWays(t, randomTest(r), randomTest(r), randomFields(r))
		if t.Failed() {
			return
		}
	}
}

func FuzzWays(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		r := rand.New(rand.NewPCG(a, b))
		checkWays(t, randomTest(r), randomTest(r), randomFields(r))
	})
}
