package regex

import (
	"reflect"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	for _, tt := range []struct {
		expr    string
		flags   string
		subject string
		want    []int
	}{
		{`b`, "", "abc", []int{1, 2}},
		{`(a)|b`, "", "b", []int{0, 1, -1, -1}},
		{`(a|ab)(c|bcd)(d*)`, "", "abcd", []int{0, 4, 0, 1, 1, 4, 4, 4}},
		{`([a]*)*`, "", "aa", []int{0, 2, 2, 2}},
		{`(?:.{0,2}?)*`, "", "abc", []int{0, 0}},
		{`(?>a+)b`, "", "aaab", []int{0, 4}},
		{`a++a`, "", "aaa", nil},
		{`(\w)\1`, "", "hello", []int{2, 4, 2, 3}},
		{`(?<=(.))b`, "", "ab", []int{1, 2, 0, 1}},
		{`(?<!a)b`, "", "abb", []int{2, 3}},
		{`a\Kb`, "", "ab", []int{1, 2}},
		{`(?(?=a)ab|cd)`, "", "xcd", []int{1, 3}},
		{`(\()?x(?(1)\))`, "", "(x x", []int{1, 2, -1, -1}},
		{`\((?:[^()]|(?R))*\)`, "", "x(a(b)c)", []int{1, 8}},
		{`(?1)(a|b)(*ACCEPT)z`, "", "ba", []int{0, 2, 1, 2}},
		{`a(*COMMIT)b`, "", "acab", nil},
		{`a+(*PRUNE)c`, "", "aab aac", []int{4, 7, -1, -1}[:2]},
		{`aaaa(*SKIP)b|a`, "", "aaaac", nil},
		{`(?:a(*THEN)b|ac)`, "", "ac", []int{0, 2}},
		{`(?*|(*COMMIT)b)(*THEN)z|a`, "", "a", nil},
		{`(*SKIP:a)^x|(^)`, "", "y", nil},
		{`(*SKIP:a)^x|($)`, "", "y", []int{1, 1, 1, 1}},
		{`\Kb(?(?!(?R))|b)`, "", "bbb", []int{0, 2}},
		{`(?:[^b](*MARK:a)|(*SKIP:a)b)++|(*MARK:a)`, "", "xy", []int{0, 2}},
		{`x`, "i", "X", []int{0, 1}},
		{`.`, "u", "é", []int{0, 2}},
	} {
		f, _ := ParseFlags(tt.flags)
		re, err := Compile(tt.expr, Options{Flags: f})
		if err != nil {
			t.Errorf("Compile(%q): %v", tt.expr, err)
			continue
		}
		if got, a := re.Find(nil, tt.subject, nil); !reflect.DeepEqual(got, tt.want) || a == Undecided {
			t.Errorf("Find(%q, %q) = %v, %v, want %v", tt.expr, tt.subject, got, a, tt.want)
		}
	}
}

// FuzzFind: whatever is given, an expression is refused or searched for within its limits, and both ways to ask say the
// same.
func FuzzFind(f *testing.F) {
	for _, expr := range []string{`(?=(a(*ACCEPT)b))\w(?1)`, `(a|(?R)b)`, `(?<n>a(?(n)b|c))*+\k<n>`, `(?(DEFINE)(x))(?|(a)|(b))\1(?<=ab|cd)(*SKIP:x)`} {
		f.Add(expr, uint16(0), "abab\n")
	}
	f.Fuzz(func(t *testing.T, expr string, flags uint16, subject string) {
		re, err := Compile(expr, Options{Flags: Flags(flags) & (UTF<<1 - 1), Limit: 20_000})
		if err != nil {
			return
		}
		var sc Scratch
		offsets, found := re.Find(nil, subject, &sc)
		if got := re.Match(subject, &sc); got != found {
			t.Errorf("Match(%q, %q) = %v, Find: %v", expr, subject, got, found)
		}
		if len(offsets) > 0 && (offsets[1] < 0 || offsets[1] > len(subject)) {
			t.Errorf("Find(%q, %q) = %v", expr, subject, offsets)
		}
	})
}

func TestWarnings(t *testing.T) {
	for _, tt := range []struct {
		expr string
		want []int // offsets
	}{
		{`a{,3}`, []int{1}}, {`a{ 3}`, []int{1}}, {`a{2 , 3 }b`, []int{1}}, {`a{,}`, nil}, {`a{x}{`, nil}, {`a{2,3}`, nil},
		{`\Q{,3}\E\{,3}[{,3}]`, nil}, {`(a)\1{,3}`, []int{5, 0}},
	} {
		re, err := Compile(tt.expr, Options{})
		if err != nil {
			t.Errorf("Compile(%q): %v", tt.expr, err)
			continue
		}
		var got []int
		for _, w := range re.Warnings() {
			got = append(got, w.Offset)
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("Warnings(%q) = %v, want offsets %v", tt.expr, re.Warnings(), tt.want)
		}
	}
}

// TestBudgetOfOthers: whoever has the common budget spent on one expression does not hide from regular ones, nor is what
// cannot match for them called undecided.
func TestBudgetOfOthers(t *testing.T) {
	var sc Scratch
	sc.SetBudget(1_000_000)
	subject := strings.Repeat("aaaa ", 20_000) + "ab~; reverse_shell"
	for _, tt := range []struct {
		expr string
		want Answer
	}{
		{`(\w+\s?)+\1~`, Undecided},
		{`reverse_.hell`, Yes},
		{`reverse.hello`, No},
		{`(\w+\s?)+\1!`, No},
		{`(e)v.*\1_shell`, Undecided},
	} {
		re, err := Compile(tt.expr, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := re.Match(subject, &sc); got != tt.want {
			t.Errorf("Match(%q) = %v with %d steps left, want %v", tt.expr, got, sc.Left(), tt.want)
		}
	}
}
