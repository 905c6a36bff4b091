package regex

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

func TestOSRegex(t *testing.T) {
	for _, tt := range []struct {
		expr            string
		match, mismatch []string
	}{
		{"abc", []string{"ABC", "xabcx"}, []string{"ab", ""}},
		{"", []string{"", "x"}, nil},
		{"^abc$", []string{"Abc"}, []string{"abcd", "xabc", "abc\n"}},
		{"^a|b$|^c$", []string{"ax", "xb", "c"}, []string{"xax", "bx", "cx", "xc"}},
		{"a.c", []string{"a.c"}, []string{"abc"}},
		{`a\.c`, []string{"abc", "a.c", "a\nc"}, []string{"ac"}},
		{`a\.+c`, []string{"abbc"}, []string{"ac"}},
		{`a\.*c`, []string{"ac", "a\xffc"}, []string{"a"}},
		{`^\d+$`, []string{"0129"}, []string{"", "1a"}},
		{`^\w+$`, []string{"aZ9@_-"}, []string{"a b", "é"}},
		{`^\W$`, []string{" ", "é"[:1], "/"}, []string{"a", "@", "-"}},
		{`^\s$`, []string{" "}, []string{"\t", "\n"}},
		{`^\S\D$`, []string{"\ta"}, []string{" a", "a1"}},
		{`^\t$`, []string{"\t"}, []string{" "}},
		{`^\p+$`, []string{"()*+,-.:;<=>?[]!\"'#$%&|{}"}, []string{"/", "@", "\\", "^", "~"}},
		{`\(\)\\\$\|\<`, []string{`()\$|<`}, []string{`()$|<`}},
		{`\$`, []string{"$"}, []string{"", "x"}},
		{`a$b^c`, []string{"a$b^c"}, []string{"abc"}},
		{`a+b*[0-9]{1}?`, []string{"a+b*[0-9]{1}?"}, []string{"aab", "1"}},
		{`(\d+)-(\w+)`, []string{"x1-b"}, []string{"1-", "(1)-(b)"}},
		{`(\d)+`, []string{"1+"}, []string{"11"}},
		{`a|`, []string{"", "x"}, nil},
		{`\|*x`, []string{"x", "||x"}, []string{"|"}},
	} {
		re, err := CompileOSRegex(tt.expr)
		if err != nil {
			t.Errorf("%q: %v", tt.expr, err)
			continue
		}
		for want, subjects := range map[Answer][]string{Yes: tt.match, No: tt.mismatch} {
			for _, s := range subjects {
				if got := re.Match(s, nil); got != want {
					t.Errorf("CompileOSRegex(%q).Match(%q) = %v, want %v", tt.expr, s, got, want)
				}
			}
		}
	}
}

