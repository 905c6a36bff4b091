package sigma

import (
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules/rule"
)

const three = "title: A\nid: AAA\nname: first\nlogsource: {category: process_creation, product: linux}\ndetection: {s: {CommandLine|contains: x}, condition: s}\n---\n" +
	"title: B\nlogsource: {category: process_creation}\ndetection: {s: {CommandLine|contains: x}, condition: s}\n---\n" +
	"title: Broken\nname: broken\nlogsource: {category: process_creation}\ndetection: {s: {}, condition: s}\n"

// ofFilter makes a filter of its rules and the rest; the rules stand at line 4, the rest below.
func ofFilter(rules, rest string) string {
	return "title: F\nlogsource: {category: process_creation, product: linux}\nfilter:\n  rules: " + rules + "\n" + rest
}

func TestFilters(t *testing.T) {
	const not = "  s: {CommandLine|contains: skip}\n  condition: not s\n"
	tests := []struct {
		name, filter string
		fires        map[string]string
		diag         string // of f.yml; "" for none
	}{
		{"by id", ofFilter("[aaa]", not), map[string]string{"x": "AAA b", "x skip": "b"}, ""},
		{"by name", ofFilter("[first]", not), map[string]string{"x skip": "b"}, ""},
		{"one text", ofFilter("first", not), map[string]string{"x skip": "b"}, ""},
		{"any, of its log source", ofFilter("any", not), map[string]string{"x skip": "b", "x": "AAA b"}, ""},
		{"any, all products", strings.Replace(ofFilter("ANY", not), ", product: linux", "", 1), map[string]string{"x skip": "", "x": "AAA b"}, ""},
		{"empty list", strings.Replace(ofFilter("[]", not), ", product: linux", "", 1), map[string]string{"x skip": ""}, ""},
		{"two filters", ofFilter("[first]", not) + "---\n" + strings.Replace(ofFilter("[first]", not), "skip", "omit", 1),
			map[string]string{"x omit": "b", "x skip": "b", "x": "AAA b"}, ""},
		{"its own identifiers", ofFilter("[first]", "  s: {CommandLine|contains: skip}\n  t: {CommandLine|contains: keep}\n  condition: not s or t\n"),
			map[string]string{"x skip": "b", "x skip keep": "AAA b"}, ""},
		{"without a not", ofFilter("[first]", "  s: {CommandLine|contains: keep}\n  condition: s\n"), map[string]string{"x": "b", "x keep": "AAA b"}, `f.yml:6:14: warning: filter without a "not"`},
		{"neq is a not", ofFilter("[first]", "  s: {CommandLine|contains|neq: skip}\n  condition: s\n"), map[string]string{"x skip": "b", "x": "AAA b"}, ""},
		{"nobody", ofFilter("[nobody, first]", not), map[string]string{"x skip": "b"}, `f.yml:4:11: warning: filter: no rule has the id or name "nobody"`},
		{"refused", ofFilter("[broken]", not), nil, `f.yml:4:11: warning: filter: rule "broken" is refused`},
		{"correlation", ofFilter("[c]", not) + "---\ntitle: C\ncorrelation: {type: event_count, rules: b, timespan: 1m, condition: {gte: 2}}\n", nil, `f.yml:4:11: warning: filter: "c" is a correlation`},
		{"other log source", ofFilter("[b]", not), map[string]string{"x skip": "AAA b"}, `f.yml:4:11: warning: filter: rule "b" is of another log source`},
		{"none of its log source", strings.Replace(ofFilter("any", not), "linux", "windows", 1), map[string]string{"x skip": "AAA b"}, "f.yml:4:10: warning: filter: no rule has its log source"},
		{"no rules", "title: F\nlogsource: {category: process_creation}\nfilter:\n" + not, map[string]string{"x skip": "AAA b"}, "f.yml:4:3: error: filter: rules needs"},
		{"rules of a wrong form", ofFilter("[{a: b}]", not), nil, "f.yml:4:12: error: filter: rules needs"},
		{"no condition", ofFilter("any", "  s: {CommandLine: x}\n"), nil, "error: filter: no condition"},
		{"bad condition", ofFilter("[first]", "  s: {CommandLine: x}\n  condition: not t\n"), map[string]string{"x": "AAA b"}, `f.yml:6:18: error: condition: identifier "t"`},
		{"bad modifier", ofFilter("any", "  s: {CommandLine|nope: x}\n  condition: not s\n"), map[string]string{"x": "AAA b"}, `f.yml:5:19: error: unknown modifier "nope"`},
		{"unused identifier", ofFilter("[first]", not+"  t: {CommandLine: x}\n"), nil, `f.yml:7:3: warning: identifier "t" is never used`},
		{"no log source", "title: F\nfilter: {rules: any, s: {CommandLine: x}, condition: not s}\n", map[string]string{"x": "AAA b"}, "f.yml:1:1: error: logsource"},
		{"no title", "logsource: {}\nfilter: {rules: any, s: {CommandLine: x}, condition: not s}\n", map[string]string{"x": "AAA b"}, "f.yml:1:1: error: filter without a title"},
		{"no map", "title: F\nlogsource: {}\nfilter: x\n", nil, "f.yml:3:9: error: filter: needs a map"},
	}
	for _, tt := range tests {
		e, diags := Compile([]rule.File{{Name: "f.yml", Data: []byte(tt.filter)}, {Name: "r.yml", Data: []byte(three)}}, Options{})
		var own []string
		for _, d := range diags {
			if d.Pos.File == "f.yml" {
				own = append(own, d.String())
			}
		}
		if tt.diag == "" && len(own) > 0 || tt.diag != "" && (len(own) != 1 || !strings.Contains(own[0], tt.diag)) {
			t.Errorf("%s: %v, want %q", tt.name, own, tt.diag)
		}
		for line, want := range tt.fires {
			if got := fired(e, line); got != want {
				t.Errorf("%s: %q fires %q, want %q", tt.name, line, got, want)
			}
		}
	}
}

// TestFilterOverridden: a filter may be written for the log source of the rule, or for what an override makes of it.
func TestFilterOverridden(t *testing.T) {
	rules := strings.Replace(three, "linux", "windows", 1)
	for _, product := range []string{"windows", "linux"} {
		filter := strings.Replace(ofFilter("[first]", "  s: {CommandLine|contains: skip}\n  condition: not s\n"), "linux", product, 1)
		e, diags := Compile([]rule.File{{Name: "r.yml", Data: []byte(rules)}, {Name: "f.yml", Data: []byte(filter)}},
			Options{Sources: []Override{{Source{Product: "windows"}, Source{Product: "linux"}}}})
		if got := fired(e, "x") + "; " + fired(e, "x skip"); got != "AAA b; b" {
			t.Errorf("filter for %s: %q, %v", product, got, diags)
		}
	}
}
