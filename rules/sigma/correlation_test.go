package sigma

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// bases are three rules and one that is refused.
const bases = "title: A\nid: AA\nname: a\nlevel: high\nlogsource: {category: process_creation}\ndetection: {s: {CommandLine: a}, condition: s}\n---\n" +
	"title: B\nname: b\nlevel: low\nlogsource: {category: process_creation}\ndetection: {s: {CommandLine: b}, condition: s}\n---\n" +
	"title: C2\nlogsource: {category: process_creation}\ndetection: {s: {CommandLine: c}, condition: s}\n---\n" +
	"title: Broken\nname: broken\nlogsource: {category: process_creation}\ndetection: {s: {}, condition: s}\n"

// compileCorrelation compiles the body of a correlation, which begins at c.yml:3:3, beside the bases.
func compileCorrelation(t *testing.T, body string) (*Engine, []rule.Diag) {
	t.Helper()
	text := "title: C\ncorrelation:\n  " + strings.ReplaceAll(body, "\n", "\n  ") + "\n"
	e, all := Compile([]rule.File{{Name: "c.yml", Data: []byte(text)}, {Name: "b.yml", Data: []byte(bases)}}, Options{})
	var diags []rule.Diag
	for _, d := range all {
		if d.Pos.File == "c.yml" {
			diags = append(diags, d)
		}
	}
	return e, diags
}

// describe writes a correlation on one line.
func describe(k *rule.Correlation) string {
	s := fmt.Sprintf("%d %v %s", k.Kind, k.Refs, k.Span)
	for _, b := range k.Bounds {
		s += fmt.Sprintf(" %s%v", b.Op, b.Value)
	}
	if k.Kind == rule.ValuePercentile {
		s += fmt.Sprintf(" p%v", k.Percentile)
	}
	if k.Expr != nil {
		s += " " + describeExpr(k.Expr)
	}
	return s
}

func describeExpr(x *rule.Expr) string {
	if x.Op == "" {
		return fmt.Sprint(x.Ref)
	}
	var kids []string
	for _, k := range x.Kids {
		kids = append(kids, describeExpr(k))
	}
	return "(" + strings.Join(append([]string{x.Op}, kids...), " ") + ")"
}