func TestOSRegexRefused(t *testing.T) {
	for expr, offset := range map[string]int{
		`ab\`: 2, `a\q`: 1, `x(y(z))`: 3, `ab)`: 2, `a(b`: 1, `(a|b)`: 2, `x|(a`: 2, `\[`: 0, strings.Repeat("a", maxOS+1): maxOS,
	} {
		_, err := CompileOSRegex(expr)
		var e *Error
		if !errors.As(err, &e) || e.Offset != offset {
			t.Errorf("CompileOSRegex(%.20q): %v, want an error at %d", expr, err, offset)
		}
	}
}

func TestOSMatch(t *testing.T) {
	for _, tt := range []struct {
		expr            string
		match, mismatch []string
	}{
		{"abc", []string{"xABCx"}, []string{"ab"}},
		{"^a|b$|^c$| d ", []string{"ax", "xb", "C", "x d y"}, []string{"xa", "bx", "xc", "d", "cx"}},
		{`\.*`, []string{`x\.*`}, []string{"x"}},
		{"", []string{"", "x"}, nil},
		{"a||b", []string{"x"}, nil},
		{"^$", []string{""}, []string{"x"}},
		{"$", []string{"", "x"}, nil},
		{"!a|b", []string{"x", ""}, []string{"a", "xb"}},
		{"a!", []string{"a!"}, []string{"a"}},
	} {
		re, negated, err := CompileOSMatch(tt.expr)
		if err != nil || negated != strings.HasPrefix(tt.expr, "!") {
			t.Errorf("%q: negated %v, %v", tt.expr, negated, err)
			continue
		}
		for want, subjects := range map[bool][]string{true: tt.match, false: tt.mismatch} {
			for _, s := range subjects {
				if got := (re.Match(s, nil) == Yes) != negated; got != want {
					t.Errorf("OS_Match %q of %q = %v, want %v", tt.expr, s, got, want)
				}
			}
		}
	}
	if _, _, err := CompileOSMatch(strings.Repeat("a", maxOS+1)); err == nil {
		t.Error("an expression has no bound")
	}
}

// naiveOSRegex reads an expression as it is matched, letter by letter.
func naiveOSRegex(expr, s string) bool {
	for i := 0; ; i++ {
		if i < len(expr) && expr[i] == '\\' {
			i++
			continue
		}
		if i >= len(expr) || expr[i] == '|' {
			one := expr[:min(i, len(expr))]
			for at := 0; at <= len(s); at++ {
				if naiveOSItems(strings.TrimPrefix(one, "^"), s[at:]) && (at == 0 || !strings.HasPrefix(one, "^")) {
					return true
				}
			}
			if i >= len(expr) {
				return false
			}
			expr, i = expr[i+1:], -1
		}
	}
}

func naiveOSItems(e, s string) bool {
	switch {
	case e == "":
		return true
	case e == "$":
		return s == ""
	case e[0] == '(' || e[0] == ')':
		return naiveOSItems(e[1:], s)
	case e[0] != '\\':
		return s != "" && naiveLower(e[0]) == naiveLower(s[0]) && naiveOSItems(e[1:], s[1:])
	}
	holds := func() bool { return s != "" && naiveOSClass(e[1], s[0]) }
	switch next := e[2:]; {
	case strings.HasPrefix(next, "*"):
		return naiveOSItems(next[1:], s) || holds() && naiveOSItems(e, s[1:])
	case strings.HasPrefix(next, "+"):
		return holds() && (naiveOSItems(next[1:], s[1:]) || naiveOSItems(e, s[1:]))
	default:
		return holds() && naiveOSItems(next, s[1:])
	}
}

func naiveLower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 32
	}
	return c
}

func naiveOSClass(class, c byte) bool {
	switch class {
	case 'D', 'W', 'S':
		return !naiveOSClass(class+32, c)
	case '.':
		return true
	case 'd':
		return c >= '0' && c <= '9'
	case 'w':
		return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("@_-", c) >= 0
	case 's':
		return c == ' '
	case 't':
		return c == '\t'
	case 'p':
		return c > ' ' && c < 0x7f && !naiveOSClass('w', c) && strings.IndexByte("/@\\^~`", c) < 0 || c == '-'
	}
	return c == class
}

func FuzzOSRegex(f *testing.F) {
	for _, s := range [][2]string{{`^a\d+(b|c`, "a1b"}, {`\w*\s\.+$|x`, "ab c"}, {`\p\W\t\D\S`, "!\xe9\tab"}, {`^(\d*)-$|\|`, "12-"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, expr, s string) {
		if len(expr) > 12 || len(s) > 12 {
			return
		}
		re, err := CompileOSRegex(expr)
		if err != nil {
			return
		}
		if got, want := re.Match(s, nil) == Yes, naiveOSRegex(expr, s); got != want {
			t.Errorf("CompileOSRegex(%q).Match(%q) = %v, want %v", expr, s, got, want)
		}
	})
}

// TestOSRegexCases runs Wazuh's own cases, a file of another licence. A few differ: its matcher is none of expressions.
func TestOSRegexCases(t *testing.T) {
	name := os.Getenv("AUDITPY_OSREGEX_CASES")
	if name == "" {
		t.Skip("AUDITPY_OSREGEX_CASES does not name Wazuh's test_os_regex_execute.json")
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var batches []struct {
		Tests []struct {
			Pattern, Log string
			End          *string `json:"end_match"`
		} `json:"batch_test"`
	}
	if err := json.Unmarshal(data, &batches); err != nil {
		t.Fatal(err)
	}
	cases, differ := 0, 0
	for _, b := range batches {
		for _, c := range b.Tests {
			re, err := CompileOSRegex(c.Pattern)
			cases++
			if err != nil || (re.Match(c.Log, nil) == Yes) != (c.End != nil) {
				differ++
				t.Logf("%q of %q: %v, Wazuh's tests say %v", c.Pattern, c.Log, err, c.End != nil)
			}
		}
	}
	if cases < 200 || differ > 13 {
		t.Errorf("%d of %d cases differ", differ, cases)
	}
	t.Logf("%d of %d cases differ", differ, cases)
}
