package ruletest

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

const shellRule = `title: T
id: t
level: high
logsource: {category: process_creation, product: linux}
detection:
    a: {Image|endswith: /sh}
    condition: a
`

// run is the records of an execution.
func run(serial, exe string) string {
	id := "msg=audit(1700000000.000:" + serial + "): "
	return "type=SYSCALL " + id + `arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=` + serial + ` uid=0 comm="x" exe="` + exe + "\"\n" +
		"type=EXECVE " + id + `argc=1 a0="` + exe + "\"\n" + "type=PROCTITLE " + id + "proctitle=78\n"
}

func TestRun(t *testing.T) {
	sh, ls := run("10", "/bin/sh"), run("11", "/bin/ls")
	for _, tt := range []struct{ logs, want string }{
		{"-- fires.log --\n" + sh, ""},
		{"-- fires.log --\n" + sh + ls, "t.txtar:2: fires.log: no alert for an execution"},
		{"-- fires-one.log --\n" + sh + ls, ""},
		{"-- fires-one.log --\n" + ls, "t.txtar:2: fires-one.log: no alert"},
		{"-- fires-one.log --\n" + sh + run("12", "/bin/sh"), "t.txtar:2: fires-one.log: 2 alerts"},
		{"-- quiet.log --\n" + ls, ""},
		{"-- quiet-x.log --\n" + ls + "-- quiet-y.log --\n" + sh, "t.txtar:6: quiet-y.log: an alert where none may be"},
		{"-- quiet.log --\n" + ls + "nonsense\n", "t.txtar:5: quiet.log: not an audit record: byte 0: no \"type=\""},
		{"-- quiet.log --\n", "t.txtar:2: quiet.log: the log has no event"},
		{"-- x.log --\n" + sh + ls + "-- x.alerts --\n10 high t # why\n", ""},
		{"-- x.log --\n" + sh + "-- x.alerts --\n10 low t\n", "t.txtar:2: x.log: other alerts than expected"},
		{"-- x.log --\n" + sh + "-- x.alerts --\n", "t.txtar:2: x.log: other alerts than expected"},
	} {
		test, err := Parse("t.txtar", []byte(tt.logs))
		if err != nil {
			t.Errorf("%q: %v", tt.logs, err)
			continue
		}
		set, diags := rules.Load([]rule.File{{Name: "t.yml", Data: []byte(shellRule)}})
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		var got []string
		for _, f := range test.Run(set) {
			got = append(got, f.String())
			if f.Event == nil && len(f.Want) > 0 {
				t.Errorf("%q: %s explains nothing", tt.logs, f)
			}
		}
		if s := strings.Join(got, "; "); !strings.HasPrefix(s, tt.want) || tt.want == "" && s != "" {
			t.Errorf("%q: %q, want %q", tt.logs, s, tt.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "t: a test without a log: write one behind a line of -- fires.log --"},
		{"c\n-- a.txt --\n", `t:2: file "a.txt" of a test: want .log, .alerts, or a rule in .yml, .yaml, .toml or .xml`},
		{"-- firing.log --\n", `t:2: log "firing.log": want fires.log, fires-NAME.log, quiet-NAME.log, or firing.alerts beside it`},
		{"-- a.alerts --\n", "t:1: a.alerts without a.log"},
		{"-- a.log --\n-- a.alerts --\n\n1 high\n", `t:4: an alert is a serial, a level and ids of rules, not "1 high"`},
		{"-- a.log --\n-- a.alerts --\nx high t\n", `t:3: serial "x" is no number`},
		{"-- a.log --\n-- a.alerts --\n1 hi t\n", `t:3: level "hi": want informational, low, medium, high or critical`},
	} {
		if _, err := Parse("t", []byte(tt.text)); err == nil || err.Error() != tt.want {
			t.Errorf("Parse(%q) = %v, want %s", tt.text, err, tt.want)
		}
	}
}

// FuzzSections compares with the reader of another author.
func FuzzSections(f *testing.F) {
	f.Add("comment\n-- a.log --\nx\n-- b --\n--  --\n--  x--\n-- c --")
	f.Add("-- a --\r\nx\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "\r") || strings.Contains(text, "-- --") {
			return // that one leaves the one in names, and panics at the other
		}
		got, want := sections([]byte(text)), txtar.Parse([]byte(text)).Files
		if len(got) != len(want) {
			t.Fatalf("%q: %d files, want %d", text, len(got), len(want))
		}
		for i := range got {
			data := string(got[i].data)
			if data != "" && !strings.HasSuffix(data, "\n") {
				data += "\n"
			}
			if got[i].name != want[i].Name || data != string(want[i].Data) {
				t.Errorf("%q: file %q %q, want %q %q", text, got[i].name, data, want[i].Name, want[i].Data)
			}
		}
	})
}
