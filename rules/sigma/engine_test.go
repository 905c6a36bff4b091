package sigma

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// header makes a rule of a detection.
const header = "title: T\nlogsource: {category: process_creation, product: linux}\ndetection:\n"

// compileOne compiles the detection written at one indent under "detection:".
func compileOne(t testing.TB, detection string) (*Engine, []rule.Diag) {
	t.Helper()
	return Compile([]rule.File{{Name: "r.yml", Data: []byte(header + detection)}}, Options{})
}

func exec(p event.Process) *event.Event {
	if p.Parent == nil {
		p.Parent = &event.Process{Exe: "/usr/bin/bash", UID: 1000}
	}
	return &event.Event{Exec: &event.Exec{CommandLine: p.CommandLine}, Process: &p}
}

func TestItems(t *testing.T) {
	tests := []struct {
		item            string // of one selection; tested against CommandLine
		match, mismatch []string
	}{
		{"CommandLine: Foo", []string{"foo", "FOO"}, []string{"foo ", "food"}},
		{"CommandLine: f*o?", []string{"foo1", "FxxoZ", "f/\nox"}, []string{"fo", "xfoo1"}},
		{`CommandLine: 'a\*b'`, []string{"a*b"}, []string{"axb", `a\*b`}},
		{`CommandLine: 'a\\*'`, []string{`a\b`, `a\`}, []string{"a*", `ab`}},
		{`CommandLine: 'a\b'`, []string{`a\b`}, []string{"ab"}},
		{`CommandLine: 'a\'`, []string{`a\`}, []string{"a"}},
		{"CommandLine: [a, b]", []string{"a", "b"}, []string{"c"}},
		{"CommandLine|contains: oo", []string{"foo", "OO"}, []string{"o", "ob"}},
		{"CommandLine|contains: 'f*r'", []string{"foo bar baz"}, []string{"foo"}},
		{"CommandLine|contains: ''", []string{"x"}, nil},
		{"CommandLine|contains: 4444", []string{"nc -l 4444"}, []string{"444"}},
		{"CommandLine|contains|all: [a, b]", []string{"ab", "b a"}, []string{"a"}},
		{"CommandLine|all|contains: [a, b]", []string{"ab"}, []string{"b"}},
		{"CommandLine|startswith: /tmp/", []string{"/tmp/x", "/TMP/"}, []string{" /tmp/"}},
		{"CommandLine|endswith: .py", []string{"x.PY"}, []string{"x.pyc"}},
		{"CommandLine|contains|cased: Foo", []string{"aFoo"}, []string{"foo"}},
		{"CommandLine|cased: Foo", []string{"Foo"}, []string{"foo"}},
		{"CommandLine|neq: [a, b]", []string{"c", ""}, []string{"a", "B"}},
		{"CommandLine|re: '^a.c$'", []string{"abc"}, []string{"ABC", "abcd"}},
		{"CommandLine|re|i: '^a.c$'", []string{"ABC"}, []string{"a\nc"}},
		{"CommandLine|re|i|s: '^a.c$'", []string{"A\nC"}, nil},
		{"CommandLine|re|multiline: '^b$'", []string{"a\nb"}, []string{"ab"}},
		{"CommandLine|re: '^ssh\\s.*-R$'", []string{"ssh\v-R", "ssh \xff-R", "ssh -R\n"}, []string{"ssh\xa0-R"}},
		{"CommandLine|re: '^[а-я]é.$'", []string{"жé€", "аéx"}, []string{"zéx", "жéxx"}},
		{"CommandLine|re: '(\\w)\\1(?<!oo)'", []string{"tee"}, []string{"foo", "abc"}},
		{"CommandLine|re: 4444", []string{"x44445"}, []string{"444"}},
		{"CommandLine|cidr: 10.0.0.0/8", []string{"10.1.2.3", "::ffff:10.0.0.1"}, []string{"11.0.0.1", "x", "10"}},
		{"CommandLine|cidr: ['2001:db8::/32', 192.0.2.1]", []string{"2001:DB8::1", "192.0.2.1"}, []string{"192.0.2.2"}},
		{"CommandLine|windash|contains: ' -enc'", []string{"x /enc", "x –ENC", "x —enc", "x ―enc", "x -enc"}, []string{"x enc", "x _enc"}},
		{"CommandLine|windash|contains: 'a-b'", []string{"a-b"}, []string{"a/b"}},
		{"CommandLine: 10", []string{"10", "10.0"}, []string{"1e1", "010x", "0x10", "a"}},
		{"CommandLine: 1e1", []string{"10", "10.0", "1e1"}, []string{"11"}},
		{"CommandLine: 0777", []string{"0777", "777"}, []string{"511"}},
		{"CommandLine: '10'", []string{"10"}, []string{"10.0"}},
		{"CommandLine: 18446744073709551615", []string{"18446744073709551615"}, []string{"18446744073709551614"}},
		{"CommandLine: 1.0", []string{"1.0", "1"}, []string{"1.01"}},
		{"CommandLine: yes", []string{"yes"}, []string{"true", "1"}},
		{"CommandLine: true", []string{"true", "True"}, []string{"yes"}},
		{"CommandLine: 2024-01-01", []string{"2024-01-01"}, []string{"2024-01-01 00:00:00"}},
		{"CommandLine|lt: 10", []string{"9", "-11", "9.5"}, []string{"10", "x"}},
		{"CommandLine|lte: 10", []string{"10"}, []string{"10.5"}},
		{"CommandLine|gt: 10", []string{"11", "+11"}, []string{"10", "1e2", "x", ""}},
		{"CommandLine|gte: -1", []string{"-1", "0"}, []string{"-2"}},
		{"CommandLine: null", []string{""}, []string{"x"}},
		{"CommandLine: []", []string{""}, []string{"x"}},
		{"CommandLine: [x, null]", []string{"", "x"}, []string{"y"}},
		{"CommandLine|exists: true", []string{"x"}, []string{""}},
		{"CommandLine|exists: no", []string{""}, []string{"x"}},
		{"CommandLine|fieldref: CurrentDirectory", []string{"/home"}, []string{"/", ""}},
		{"CommandLine|fieldref|neq: CurrentDirectory", []string{"/", ""}, []string{"/HOME"}},
		{"CommandLine|fieldref|cased: CurrentDirectory", []string{"/home"}, []string{"/HOME"}},
		{"CommandLine|base64: foobar", []string{"Zm9vYmFy"}, []string{"foobar"}},
		{`CommandLine|base64: 'a\*b'`, []string{"YSpi"}, nil},
		{"CommandLine|base64offset|contains: /bin/sh", []string{"xL2Jpbi9zaA==", "AvYmluL3No", "YS9iaW4vc2g=", "YWEvYmluL3No"}, []string{"/bin/sh"}},
		{"CommandLine|wide|base64offset|contains: sh", []string{"cwBoAA=="}, []string{"c2g="}},
		{"CommandLine|utf16|contains: a", []string{"x\xff\xfea\x00"}, []string{"a"}},
		{"CommandLine|utf16be|contains: ab", []string{"\x00a\x00b"}, []string{"a\x00b\x00"}},
		{"NoSuchField: x", nil, []string{"x", ""}},
		{"NoSuchField: null", []string{"x"}, nil},
	}
	for _, tt := range tests {
		e, diags := compileOne(t, "  s:\n    "+tt.item+"\n  condition: s\n")
		if len(e.Rules()) != 1 {
			t.Errorf("%s: refused: %v", tt.item, diags)
			continue
		}
		for _, s := range tt.match {
			if len(e.Eval(nil, exec(event.Process{CommandLine: s, CWD: "/home"}))) != 1 {
				t.Errorf("%s: no match for %q, want one", tt.item, s)
			}
		}
		for _, s := range tt.mismatch {
			if len(e.Eval(nil, exec(event.Process{CommandLine: s, CWD: "/home"}))) != 0 {
				t.Errorf("%s: match for %q, want none", tt.item, s)
			}
		}
	}
}

func TestConditions(t *testing.T) {
	const ids = "  a: {CommandLine|contains: A}\n  b: {CommandLine|contains: B}\n  f_c: {CommandLine|contains: C}\n" +
		"  f_d: {CommandLine|contains: D}\n  _x: {CommandLine|contains: X}\n  l:\n    - CommandLine: L1\n      CurrentDirectory: /\n    - CommandLine: L2\n"
	tests := []struct {
		condition       string
		match, mismatch []string
	}{
		{"a and b or f_c", []string{"AB", "C"}, []string{"A", "B"}},
		{"a and (b or f_c)", []string{"AB", "AC"}, []string{"C"}},
		{"not a and b", []string{"B"}, []string{"AB", "z"}},
		{"not (a and b)", []string{"A", "z"}, []string{"AB"}},
		{"not not a", []string{"A"}, []string{"B"}},
		{"a and not 1 of f_*", []string{"A"}, []string{"AC", "AD"}},
		{"all of f_*", []string{"CD"}, []string{"C"}},
		{"any of f_*", []string{"C", "D"}, []string{"A"}},
		{"1 of *_c", []string{"C"}, []string{"D"}},
		{"1 of them", []string{"A", "C", "L2"}, []string{"X"}},
		{"1 of _*", []string{"X"}, []string{"A"}},
		{"1 of *x", nil, []string{"X"}},
		{"a or 1 of zz*", []string{"A"}, []string{"B"}},
		{"a and not 1 of zz*", []string{"A"}, []string{"B"}},
		{"a AND NOT b", []string{"A"}, []string{"AB"}},
		{"l", []string{"L1", "L2"}, []string{"L3"}},
		{"[a, b]", []string{"A", "B"}, []string{"C"}},
	}
	for _, tt := range tests {
		e, diags := compileOne(t, ids+"  condition: "+tt.condition+"\n")
		if len(e.Rules()) != 1 {
			if tt.match != nil {
				t.Errorf("%s: refused: %v", tt.condition, diags)
			}
			continue
		}
		for _, s := range append(tt.match, tt.mismatch...) {
			want := slices.Contains(tt.match, s)
			if got := len(e.Eval(nil, exec(event.Process{CommandLine: s, CWD: "/"}))) == 1; got != want {
				t.Errorf("%s: match of %q = %v, want %v", tt.condition, s, got, want)
			}
		}
	}
}

func TestOnlyExecs(t *testing.T) {
	e, _ := compileOne(t, "  s: {NoSuchField: null}\n  condition: s\n")
	if len(e.Eval(nil, &event.Event{Process: &event.Process{}})) != 0 {
		t.Error("an event that is no execution matched process_creation")
	}
	if len(e.Eval(nil, &event.Event{Exec: &event.Exec{}})) != 1 {
		t.Error("an execution without a process did not match")
	}
}

func TestEvidence(t *testing.T) {
	e, _ := compileOne(t, "  s: {Image|endswith: /sh, CommandLine|contains: [-x, ' -i']}\n"+
		"  o:\n    - {CommandLine|contains: nope, CurrentDirectory: /}\n    - {User: root}\n"+
		"  f: {CommandLine|contains: zzz}\n  condition: s and o and not f\n")
	ms := e.Eval(nil, exec(event.Process{Exe: "/bin/sh", CommandLine: "sh -i", CWD: "/", User: "root"}))
	if len(ms) != 1 {
		t.Fatalf("%d matches, want 1", len(ms))
	}
	got := fmt.Sprint(ms[0].Evidence)
	if want := "[{Image /bin/sh /sh 0 0} {CommandLine sh -i  -i 0 0} {User root root 0 0}]"; got != want {
		t.Errorf("evidence %s, want %s", got, want)
	}
}

func TestEvidenceIsBounded(t *testing.T) {
	var words []string
	for i := range 100 {
		words = append(words, fmt.Sprintf("w%d", i))
	}
	list := strings.Join(words, ", ")
	e, _ := compileOne(t, "  s: {CommandLine|contains: ["+list+"]}\n  condition: s\n")
	ms := e.Eval(nil, exec(event.Process{CommandLine: list}))
	if len(ms) != 1 || len(ms[0].Evidence) != maxEvidence {
		t.Errorf("%d matches, evidence %d, want 1 and %d", len(ms), len(ms[0].Evidence), maxEvidence)
	}
}

// TestSharedTests holds the engine to asking each test once, whichever rules have it.
func TestSharedTests(t *testing.T) {
	text := header + "  s: {Image|endswith: /sh, CommandLine: x}\n  condition: s\n"
	e, diags := Compile([]rule.File{{Name: "a", Data: []byte("id: a\n" + text)}, {Name: "b", Data: []byte("id: b\n" + text)}}, Options{})
	if len(e.rules) != 2 || len(e.leaves) != 2 {
		t.Errorf("%d rules with %d tests, want 2 with 2; %v", len(e.rules), len(e.leaves), diags)
	}
}

func TestConcurrentEval(t *testing.T) {
	e, _ := compileOne(t, "  s: {CommandLine|contains: x}\n  condition: s\n")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			line := strings.Repeat("x", i%2)
			for range 500 {
				if got := len(e.Eval(nil, exec(event.Process{CommandLine: line}))); got != i%2 {
					t.Errorf("Eval of %q: %d matches, want %d", line, got, i%2)
					return
				}
			}
		})
	}
	wg.Wait()
}