// parts writes what a rule contributes, with the names of fields.
func parts(e *Engine, i int) string {
	var out []string
	for _, p := range e.rules[i].parts {
		s := fmt.Sprintf("%s#%d", p.of.Meta.ID, p.ref)
		for _, f := range p.group {
			s += " " + e.fields[f].name
		}
		for _, f := range p.value {
			s += " =" + e.fields[f].name
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func TestCorrelations(t *testing.T) {
	tests := []struct{ body, want string }{
		{"{type: event_count, rules: a, group-by: User, timespan: 5m, condition: {gte: 10}}", "0 [a] 5m0s gte10"},
		{"{type: event_count, rules: [aa, b], timespan: 1h, condition: {gt: 100, lte: 200}}", "0 [aa b] 1h0m0s gt100 lte200"},
		{"{type: value_count, rules: [a], timespan: 2d, condition: {field: User, neq: 1}}", "1 [a] 48h0m0s neq1"},
		{"{type: value_count, rules: [a], timespan: 1w, condition: {field: [User, Image], eq: 3}}", "1 [a] 168h0m0s eq3"},
		{"{type: value_sum, rules: [a], timespan: 1s, condition: {field: ProcessId, lt: 0.5}}", "4 [a] 1s lt0.5"},
		{"{type: value_avg, rules: [a], timespan: 1s, condition: {field: ProcessId, gte: -1}}", "5 [a] 1s gte-1"},
		{"{type: value_percentile, rules: [a], timespan: 1s, condition: {field: ProcessId, gt: 9}}", "6 [a] 1s gt9 p50"},
		{"{type: value_percentile, rules: [a], timespan: 1s, condition: {field: ProcessId, gt: 9, percentile: 99.5}}", "6 [a] 1s gt9 p99.5"},
		{"{type: value_median, rules: [a], timespan: 1y, condition: {field: ProcessId, gt: 9}}", "7 [a] 8765h49m12s gt9"},
		{"{type: temporal, rules: [a, b], timespan: 1m}", "2 [a b] 1m0s"},
		{"{type: temporal_ordered, rules: [b, a, b], timespan: 1m}", "3 [b a b] 1m0s"},
		{"{type: temporal, rules: [a, b], timespan: 1m, condition: {gte: 2}}", "2 [a b] 1m0s"},
		{"{type: temporal, rules: [a, b], timespan: 1m, condition: {gte: 1}}", "2 [a b] 1m0s (or 0 1)"},
		{"{type: temporal, rules: [a, b], timespan: 1m, condition: {lt: 2}}", "2 [a b] 1m0s (and (or 0 1) (not (and 0 1)))"},
		{"{type: temporal, rules: [a, b], timespan: 1m, condition: a and not b}", "2 [a b] 1m0s (and 0 (not 1))"},
		{"{type: temporal, timespan: 1m, condition: b AND (a OR b)}", "2 [b a] 1m0s (and 0 (or 1 0))"},
		{"{type: temporal_ordered, rules: [a, b, aa], timespan: 1m, condition: b and (a or aa)}", "3 [a b aa] 1m0s (and 1 (or 0 2))"},
	}
	for _, tt := range tests {
		e, diags := compileCorrelation(t, tt.body)
		if len(e.Correlations()) != 1 || len(diags) > 0 {
			t.Errorf("%s: %d correlations, %v", tt.body, len(e.Correlations()), diags)
			continue
		}
		if got := describe(e.Correlations()[0]); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.body, got, tt.want)
		}
	}
}

func TestCorrelationsRefused(t *testing.T) {
	tests := []struct {
		body  string
		col   int // of line 3
		words string
	}{
		{"x", 3, "needs a map"},
		{"{rules: a, timespan: 1m}", 4, `type "" is not known`},
		{"{type: near, rules: a, timespan: 1m}", 10, `type "near" is not known`},
		{"{type: temporal, timespan: 1m}", 4, "no rules"},
		{"{type: temporal, rules: [a, {b: c}], timespan: 1m}", 32, "rules: needs names"},
		{"{type: temporal, rules: [a, nobody], timespan: 1m}", 31, `no rule has the id or name "nobody"`},
		{"{type: temporal, rules: [a, broken], timespan: 1m}", 31, `rule "broken" is refused`},
		{"{type: temporal, rules: [a, c], timespan: 1m}", 31, `"c" leads back to this one`},
		{"{type: temporal, rules: [a, b]}", 4, "no timespan"},
		{"{type: event_count, rules: [a, b, AA], timespan: 1m, condition: {gte: 2}}", 37, `"a" and "AA" are the same rule`},
		{"{type: temporal, rules: [a, b], timespan: 5}", 45, "write a number and s, m, h or d"},
		{"{type: temporal, rules: [a, b], timespan: 1h30m}", 45, "write a number and"},
		{"{type: temporal, rules: [a, b], timespan: 0s}", 45, "out of range"},
		{"{type: temporal, rules: [a, b], timespan: 300y}", 45, "out of range"},
		{"{type: event_count, rules: a, timespan: 1m}", 4, "no condition"},
		{"{type: event_count, rules: a, timespan: 1m, condition: a}", 58, "needs a map"},
		{"{type: event_count, rules: a, timespan: 1m, condition: {}}", 58, "compares with no number"},
		{"{type: event_count, rules: a, timespan: 1m, condition: {gte: x}}", 64, `gte needs a number, not "x"`},
		{"{type: event_count, rules: a, timespan: 1m, condition: {more: 1}}", 59, `"more" is not known`},
		{"{type: event_count, rules: a, timespan: 1m, condition: {lt: 1}}", 59, "can never hold"},
		{"{type: event_count, rules: a, timespan: 1m, condition: {gt: 1, lt: 2}}", 59, "can never hold"},
		{"{type: value_avg, rules: a, timespan: 1m, condition: {field: F, gt: 2, lt: 1}}", 57, "can never hold"},
		{"{type: value_count, rules: a, timespan: 1m, condition: {gt: 1}}", 59, "value_count needs a field"},
		{"{type: value_sum, rules: a, timespan: 1m, condition: {gt: 1, field: [F, G]}}", 57, "value_sum needs one field"},
		{"{type: value_percentile, rules: a, timespan: 1m, condition: {gt: 1, field: F, percentile: 101}}", 93, "from 0 to 100"},
		{"{type: temporal, rules: [a, b], timespan: 1m, condition: {gt: 2}}", 61, "there are 2 rules"},
		{"{type: temporal_ordered, rules: [a, b], timespan: 1m, condition: {gte: 1}}", 69, "needs all of its 2 rules"},
		{"{type: temporal, rules: [a, b], timespan: 1m, condition: a and}", 65, "ends too early"},
		{"{type: temporal, rules: [a, b], timespan: 1m, condition: a and c}", 66, "c is not one of the rules"},
		{"{type: temporal, rules: [a, b], timespan: 1m, condition: a}", 31, `"b" is not in the condition`},
		{"{type: temporal, rules: [a, b], timespan: 1m, condition: 1 of them}", 65, "names its rules one by one"},
		{"{type: temporal, rules: [a, b], timespan: 1m, condition: a or not b}", 60, "no rule has matched"},
		{"{type: temporal, rules: [a, b], timespan: 1m, condition: a and b and not a}", 60, "can never hold"},
		{"{type: temporal, rules: [a, b], timespan: 1m, generate: maybe}", 59, "true or false"},
		{"{type: temporal, rules: [a, b], timespan: 1m, aliases: x}", 58, "aliases: needs a map"},
		{"{type: temporal, rules: [a, b], group-by: u, timespan: 1m, aliases: {u: {a: User}}}", 45, `alias "u" has no field for rule "b"`},
		{"{type: temporal, rules: [a, b], group-by: u, timespan: 1m, aliases: {u: {zz: User}}}", 76, `no rule has the id or name "zz"`},
		{"{type: temporal, rules: [a, b], group-by: u, timespan: 1m, aliases: {u: {a: [User]}}}", 79, "needs the name of a field"},
	}
	for _, tt := range tests {
		e, diags := compileCorrelation(t, tt.body)
		found := false
		for _, d := range diags {
			found = found || d.Fatal && d.Pos.Line == 3 && d.Pos.Col == tt.col && strings.Contains(d.Msg, tt.words)
		}
		if !found || len(e.Correlations()) != 0 {
			t.Errorf("%s: %d correlations\n got %v\nwant 3:%d … %s", tt.body, len(e.Correlations()), diags, tt.col, tt.words)
		}
		if loaded(e) != "AA@1 b@8 c2@14" || e.rules[0].parts != nil || e.rules[0].silent {
			t.Errorf("%s: a refused correlation changed its rules: %s", tt.body, loaded(e))
		}
	}
}

func TestCorrelationsWarned(t *testing.T) {
	tests := []struct{ body, words string }{
		{"{type: temporal, rules: [a, b, a], timespan: 1m}", `"a" is named twice`},
		{"{type: temporal, rules: [a, b], timespan: 1M}", "is months"},
		{"{type: temporal, rules: a, timespan: 1m}", "of one rule holds at each match"},
		{"{type: temporal, rules: [a, b], timespan: 1m, level: high}", "level has no meaning here"},
		{"{type: temporal, rules: [a, b], timespan: 1m, aliases: {u: {a: User}}}", `alias "u" is never used`},
		{"{type: temporal, rules: [a, c2], group-by: u, timespan: 1m, aliases: {u: {a: User, c2: User, b: User}}}", `rule "b" is not one of this correlation`},
		{"{type: event_count, rules: a, timespan: 1m, condition: {gte: 1, field: User}}", "field has no meaning"},
		{"{type: value_sum, rules: a, timespan: 1m, condition: {gte: 1, field: User, percentile: 3}}", "percentile has a meaning"},
		{"{type: event_count, rules: a, timespan: 1m, condition: {gte: 10001}}", "no more than 10000 events of a group are remembered"},
		{"{type: value_count, rules: a, timespan: 1m, condition: {field: User, gt: 10000, lt: 20000}}", "no more than 10000 events"},
		{"{type: temporal, rules: [a, b], group-by: Nope, timespan: 1m}", `field "Nope" is not one that audit events answer`},
	}
	for _, tt := range tests {
		e, diags := compileCorrelation(t, tt.body)
		if len(e.Correlations()) != 1 || len(diags) != 1 || !strings.Contains(diags[0].String(), tt.words) || diags[0].Pos.Line != 3 {
			t.Errorf("%s: %d correlations, %v, want %q", tt.body, len(e.Correlations()), diags, tt.words)
		}
	}
}

// compileFiles compiles files that are named by their index.
func compileFiles(texts ...string) (*compiler, []rule.Diag) {
	var files []rule.File
	for i, text := range texts {
		files = append(files, rule.File{Name: fmt.Sprint(i), Data: []byte(text)})
	}
	return compileAll(files, Options{})
}

func TestCorrelationParts(t *testing.T) {
	c, diags := compileFiles(bases, "title: C\ncorrelation: {type: value_count, rules: [a, b], group-by: [who, Image], timespan: 1m, condition: {field: [what, User], gte: 2},\n"+
		"  aliases: {who: {a: User, b: ParentUser}, what: {AA: CommandLine, b: ParentCommandLine}}}\n---\n"+
		"title: D\ncorrelation: {type: temporal_ordered, rules: [b, a, b], timespan: 1m}\n")
	if len(diags) != 1 {
		t.Errorf("diags %v", diags)
	}
	if got, want := parts(c.engine, 0), "c#0 User Image =CommandLine =User, d#1"; got != want {
		t.Errorf("parts of a: %s, want %s", got, want)
	}
	if got := fmt.Sprint(c.engine.Correlations()[0].By, c.engine.Correlations()[1].By); got != "[who Image] []" {
		t.Errorf("fields to group by: %s", got)
	}
	if got, want := parts(c.engine, 1), "c#1 ParentUser Image =ParentCommandLine =User, d#0, d#2"; got != want {
		t.Errorf("parts of b: %s, want %s", got, want)
	}
}

func TestChains(t *testing.T) {
	c, diags := compileFiles(
		"title: Outer\nlevel: critical\ncorrelation: {type: temporal_ordered, rules: [inner, b], group-by: [Image, who], timespan: 1h, aliases: {who: {inner: User, b: ParentUser}}}\n",
		"title: Inner\nname: inner\ncorrelation: {type: event_count, rules: a, group-by: [User, Image], timespan: 1m, condition: {gte: 3}}\n",
		bases)
	ks := c.engine.Correlations()
	if len(ks) != 2 || len(diags) != 1 {
		t.Fatalf("%d correlations, %v", len(ks), diags)
	}
	outer, inner := ks[0], ks[1]
	if len(inner.Outer) != 1 || inner.Outer[0].To != outer || inner.Outer[0].Ref != 0 || fmt.Sprint(inner.Outer[0].Group) != "[1 0]" {
		t.Errorf("links %+v", inner.Outer)
	}
	if inner.Meta.Level != rule.High || outer.Meta.Level != rule.Critical || inner.Span != time.Minute {
		t.Errorf("levels %s and %s", inner.Meta.Level, outer.Meta.Level)
	}
	if got := parts(c.engine, 1); got != "outer#1 Image ParentUser" {
		t.Errorf("parts of b: %s", got)
	}
}

func TestChainsRefused(t *testing.T) {
	tests := []struct {
		file  string
		loads int
		diag  string
	}{
		{"title: C\ncorrelation: {type: temporal, rules: [d, a], timespan: 1m}\n---\ntitle: D\ncorrelation: {type: temporal, rules: [c, a], timespan: 1m}\n", 0, `0:5:39: error: correlation "c" leads back`},
		{"title: C\ncorrelation: {type: temporal, rules: [d, a], timespan: 1m}\n---\ntitle: D\ncorrelation: {type: temporal, rules: [e, a], timespan: 1m}\n", 0, `0:2:39: error: rule "d" is refused`},
		{"title: C\ncorrelation: {type: value_count, rules: d, timespan: 1m, condition: {field: User, gte: 1}}\n---\ntitle: D\ncorrelation: {type: temporal, rules: [a, b], timespan: 1m}\n", 1, `0:2:77: error: matches of a correlation`},
		{"title: C\ncorrelation: {type: temporal, rules: [d, a], group-by: User, timespan: 1m}\n---\ntitle: D\ncorrelation: {type: temporal, rules: [a, b], timespan: 1m}\n", 2, `0:2:56: warning: correlation "d" does not group by "User"`},
		{"title: C\nid: aa\ncorrelation: {type: temporal, rules: [a, b], timespan: 1m}\n", 0, `rule id "aa" is already that of`},
		{"title: C\ncorrelation: {type: temporal, rules: [x, b], timespan: 1m}\n---\ntitle: X1\nname: x\nlogsource: {category: process_creation}\ndetection: {s: {Image: a}, condition: s}\n" +
			"---\ntitle: X2\nname: x\nlogsource: {category: process_creation}\ndetection: {s: {Image: a}, condition: s}\n", 0, `0:2:39: error: the name "x" is that of several rules: 0:4:1 and 0:9:1`},
	}
	for _, tt := range tests {
		c, diags := compileFiles(tt.file, strings.ReplaceAll(bases, "\r", ""))
		if got := fmt.Sprint(diags); len(c.engine.Correlations()) != tt.loads || !strings.Contains(got, tt.diag) {
			t.Errorf("%s:\n%d correlations, want %d\n got %s\nwant %s", tt.file, len(c.engine.Correlations()), tt.loads, got, tt.diag)
		}
		if len(c.engine.rules) < 2 {
			t.Errorf("%s: base rules were lost", tt.file)
		}
	}
}

// TestGenerate: which rules still alert on their own.
func TestGenerate(t *testing.T) {
	const count = "title: %s\ncorrelation: {type: event_count, rules: a, timespan: 1m, condition: {gte: 2}%s}\n"
	off, on, def := fmt.Sprintf(count, "Off", ", generate: false"), fmt.Sprintf(count, "On", ", generate: true"), fmt.Sprintf(count, "Def", "")
	tests := []struct {
		name   string
		files  []string
		silent bool
	}{
		{"same file", []string{bases + "---\n" + def}, true},
		{"same file, false", []string{bases + "---\n" + off}, true},
		{"same file, true", []string{bases + "---\n" + on}, false},
		{"one of two", []string{bases + "---\n" + def + "---\n" + on}, false},
		{"other file", []string{bases, def}, false},
		{"other file, false", []string{bases, off}, true},
		{"other file, true", []string{bases + "---\n" + def, on}, false},
		{"refused", []string{bases + "---\n" + strings.Replace(def, "1m", "x", 1)}, false},
	}
	for _, tt := range tests {
		c, _ := compileFiles(tt.files...)
		if a, b := c.engine.rules[0].silent, c.engine.rules[1].silent; a != tt.silent || b {
			t.Errorf("%s: silent = %v and %v, want %v and false", tt.name, a, b, tt.silent)
		}
	}
	c, _ := compileFiles(bases + "---\ntitle: Inner\ncorrelation: {type: event_count, rules: a, timespan: 1m, condition: {gte: 2}}\n---\n" +
		"title: Outer\ncorrelation: {type: temporal, rules: [inner, b], timespan: 1m}\n")
	if ks := c.engine.Correlations(); len(ks) != 2 || !ks[0].Silent || ks[1].Silent {
		t.Errorf("an inner correlation is not silent, or an outer one is")
	}
}

// TestCollectionInCorrelation: a collection may give several rules one id, and a correlation then means all of them.
func TestCollectionInCorrelation(t *testing.T) {
	c, _ := compileFiles("action: global\ntitle: G\nid: g\nlogsource: {category: process_creation}\n---\ndetection: {s: {CommandLine: a}, condition: s}\n---\n" +
		"detection: {s: {CommandLine: b}, condition: s}\n---\naction: reset\n---\ntitle: C\ncorrelation: {type: event_count, rules: g, timespan: 1m, condition: {gte: 2}}\n")
	if got := parts(c.engine, 0) + ", " + parts(c.engine, 1); got != "c#0, c#0" {
		t.Errorf("parts %s", got)
	}
}

// TestCounted holds the expression of a counting condition to counting.
func TestCounted(t *testing.T) {
	for _, counts := range [][]int{{1}, {2}, {5}, {1, 2}, {3, 4, 5}, {1, 3}, {1, 2, 4, 5}} {
		x := exactlyOneOf(counts, 5)
		for bits := range 1 << 5 {
			n, want := 0, false
			for i := range 5 {
				n += bits >> i & 1
			}
			for _, k := range counts {
				want = want || k == n
			}
			if got := holds(x, func(ref int) bool { return bits>>ref&1 == 1 }); got != want {
				t.Errorf("counts %v of %05b = %v, want %v", counts, bits, got, want)
			}
		}
	}
}

func TestEngineOfCorrelationStillMatches(t *testing.T) {
	c, _ := compileFiles(bases)
	if ms := c.engine.Eval(nil, exec(event.Process{CommandLine: "a"})); len(ms) != 1 || c.engine.Correlations() != nil {
		t.Errorf("%d matches", len(ms))
	}
}
