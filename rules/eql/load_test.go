package eql

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/rules/rule"
)

// shells is a rule of our own in the form of Elastic's.
const shells = `[metadata]
creation_date = "2026/01/02"
maturity = "production"

[rule]
author = ["A", "B"]
description = """
A shell below
an editor.
"""
from = "now-6m"
language = "eql"
name = "Shell from an Editor"
references = ["https://example.org/a"]
false_positives = ["Editors with a terminal."]
risk_score = 47
rule_id = "6e0f2d0e-0000-4000-8000-000000000001"
severity = "medium"
tags = ["OS: Linux", "Tactic: Execution"]
type = "eql"
query = '''
process where event.type == "start" and process.name in ("sh", "bash") and
  process.parent.name : "vi*" and not process.args : "-c"
'''

[[rule.threat]]
framework = "MITRE ATT&CK"

[[rule.threat.technique]]
id = "T1059"

[[rule.threat.technique.subtechnique]]
id = "T1059.004"

[rule.threat.tactic]
id = "TA0002"
`

func file(name, data string) rule.File { return rule.File{Name: name, Data: []byte(data)} }

func TestMeta(t *testing.T) {
	e, diags := Compile([]rule.File{file("a.toml", shells)})
	if len(diags) > 0 || len(e.Rules()) != 1 {
		t.Fatalf("diags %v, rules %v", diags, e.Rules())
	}
	want := &rule.Meta{
		ID: "6e0f2d0e-0000-4000-8000-000000000001", Title: "Shell from an Editor", Description: "A shell below an editor.", Author: "A, B", Level: rule.Medium,
		Dialect: "eql", Tags: []string{"OS: Linux", "Tactic: Execution"}, Techniques: []string{"T1059", "T1059.004"}, Tactics: []string{"TA0002"}, Risk: 47,
		Needs: []string{"exec"}, Signals: rule.Is("exec"), References: []string{"https://example.org/a"}, FalsePositives: []string{"Editors with a terminal."}, Pos: rule.Pos{File: "a.toml", Line: 5, Col: 2},
	}
	if got := e.Rules()[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("meta %+v, want %+v", got, want)
	}
}

// simple is a rule with a query as TOML, after other keys.
func simple(query, keys string) string {
	return fmt.Sprintf("[rule]\nname = \"x\"\ntype = \"eql\"\nseverity = \"low\"\n%squery = %s\n", keys, query)
}

