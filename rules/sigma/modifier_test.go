package sigma

import (
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// sites are the placeholders of the tests.
var sites = Options{Placeholders: map[string][]string{
	"Administrators": {"root", "adm_*"},
	"tool":           {"nc", "n+c"},
	"lan":            {"10.0.0.0/8", "192.0.2.1"},
	"none":           {},
}}

// at is the time of the events of the tests: a Tuesday in week 46 of 2023.
const at = 1_699_999_205_000 // 2023-11-14 22:00:05

func matches(e *Engine, line string) bool {
	ev := exec(event.Process{CommandLine: line, CWD: "/Home"})
	ev.ID = audit.ID{Msec: at}
	return len(e.Eval(nil, ev)) == 1
}

// TestModifiers has a vector for each modifier and for each row of the reference's behaviour that TestItems lacks.
func TestModifiers(t *testing.T) {
	tests := []struct {
		item            string
		match, mismatch []string
	}{
		{"CommandLine|all: x", []string{"x"}, []string{"y"}},
		{"CommandLine|neq|all: [a, b]", []string{"a", "c"}, nil},
		{"CommandLine|contains|neq|all: [a, b]", []string{"a", "c"}, []string{"ab"}},
		{"CommandLine|neq: null", []string{"x"}, []string{""}},
		{"CommandLine|gt|neq: 5", []string{"5", "x", ""}, []string{"6"}},
		{"CommandLine|cased|startswith: Ab", []string{"Abc"}, []string{"abc"}},
		{"CommandLine|contains: '%tool%'", []string{"a%TOOL%b"}, []string{"nc"}},
		{"CommandLine|exists: yes", []string{"x"}, []string{""}},
		{"CommandLine|exists: False", []string{""}, []string{"x"}},

		{"CommandLine|re|contains: 'a.c'", []string{"xabcx"}, []string{"ABC"}},
		{"CommandLine|re|startswith: 'a|b'", []string{"ax", "bx"}, []string{"xa", "xb"}},
		{"CommandLine|re|endswith: 'a|b'", []string{"xa", "xb"}, []string{"ax", "bx"}},
		{"CommandLine|re|i|endswith: 'A$'", []string{"xa"}, []string{"ax"}},
		{"CommandLine|re|all: [a, b]", []string{"ba"}, []string{"a"}},
		{"CommandLine|re|dotall|ignorecase: 'A.B'", []string{"a\nb"}, []string{"ab"}},
		{"CommandLine|re|m: '^b$'", []string{"a\nb"}, []string{"ab"}},
		{"CommandLine|re: '(?i)a'", []string{"A"}, []string{"b"}},

		{"CommandLine|fieldref|startswith: CurrentDirectory", []string{"/home/x", "/HOME"}, []string{"x/home", ""}},
		{"CommandLine|fieldref|endswith: CurrentDirectory", []string{"ls /home", "/HOME"}, []string{"/home/x"}},
		{"CommandLine|fieldref|contains: CurrentDirectory", []string{"ls /home/x"}, []string{"/hom", "e/hom"}},
		{"CommandLine|fieldref|contains|cased: CurrentDirectory", []string{"ls /Home/x"}, []string{"/home"}},
		{"CommandLine|fieldref|contains|neq: CurrentDirectory", []string{"x", ""}, []string{"/home"}},
		{"CommandLine|fieldref: NoSuchField", nil, []string{"x", ""}},
		{"CommandLine|fieldref|neq: NoSuchField", []string{"x", ""}, nil},

		{"CommandLine|expand: '%Administrators%'", []string{"root", "ADM_bob"}, []string{"bob", "%Administrators%"}},
		{"CommandLine|expand|contains: 'su %Administrators%;'", []string{"x su root; y", "su adm_; id"}, []string{"su bob;"}},
		{"CommandLine|contains|expand|all: ['%tool%', ' -%tool%']", []string{"nc -n+c"}, []string{"nc"}},
		{"CommandLine|expand|neq: '%Administrators%'", []string{"bob"}, []string{"root", "adm_x"}},
		{`CommandLine|expand: '\%tool\%'`, []string{"%tool%"}, []string{"nc", `\%tool\%`}},
		{`CommandLine|expand|startswith: '100% of %tool% \*'`, []string{"100% of nc *"}, []string{"100% of nc x"}},
		{"CommandLine|re|expand: '^%tool%$'", []string{"nc", "n+c"}, []string{"nnc"}},
		{"CommandLine|expand|cidr: '%lan%'", []string{"10.9.9.9", "192.0.2.1"}, []string{"192.0.2.2"}},
		{"CommandLine|expand|base64: '%tool%'", []string{"bmM=", "bitj"}, []string{"nc"}},
		{"CommandLine|expand: '%ADMINISTRATORS%'", []string{"root"}, []string{"x"}},
		{"CommandLine|expand: x", []string{"x"}, []string{"y"}},

		{"CommandLine|windash: '-a --b /c d-e'", []string{"/a --b -c d-e", "\u2014a -\u2013b \u2015c d-e"}, []string{"-a --b /c d/e"}},
		{"CommandLine|windash|contains|all: ['-a', '-b']", []string{"/b /a"}, []string{"/a"}},
		{"CommandLine|windash: -5", []string{"/5"}, []string{"5", "-5.0"}},
		{"CommandLine|windash|base64: ' -a'", []string{"IC1h", "IC9h", "IOKAk2E="}, []string{" -a"}},

		{"CommandLine|base64|contains: 4444", []string{"xNDQ0NA==x"}, []string{"4444"}},
		{"CommandLine|utf16le|base64: cmd", []string{"YwBtAGQA"}, []string{"Y21k"}},
		{"CommandLine|utf16|base64: cmd", []string{"//5jAG0AZAA="}, []string{"YwBtAGQA"}},
		{"CommandLine|utf16be|base64: cmd", []string{"AGMAbQBk"}, []string{"YwBtAGQA"}},
		{"CommandLine|wide: é", []string{"\xe9\x00"}, []string{"é"}},
		{`CommandLine|base64: 'a\?b'`, []string{"YT9i"}, []string{`YVw/Yg==`}},

		{"CommandLine|minute: 5", []string{"2024-02-29T13:05:59.123+09:00", "2024-02-29 13:05"}, []string{"2024-02-29", "13:05", "5", ""}},
		{"CommandLine|hour: [0, 13]", []string{"2024-02-29T13:05Z", "2024-02-29", "1709164800.123"}, []string{"2024-02-29 12:13:13", "2024-02-29 24:00"}},
		{"CommandLine|hour|gte: 22", []string{"2024-02-29 22:00:00"}, []string{"2024-02-29 21:59:59", "23", "x"}},
		{"CommandLine|lt|hour: 6", []string{"2024-02-29 05:59:59"}, []string{"2024-02-29 06:00:00"}},
		{"CommandLine|hour|neq: 3", []string{"2024-02-29 04:00:00", "x", ""}, []string{"2024-02-29 03:00:00"}},
		{"CommandLine|day: 29", []string{"2024-02-29"}, []string{"2024-02-28"}},
		{"CommandLine|week: 1", []string{"2024-12-31", "2024-01-01"}, []string{"2023-01-01"}},
		{"CommandLine|week: 52", []string{"2023-01-01"}, []string{"2022-12-25"}},
		{"CommandLine|month|lte: 2", []string{"2024-02-29", "1709164800000"}, []string{"2024-03-01"}},
		{"CommandLine|year: 2024", []string{"2024-02-29", "1709164800"}, []string{"2023-02-28", "2024", "2024-13-01", "99999999999999999"}},
		{"UtcTime|hour: 22\n    UtcTime|week: 46", []string{"x"}, nil},
		{"UtcTime|hour: 21", nil, []string{"x"}},
	}
	for _, tt := range tests {
		text := header + "  s:\n    " + tt.item + "\n  condition: s\n"
		e, diags := Compile([]rule.File{{Name: "r.yml", Data: []byte(text)}}, sites)
		if len(e.Rules()) != 1 {
			t.Errorf("%s: refused: %v", tt.item, diags)
			continue
		}
		for _, s := range tt.match {
			if !matches(e, s) {
				t.Errorf("%s: no match for %q, want one", tt.item, s)
			}
		}
		for _, s := range tt.mismatch {
			if matches(e, s) {
				t.Errorf("%s: match for %q, want none", tt.item, s)
			}
		}
	}
}

func TestModifiersRefused(t *testing.T) {
	tests := []struct {
		item  string // at line 5, column 5
		col   int
		words string
	}{
		{"A|expand: 'x %nope%'", 18, "placeholder %nope% has no values in the configuration"},
		{"A|expand: '%none%'", 16, "%none% has no values"},
		{"A|expand: '%Servers%'", 16, "who they are here"},
		{"A|expand|gt: '%tool%'", 5, "no meaning with \"gt\""},
		{"A|expand|cidr: '%tool%'", 20, `"nc" is neither an address`},
		{"A|expand: '" + strings.Repeat("%tool%", 13) + "'", 15, "too much"},
		{"A|expand|base64: '%Administrators%'", 22, "wildcard"},
		{"A|windash|base64: '" + strings.Repeat(" -a", 6) + "'", 23, "too much"},
		{"A|wide|wide|wide|wide|wide: a", 27, "more than 4 encodings"},
		{"A|contains|: x", 15, "no modifier after"},
		{"A||contains: x", 6, "no modifier after"},
		{"A|i|re: x", 7, "must follow re"},
		{"A|contains|re: x", 16, "excludes"},
		{"A|re|contains|startswith: x", 19, "excludes"},
		{"A|cased|re: x", 5, "no meaning"},
		{"A|contains|fieldref: B", 16, "excludes"},
		{"A|fieldref: 'B*'", 17, "wildcards"},
		{"A|exists|neq: true", 5, "alone"},
		{"A|exists: 1", 15, "true or false"},
		{"A|hour|minute: 1", 12, "another part"},
		{"A|hour|contains: 1", 5, "part of the time"},
		{"A|hour: 24", 13, "from 0 to 23"},
		{"A|hour: '1'", 13, "needs a number"},
		{"A|hour: 1.5", 13, "whole number"},
		{"A|week: 0", 13, "from 1 to 53"},
		{"A|hour: null", 13, "null cannot be a value"},
		{"A|gt: ten", 11, "needs a number"},
		{"A|re: '(?<=x+)y'", 12, "regular expression"},
		{"A|re|startswith: 'a)|(b'", 24, "regular expression"},
		{"A|contains: [x, {a: b}]", 22, "a map cannot be a value"},
		{"'|exists': true", 5, "a keyword has no field"},
		{"'|fieldref': A", 5, "a keyword has no field"},
		{"'|gt': 5", 5, "a keyword has no field"},
		{"'|hour': 5", 5, "a keyword has no field"},
		{"'|all': [a, null]", 17, "null cannot be a keyword"},
		{"'|all': []", 13, "null cannot be a keyword"},
	}
	for _, tt := range tests {
		text := header + "  s:\n    " + tt.item + "\n  condition: s\n"
		e, diags := Compile([]rule.File{{Name: "r.yml", Data: []byte(text)}}, sites)
		d := firstFatal(diags)
		if len(e.Rules()) != 0 || d.Pos.Line != 5 || d.Pos.Col != tt.col || !strings.Contains(d.Msg, tt.words) {
			t.Errorf("%s:\n got %s\nwant 5:%d … %s", tt.item, d, tt.col, tt.words)
		}
	}
}

// TestKeywords asks the test that a keyword compiles to; which values of an event it is asked of is the engine's matter.
func TestKeywords(t *testing.T) {
	tests := []struct {
		selection       string
		tests           int
		match, mismatch []string // of the first test
	}{
		{"s: foo", 1, []string{"a FOO b"}, []string{"fo"}},
		{"s: [foo, bar]", 2, []string{"xfoo"}, []string{"bar"}},
		{"s: [4444, true]", 2, []string{"nc 4444"}, []string{"444"}},
		{"s: ['a*b?']", 1, []string{"-a x bc-"}, []string{"ab"}},
		{`s: ['\*x']`, 1, []string{"a *x"}, []string{"ax"}},
		{"s: {'|all': [foo, bar]}", 2, []string{"foo"}, []string{"bar"}},
		{"s: {'|all': [0, 6]}", 2, []string{"init 0"}, []string{"6"}},
		{"s: {'|re': 'a.c$'}", 1, []string{"xabc"}, []string{"abcd"}},
		{"s: {'|startswith': a}", 1, []string{"ab"}, []string{"ba"}},
		{"s: {'|endswith|cased': A}", 1, []string{"bA"}, []string{"ba", "Ab"}},
		{"s: {'|contains|windash': ' -x'}", 1, []string{"a /x"}, []string{"a _x"}},
		{"s: {'|base64offset': /bin/sh}", 3, []string{"xL2Jpbi9zax"}, []string{"/bin/sh"}},
		{"s: {'|expand': '%tool%'}", 2, []string{"run nc"}, []string{"n+c"}},
		{"s: [foo, {CommandLine: x}]", 2, []string{"foo"}, nil},
		{"s: [foo, 'it''s']", 2, []string{"foo"}, nil},
	}
	for _, tt := range tests {
		e, diags := Compile([]rule.File{{Name: "r.yml", Data: []byte(header + "  " + tt.selection + "\n  condition: s\n")}}, sites)
		if len(diags) > 0 || len(e.leaves) != tt.tests || e.leaves[0].field != keywordField || e.leaves[0].name != "" {
			t.Errorf("%s: %d tests, want %d of keywords; %v", tt.selection, len(e.leaves), tt.tests, diags)
			continue
		}
		for _, s := range tt.match {
			if !e.leaves[0].test(s, new(scratch)) {
				t.Errorf("%s: no match for %q, want one", tt.selection, s)
			}
		}
		for _, s := range tt.mismatch {
			if e.leaves[0].test(s, new(scratch)) {
				t.Errorf("%s: match for %q, want none", tt.selection, s)
			}
		}
	}
}

func FuzzRelated(f *testing.F) {
	f.Add("x\u212aY", "ky")
	f.Add("\xff\xc3", "\xc3")
	f.Fuzz(func(t *testing.T, v, o string) {
		for _, how := range []string{"contains", "startswith", "endswith"} {
			if related(v, o, how, false) && !related(v, o, how, true) {
				t.Errorf("related(%q, %q, %s) holds with case and not without", v, o, how)
			}
			if whole := o + v + o; !related(whole, o, how, true) {
				t.Errorf("related(%q, %q, %s, fold) = false", whole, o, how)
			}
		}
	})
}

func FuzzTimeParts(f *testing.F) {
	for _, s := range []string{"2024-02-29T13:05:59Z", "1709164800.123", "2024-02-29"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, part := range timeParts {
			if n, ok := part.number(s); ok && part != yearPart && part.check(n) != nil {
				t.Errorf("%s of %q = %d", name, s, n.mag)
			}
		}
	})
}
