package sigma

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules/rule"
)

// TestRefused checks that what cannot be honoured is refused, where, and with which words.
func TestRefused(t *testing.T) {
	tests := []struct {
		detection string
		line, col int // of the file; the detection begins at line 4
		words     string
	}{
		{"  s: {Image|nope: x}\n  condition: s", 4, 13, `unknown modifier "nope"`},
		{"  s: {Image|: x}\n  condition: s", 4, 12, "no modifier"},
		{"  s: {Image|i|re: x}\n  condition: s", 4, 13, `"i" must follow re`},
		{"  s: {Image|contains|re: x}\n  condition: s", 4, 22, `"re" excludes`},
		{"  s: {Image|re: '('}\n  condition: s", 4, 18, "regular expression"},
		{"  s: {Image|gt: '10'}\n  condition: s", 4, 17, "needs a number"},
		{"  s: {Image|cidr: 10.0.0.1/8}\n  condition: s", 4, 19, "write 10.0.0.0/8"},
		{"  s: {Image|cidr: x}\n  condition: s", 4, 19, "neither an address"},
		{"  s: {Image|exists: maybe}\n  condition: s", 4, 21, "true or false"},
		{"  s: {Image|base64: 'a*'}\n  condition: s", 4, 21, "wildcard"},
		{"  s: {Image|contains: null}\n  condition: s", 4, 23, "null"},
		{"  s: {Image: {a: b}}\n  condition: s", 4, 7, "a map cannot be a value"},
		{"  s: {}\n  condition: s", 4, 3, "empty"},
		{"  s: {Image: x}\n", 4, 3, "no condition"},
		{"  s: {Image: x}\n  condition: s and t", 5, 20, `"t" is not defined`},
		{"  s: {Image: x}\n  condition: 's and t'", 5, 21, `"t" is not defined`},
		{"  s: {Image: x}\n  condition: s and", 5, 19, "ends too early"},
		{"  s: {Image: x}\n  condition: (s", 5, 16, "ends too early"},
		{"  s: {Image: x}\n  condition: s s", 5, 16, `unexpected "s"`},
		{"  s: {Image: x}\n  condition: notepad", 5, 14, `"notepad" is not defined`},
		{"  s: {Image: x}\n  condition: 2 of s*", 5, 14, "write 1 of"},
		{"  s: {Image: x}\n  condition: s.x", 5, 15, "not allowed"},
		{"  s: {Image: x}\n  condition: 1 of zz*", 5, 14, "nothing or everything"},
		{"  s: {Image: x}\n  condition: s | count() by node > 50", 5, 16, "type event_count with group-by: [node], a timespan and condition: {gt: 50}"},
		{"  s: {Image: x}\n  condition: s | near t", 5, 16, "temporal"},
		{"  s: {Image: x}\n  timeframe: 5m\n  condition: s", 5, 3, "timespan"},
		{"  s: {Image: &a x}\n  condition: s", 4, 14, "anchors"},
		{"  s: {Image: [x}\n  condition: s", 4, 0, "YAML"},
		{"  s: {Image: x, Image: y}\n  condition: s", 4, 17, "already defined"},
		{"  s: {Image: x}\n  condition: " + strings.Repeat("(", 100) + "s" + strings.Repeat(")", 100), 5, 0, "nested deeper"},
		{"  s: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), 4, 0, "nested deeper"},
	}
	for _, tt := range tests {
		e, diags := compileOne(t, tt.detection+"\n")
		if len(e.Rules()) != 0 {
			t.Errorf("%s: loaded", tt.detection)
			continue
		}
		d := firstFatal(diags)
		if d.Pos.Line != tt.line || tt.col > 0 && d.Pos.Col != tt.col || !strings.Contains(d.Msg, tt.words) {
			t.Errorf("%s:\n got %s\nwant %d:%d … %s", tt.detection, d, tt.line, tt.col, tt.words)
		}
	}
}

// firstFatal returns the first error, or a diag of no place.
func firstFatal(diags []rule.Diag) rule.Diag {
	for _, d := range diags {
		if d.Fatal {
			return d
		}
	}
	return rule.Diag{}
}

func TestRefusedDocuments(t *testing.T) {
	const detection = "detection: {s: {Image: x}, condition: s}\n"
	tests := []struct{ doc, words string }{
		{"logsource: {category: process_creation}\n" + detection, "without a title"},
		{"title: a\n" + detection, "logsource: needs"},
		{"title: a\nlogsource: {category: process_creation}\n", "detection: needs"},
		{"title: a\nlogsource: {category: process_creation, product: windows}\n" + detection, `product "windows" is not evaluated here`},
		{"title: a\ntaxonomy: mine\nlogsource: {category: process_creation}\n" + detection, "taxonomy"},
		{"- a\n", "a rule is a map"},
		{"title: \xff\n", "not UTF-8"},
		{"title: " + strings.Repeat("x", maxFile), "larger than"},
	}
	for _, tt := range tests {
		e, diags := Compile([]rule.File{{Name: "r.yml", Data: []byte(tt.doc)}}, Options{})
		if len(e.Rules()) != 0 || !strings.Contains(firstFatal(diags).Msg, tt.words) {
			t.Errorf("%.60q: %v, want %q", tt.doc, diags, tt.words)
		}
	}
}

func TestWarned(t *testing.T) {
	tests := []struct{ detection, words string }{
		{"  s: {NoSuchField: x}\n  condition: s\n", `r.yml:4:7: warning: field "NoSuchField" is not one that audit events answer`},
		{"  s: {Image|all: x}\n  condition: s\n", "no effect"},
		{"  s: {Image: x}\n  condition: s OR s\n", `r.yml:5:16: warning: condition: other engines know "OR"`},
		{"  s: {Image: x}\n  condition: s or 1 of f*\n", `r.yml:5:24: warning: condition: "f*" names no`},
	}
	for _, tt := range tests {
		e, diags := compileOne(t, tt.detection)
		if len(e.Rules()) != 1 || len(diags) != 1 || !strings.Contains(diags[0].String(), tt.words) {
			t.Errorf("%s: %d rules, %v, want %q", tt.detection, len(e.Rules()), diags, tt.words)
		}
	}
}

// TestBadBesideGood: every kind of fault in one file, and every good rule of it loads.
func TestBadBesideGood(t *testing.T) {
	good := header + "  s: {Image: x}\n  condition: s\n"
	text := "---\nid: one\n" + good + "--- # a comment\ntitle: [broken\n---\n---\r\nid: two\n" + good + "---\nid: one\n" + good + "---\nid: three\n" + good
	e, diags := Compile([]rule.File{{Name: "m.yml", Data: []byte(text)}}, Options{})
	var ids []string
	for _, m := range e.Rules() {
		ids = append(ids, fmt.Sprintf("%s:%d", m.ID, m.Pos.Line))
	}
	if got := strings.Join(ids, " "); got != "one:2 two:12 three:26" {
		t.Errorf("loaded %s", got)
	}
	if len(diags) != 2 || diags[0].Pos.Line != 9 || !strings.Contains(diags[1].String(), `m.yml:19:5: error: rule id "one" is already that of the rule at m.yml:2:1`) {
		t.Errorf("diags %v", diags)
	}
}

func TestMeta(t *testing.T) {
	e, diags := Compile([]rule.File{{Name: "m.yml", Data: []byte("description: |\n  Two\n  lines.\nauthor: A, B\nlevel: high\n" +
		"tags: [attack.execution, attack.t1059.006, attack.T1059]\nreferences: [r]\nfalsepositives: none\n" + header + "  s: {Image: x}\n  condition: s\n")}}, Options{})
	if len(diags) > 0 || len(e.Rules()) != 1 {
		t.Fatal(diags)
	}
	want := rule.Meta{ID: "t", Title: "T", Description: "Two\nlines.", Author: "A, B", Level: rule.High, Dialect: "sigma",
		Tags: []string{"attack.execution", "attack.t1059.006", "attack.T1059"}, Techniques: []string{"T1059.006", "T1059"},
		Needs: []string{"exec"}, Signals: rule.Is("exec"), References: []string{"r"}, FalsePositives: []string{"none"}, Pos: rule.Pos{File: "m.yml", Line: 1, Col: 1}}
	if got := *e.Rules()[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := slug("  Python: a Shell (2)!"); got != "python-a-shell-2" {
		t.Errorf("slug = %q", got)
	}
}

func FuzzCompile(f *testing.F) {
	f.Add([]byte(header + "  s: {Image|re|i: x, A|windash|contains|all: [' -a', 1, null]}\n  condition: 1 of s* and not (s or s)\n"))
	f.Add([]byte("action: global\n" + header + "  _s: [x, {'|all|expand': ['%tool%', 1]}]\n  condition: 1 of them or s\n---\ndetection: {s: {UtcTime|hour|gte: 3}}\n---\naction: repeat\nid: z\n"))
	f.Add([]byte(bases + "---\n" + ofFilter("[first, any]", "  s: {A|fieldref|contains: B}\n  condition: not s\n")))
	f.Add([]byte(bases + "---\ntitle: C\nname: c\ncorrelation: {type: temporal, rules: [a, b], group-by: u, timespan: 5m, aliases: {u: {a: User, b: Image}}, condition: a and not b}\n" +
		"---\ntitle: D\ncorrelation: {type: value_count, rules: a, timespan: 2h, condition: {field: [x, y], gt: 1, lte: 5}}\n" +
		"---\ntitle: E\ncorrelation: {type: temporal_ordered, rules: [c, b], generate: true, timespan: 1M}\n"))
	f.Add([]byte("a: |\n  x\n---\n? b\n: - c\n  - {d: \"\\u0041\"}\n"))
	if data, err := os.ReadFile("../builtin/sigma/python_reverse_shell.yml"); err == nil {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, diags := Compile([]rule.File{{Name: "f", Data: data}}, sites)
		for _, d := range diags {
			if d.Msg == "" || d.Pos.File != "f" || d.Pos.Line == 0 && len(data) <= maxFile {
				t.Errorf("diag without words or place: %+v", d)
			}
			if lines := strings.Count(lineBreaks.Replace(string(data)), "\n") + 1; d.Pos.Line > lines+1 {
				t.Errorf("diag at line %d of %d", d.Pos.Line, lines)
			}
		}
		e.Eval(nil, ordinary)
	})
}

func FuzzCondition(f *testing.F) {
	for _, s := range []string{"a and b or c", "not not a", "1 of x_* and not all of them", "(a or b) and (c and d)", "any of a*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, _, err := parseCondition(s)
		if err != nil {
			return
		}
		y, odd, err := parseCondition(x.String())
		if err != nil || len(odd) > 0 || y.String() != x.String() || !same(x, y) {
			t.Errorf("parse of %q prints as %q, which parses to %v, %v %v", s, x, y, odd, err)
		}
	})
}

func same(x, y *cond) bool {
	if x.op != y.op || x.word != y.word || len(x.kids) != len(y.kids) {
		return false
	}
	for i := range x.kids {
		if !same(x.kids[i], y.kids[i]) {
			return false
		}
	}
	return true
}