// TestDiags: what is wrong with a file is told with its place.
func TestDiags(t *testing.T) {
	for _, tt := range []struct{ name, data, want string }{
		{"no TOML", "[rule\n", `x.toml:1:6: error: `},
		{"twice", "a = 1\na = 2\n", `x.toml: error: key a is already defined`},
		{"no rule", "[metadata]\na = 1\n", `x.toml: error: no table rule: this is no detection rule`},
		{"a text", "rule = \"x\"\n", `x.toml: error: no table rule`},
		{"no query", "[rule]\nname = \"x\"\n", `x.toml:1:2: error: rule without a query`},
		{"no name", "[rule]\nquery = \"any where true\"\n", `x.toml:1:2: error: rule without a name`},
		{"unknown type", "[rule]\nname = \"x\"\ntype = \"new\"\nquery = \"x\"", `x.toml:3:8: error: rules of type "new" are not known`},
		{"another type", "[rule]\nname = \"x\"\ntype = \"threshold\"\nlanguage = \"kuery\"\nquery = \"x: *\"", `x.toml:3:8: warning: rules of type threshold (KQL with a threshold) are not supported: it is left out`},
		{"another language", "[rule]\nname = \"x\"\nlanguage = \"esql\"\nquery = \"from x\"", `x.toml:1:2: warning: rules in the language esql are not supported: it is left out`},
		{"in three quotes", simple("'''\nprocess where true and\n  process.name = 1\n'''", ""), `x.toml:7:16: error: "=" is no comparison`},
		{"on the line of the quotes", simple("'''process where\n  process.name = 1\n'''", ""), `x.toml:6:16: error: "=" is no comparison`},
		{"the same line", simple("'''process where process.name = 1'''", ""), `x.toml:5:39: error: "=" is no comparison`},
		{"one quote", simple("'process where process.name = 1'", ""), `x.toml:5:37: error: "=" is no comparison`},
		{"double quotes", simple(`"process where process.name = 1"`, ""), `x.toml:5:37: error: "=" is no comparison`},
		{"with escapes", simple(`"process where process.name = \"1\""`, ""), `x.toml:5:9: error: "=" is no comparison`},
		{"windows", strings.ReplaceAll(simple("'''\nprocess where true and\n  process.name = 1\n'''", ""), "\n", "\r\n"), `x.toml:7:16: error: "=" is no comparison`},
		{"severity", simple(`'process where true'`, "")[:0] + strings.Replace(simple(`'process where true'`, ""), `"low"`, `"grave"`, 1), `x.toml:4:12: warning: severity "grave" is not known: write low, medium, high or critical; it counts as medium`},
		{"risk", simple(`'process where true'`, "risk_score = 101\n"), `x.toml:5:1: warning: risk_score is a whole number from 0 to 100; it is left out`},
		{"filters", simple(`'process where true'`, "") + "[[rule.filters]]\na = 1\n", `x.toml:1:2: warning: filters is not applied here`},
		{"pipe", simple(`'process where true | head 3'`, ""), `x.toml:5:31: error: a stream of events has no end: | head is for queries on events that are all there`},
		{"misspelt field", simple(`'process where process.nane : "x" or process.pid == 1'`, ""), `x.toml:5:24: warning: process.nane is no field of an audit event; did you mean process.name?`},
		{"never there", simple(`'process where not process.env_vars : "x"'`, ""), `x.toml:5:28: warning: process.env_vars is a field of Elastic's that no audit record tells: it is never there; write ?process.env_vars if that is meant`},
		{"optional", simple(`'process where not ?process.env_vars : "x"'`, ""), ``},
		{"never", simple(`'process where ?process.env_vars : "x"'`, ""), `x.toml:5:9: warning: no audit event can satisfy this query: it asks for what no audit record tells`},
		{"never, by its category", simple(`'registry where true'`, ""), `no audit event can satisfy this query`},
		{"never, by its key", simple(`'sequence by ?user.id, dns.question.name [process where true] [network where true]'`, ""), `no audit event can satisfy this query`},
		{"an optional key", simple(`'sequence by ?dns.question.name [process where true] [network where true]'`, ""), ``},
		{"wrong type", simple(`'process where user.id == 0'`, ""), `x.toml:5:32: error: user.id is a text in Elasticsearch: write the number in quotes`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, diags := Compile([]rule.File{file("x.toml", tt.data)})
			var all []string
			for _, d := range diags {
				all = append(all, d.String())
			}
			if text := strings.Join(all, "\n"); !strings.Contains(text, tt.want) || tt.want == "" && text != "" {
				t.Errorf("diags %q, want %q", text, tt.want)
			}
		})
	}
}

// TestOthersLoad: a bad rule hinders no other, and an id counts once.
func TestOthersLoad(t *testing.T) {
	e, diags := Compile([]rule.File{
		file("bad.toml", simple("'process where'", "")), file("a.toml", shells), file("b.toml", strings.ToUpper(shells[:0])+strings.Replace(shells, "6e0f2d0e", "6E0F2D0E", 1)),
		file("c.toml", simple("'process where true'", "")), file("endpoint.toml", "[rule]\nid = \"d\"\nname = \"y\"\nquery = 'file where true'\n"),
	})
	var ids []string
	for _, m := range e.Rules() {
		ids = append(ids, m.ID)
	}
	if got := strings.Join(ids, " "); got != "6e0f2d0e-0000-4000-8000-000000000001 x d" {
		t.Errorf("ids %q", got)
	}
	if len(diags) != 2 || !diags[0].Fatal || diags[1].String() != `b.toml:17:11: error: rule id "6E0F2D0E-0000-4000-8000-000000000001" is already that of the rule at a.toml:5:2` {
		t.Errorf("diags %v", diags)
	}
}

// TestSpan: a sequence without maxspan lasts as long as its rule looks back.
func TestSpan(t *testing.T) {
	for _, tt := range []struct {
		from, with string
		want       time.Duration
	}{
		{"", "", 9 * time.Minute}, {"now-6m", "", 6 * time.Minute}, {"now-2h", "", 2 * time.Hour}, {"now-30s", "with maxspan=1d", 24 * time.Hour},
		{"now-0m", "", 9 * time.Minute}, {"now-9m/m", "", 9 * time.Minute}, {"now-9999999d", "", 9 * time.Minute},
	} {
		keys := fmt.Sprintf("from = %q\n", tt.from)
		e, diags := Compile([]rule.File{file("x", simple(fmt.Sprintf("'sequence by host.id %s [process where true] [file where true]'", tt.with), keys))})
		if len(diags) > 0 || len(e.Sequences()) != 1 || e.Sequences()[0].MaxSpan != tt.want {
			t.Errorf("from %q, %q: %+v, %v, want %v", tt.from, tt.with, e.Sequences(), diags, tt.want)
		}
	}
}

