package sigma

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// loaded lists the rules as id@line.
func loaded(e *Engine) string {
	var out []string
	for _, m := range e.Rules() {
		out = append(out, fmt.Sprintf("%s@%d", m.ID, m.Pos.Line))
	}
	return strings.Join(out, " ")
}

// fired lists the ids of the rules that match a command line.
func fired(e *Engine, line string) string {
	var out []string
	for _, m := range e.Eval(nil, exec(event.Process{CommandLine: line, User: "alice"})) {
		out = append(out, m.Rule.ID)
	}
	return strings.Join(out, " ")
}

func TestCollections(t *testing.T) {
	const source = "logsource: {category: process_creation}\n"
	tests := []struct {
		name, file  string
		rules, diag string
		fires       map[string]string
	}{
		{"several documents", "title: A\n" + source + "detection: {s: {CommandLine: a}, condition: s}\n---\ntitle: B\n" + source +
			"detection: {s: {CommandLine: b}, condition: s}\n", "a@1 b@5", "", map[string]string{"a": "a", "b": "b"}},
		{"global", "action: global\ntitle: G\n" + source + "detection: {condition: s}\n---\ndetection: {s: {CommandLine: a}}\n---\n" +
			"detection: {s: {CommandLine: b}, condition: not s}\n", "g@6 g-2@8", "", map[string]string{"a": "g", "b": "g-2"}},
		{"reset", "action: global\ntitle: G\nid: x\n---\n" + source + "detection: {s: {CommandLine: a}, condition: s}\n---\naction: reset\n---\n" +
			"title: H\n" + source + "detection: {s: {CommandLine: b}, condition: s}\n", "x@5 h@10", "", map[string]string{"b": "h"}},
		{"repeat", "title: A\nid: one\n" + source + "detection: {s: {CommandLine: a}, condition: s}\n---\naction: repeat\nid: two\ndetection: {s: {CommandLine: b}}\n" +
			"---\naction: repeat\ndetection: {s: {User: alice}}\n", "one@1 two@6 two-2@10", "", map[string]string{"a": "one", "b": "two two-2"}},
		{"repeat a global", "action: global\ntitle: G\n" + source + "---\naction: repeat\ndetection: {s: {CommandLine: a}, condition: s}\n", "g@5", "", map[string]string{"a": "g"}},
		{"an id that was given", "action: global\ntitle: G\n" + source + "detection: {s: {CommandLine: a}, condition: s}\n---\nlevel: low\n---\nlevel: low\n---\naction: reset\n---\n" +
			"title: H\nid: g-2\n" + source + "detection: {s: {CommandLine: b}, condition: s}\n", "g@6 g-2@8", `rule id "g-2" is already`, nil},
		{"nothing to repeat", "action: repeat\n", "", `r.yml:1:9: error: action "repeat"`, nil},
		{"repeat of what is broken", "title: A\n---\n[\n---\naction: repeat\n", "", `r.yml:5:9: error: action "repeat"`, nil},
		{"unknown", "action: nope\n", "", `r.yml:1:9: error: action "nope"`, nil},
		{"no map", "--- x\n", "", "a rule is a map", nil},
		{"same title, no ids", "title: A\n" + source + "detection: {s: {CommandLine: a}, condition: s}\n---\ntitle: a\n" + source +
			"detection: {s: {CommandLine: b}, condition: s}\n", "a@1 a-4c355b23@5", "", nil},
		{"same id without a collection", "title: A\nid: x\n" + source + "detection: {s: {CommandLine: a}, condition: s}\n---\ntitle: a\nid: x\n" + source +
			"detection: {s: {CommandLine: b}, condition: s}\n", "x@1", `r.yml:7:5: error: rule id "x" is already`, nil},
		{"fault in the global part", "action: global\ntitle: G\n" + source + "detection: {condition: s and t}\n---\ndetection: {s: {CommandLine: a}}\n", "", `r.yml:4:30: error: condition: identifier "t"`, nil},
	}
	for _, tt := range tests {
		e, diags := Compile([]rule.File{{Name: "r.yml", Data: []byte(tt.file)}}, Options{})
		if got := loaded(e); got != tt.rules || tt.diag == "" && len(diags) > 0 || !strings.Contains(fmt.Sprint(diags), tt.diag) {
			t.Errorf("%s: loaded %q, want %q; %v, want %q", tt.name, got, tt.rules, diags, tt.diag)
		}
		for line, want := range tt.fires {
			if got := fired(e, line); got != want {
				t.Errorf("%s: %q fires %q, want %q", tt.name, line, got, want)
			}
		}
	}
}

// TestLargeGlobal: what is taken over is bounded, not each document by itself.
func TestLargeGlobal(t *testing.T) {
	words := strings.Repeat("w, ", 10000)
	text := "action: global\ntitle: G\nlogsource: {category: process_creation}\ndetection: {s: {CommandLine: [" + words + "w]}, condition: s}\n" +
		strings.Repeat("---\nlevel: low\n", 1000)
	e, diags := Compile([]rule.File{{Name: "r.yml", Data: []byte(text)}}, Options{})
	if n := len(e.Rules()); n == 0 || n > 40 || !strings.Contains(fmt.Sprint(diags), "take over more than") {
		t.Errorf("%d rules, %.200v", n, diags)
	}
}

func TestOverrides(t *testing.T) {
	tests := []struct{ from, to, rule, want Source }{
		{Source{Product: "windows"}, Source{Product: "Linux"}, Source{"windows", "network_connection", ""}, Source{"linux", "network_connection", ""}},
		{Source{Product: "windows", Service: "sysmon"}, Source{Product: "linux", Category: "c"}, Source{"windows", "", "sysmon"}, Source{"linux", "c", ""}},
		{Source{Product: "windows"}, Source{Product: "linux"}, Source{"macos", "c", ""}, Source{"macos", "c", ""}},
		{Source{Category: "c"}, Source{Category: "d"}, Source{"", "c", "s"}, Source{"", "d", "s"}},
	}
	for _, tt := range tests {
		c := &compiler{options: Options{Sources: []Override{{tt.from, tt.to}, {Source{}, tt.rule}}}}
		if got := c.overridden(tt.rule); got != tt.want {
			t.Errorf("override %v by %v of %v = %v, want %v", tt.from, tt.to, tt.rule, got, tt.want)
		}
	}
	windows := strings.Replace(header, "linux", "Windows", 1) + "  s: {CommandLine: x}\n  condition: s\n"
	e, diags := Compile([]rule.File{{Name: "r.yml", Data: []byte(windows)}}, Options{Sources: []Override{{Source{Product: "windows"}, Source{Product: "linux"}}}})
	if fired(e, "x") != "t" {
		t.Errorf("an overridden rule did not fire: %v", diags)
	}
}