func manyRules(tb testing.TB, n int) *Engine {
	tb.Helper()
	var files []rule.File
	for i := range n {
		text := fmt.Sprintf("id: r%d\n%s  s: {Image|endswith: /tool%d, CommandLine|contains: [word%d, ' --flag%d']}\n"+
			"  p: {CommandLine|contains|all: [download%d, secret]}\n  condition: s or p\n", i, header, i, i, i, i)
		files = append(files, rule.File{Name: fmt.Sprint(i), Data: []byte(text)})
	}
	e, diags := Compile(files, Options{})
	if len(diags) > 0 {
		tb.Fatal(diags)
	}
	return e
}

var ordinary = exec(event.Process{Exe: "/usr/bin/python3.11", CommandLine: "python3 -m http.server 8000 --bind 127.0.0.1 --directory /srv/files"})

func TestEvalDoesNotAllocate(t *testing.T) {
	e := manyRules(t, 100)
	var dst []rule.Match
	if n := testing.AllocsPerRun(100, func() { dst = e.Eval(dst[:0], ordinary) }); n != 0 || len(dst) != 0 {
		t.Errorf("%v allocations and %d matches, want none", n, len(dst))
	}
}

func BenchmarkEval(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e := manyRules(b, n)
			var dst []rule.Match
			b.ReportAllocs()
			for b.Loop() {
				dst = e.Eval(dst[:0], ordinary)
			}
		})
	}
}

// TestEvidenceSaysWhere: of a long value one wants to see the part that matched.
func TestEvidenceSaysWhere(t *testing.T) {
	e, _ := compileOne(t, "  s:\n    - {CommandLine|contains: DUP2}\n    - {CommandLine|re: 'spawn\\('}\n    - {CommandLine|endswith: AA}\n  condition: s\n")
	long := strings.Repeat("A", 1000)
	ms := e.Eval(nil, exec(event.Process{Exe: "/bin/sh", CommandLine: long + "dup2" + long + "spawn(" + long}))
	if len(ms) != 1 || len(ms[0].Evidence) != 3 {
		t.Fatalf("matches %+v", ms)
	}
	for i, want := range []string{"dup2", "spawn(", "AA"} {
		ev := ms[0].Evidence[i]
		if got := ev.Value[ev.Start:ev.End]; got != want {
			t.Errorf("evidence %d:%d is %q, want %q", ev.Start, ev.End, got, want)
		}
	}
	if ev := ms[0].Evidence[2]; ev.End != len(ev.Value) {
		t.Errorf("what ends with AA: %d:%d of %d", ev.Start, ev.End, len(ev.Value))
	}
}