// TestNeeds: executions if they will do, and else what a term asks for.
func TestNeeds(t *testing.T) {
	for query, want := range map[string]string{
		`process where event.type == "start"`:                                         "exec",
		`process where event.action in ("exec", "uid_change")`:                        "exec",
		`process where event.action == "uid_change"`:                                  "process",
		`process where event.action == "executed"`:                                    "exec",
		`process where event.type == "start" and not event.action == "exec"`:          "driver|process",
		`file where event.action == "creation"`:                                       "file",
		`network where event.action == "connected-to"`:                                "network",
		`authentication where event.action == "ssh_login"`:                            "authentication",
		`any where auditd.data.syscall == "mprotect"`:                                 "call",
		`driver where event.action == "loaded-kernel-module"`:                         "driver",
		`process where event.action == "load_module"`:                                 "driver",
		`any where host.os.type == "windows"`:                                         Unrecorded,
		`any where event.dataset : "auditd*"`:                                         "exec",
		`process where event.type != "start" and event.category == "network"`:         "other",
		`sequence by user.id [process where event.type == "start"] [file where true]`: "exec,file",
		`sequence by user.id with maxspan=1s [file where true] ![process where true] [network where true] until [driver where true]`: "file,network",
	} {
		e, diags := Compile([]rule.File{file("x", simple("'"+query+"'", ""))})
		if len(e.Rules()) != 1 {
			t.Errorf("%s: %v", query, diags)
			continue
		}
		if got := strings.Join(e.Rules()[0].Needs, ","); got != want {
			t.Errorf("%s: needs %q, want %q", query, got, want)
		}
	}
}

// TestHostileTOML: a file is never read deeper than maxNesting, however its levels are written.
func TestHostileTOML(t *testing.T) {
	const n = 100_000
	for _, data := range []string{
		"x=" + strings.Repeat("[", n), "x=" + strings.Repeat(`["",`, n), "x=" + strings.Repeat("['''a''''',", n/2), "x=" + strings.Repeat("[\"\"\"a\"\"\"\"\",", n/2), "x=" + strings.Repeat("{a=", n),
		strings.Repeat("a.", n) + "a=1", strings.Repeat(`"a".`, n) + "a=1", "[" + strings.Repeat("a.", n) + "a]", "x=[" + strings.Repeat("#]\n[", n), "x=" + strings.Repeat(`["\"]",`, n), "x=" + strings.Repeat(`['\',`, n),
		"x = \"]\n" + strings.Repeat("[", n),
	} {
		e, diags := Compile([]rule.File{file("x", data)})
		if len(e.Rules()) > 0 || len(diags) != 1 || !diags[0].Fatal || !strings.Contains(diags[0].Msg, "nested deeper") {
			t.Errorf("%.20q…: %v", data, diags)
		}
	}
	if tooDeep(shells) || tooDeep("a = [[1.5, 2.5], [\"[[[\", '{{{']] # [[[[\n[a.b.c]\nd = '''\n[[[[\n'''\n"+strings.Repeat("x = [1.0, 2.0] # [\n", 100)) {
		t.Error("a shallow file is too deep")
	}
}

func FuzzCompile(f *testing.F) {
	f.Add(shells)
	f.Add(simple("'sequence by host.id with maxspan=1s [process where true] ![any where length(process.name) > 2] until [file where file.path regex \"a+\"]'", ""))
	f.Fuzz(func(t *testing.T, data string) {
		e, diags := Compile([]rule.File{file("x", data)})
		if len(e.Rules())+len(diags) == 0 {
			t.Error("neither a rule nor a word why not")
		}
		for _, d := range diags {
			if d.Pos.File != "x" || d.Pos.Line < 0 || d.Pos.Line > strings.Count(data, "\n")+1 || d.Msg == "" {
				t.Errorf("diag %+v", d)
			}
		}
	})
}
