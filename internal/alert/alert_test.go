package alert

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

func sampleAlert(args ...string) *Alert {
	id := audit.ID{Node: "web-1", Msec: 1795250967999, Serial: 629868}
	line := strings.Join(args, " ")
	parent := &event.Process{PID: 5, PPID: 1, Exe: "/usr/bin/bash", Args: []string{"-bash"}, CommandLine: "-bash", Source: event.FromExec, UID: -1, EUID: -1, AUID: -1}
	ev := &event.Event{
		ID: id, Complete: true, Call: new(audit.Call),
		Records: []audit.Record{
			{ID: id, Type: audit.Syscall, Body: `arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=1 a2=2 a3=3 ppid=5 pid=7 key="exec"`},
			{ID: id, Type: audit.Execve}, {ID: id, Type: audit.Execve}, {ID: id, Type: audit.Proctitle},
		},
		Exec: &event.Exec{Args: args, CommandLine: line, Complete: true},
		Process: &event.Process{PID: 7, PPID: 5, Exe: "/usr/bin/python3.11", Comm: "python3", Args: args, CommandLine: line, CWD: "/srv",
			TTY: "pts0", UID: 1001, User: "alice", EUID: 0, EffectiveUser: "root", AUID: 1001, Session: 3, Source: event.FromExec, Parent: parent},
	}
	ev.Call.Parse(ev.Records[0].Body)
	high := &rule.Meta{ID: "r1", Title: "Shell", Level: rule.High, Dialect: "sigma", Author: "a", Techniques: []string{"T1059.006"}, References: []string{"https://example.org"}}
	low := &rule.Meta{ID: "r2", Title: "Pty", Level: rule.Low, Dialect: "sigma", Techniques: []string{"T1059.006", "T1059"}}
	return &Alert{
		ID: "abc", Time: ev.Time(), Level: rule.High, Rules: []*rule.Meta{high, low}, Event: ev,
		Evidence: []rule.Evidence{{Field: "Image", Value: "/usr/bin/python3.11", Match: "python"}}, Incident: Incident{"abc", 2},
	}
}

func document(t *testing.T, b []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return m
}

// at walks to a dotted path.
func at(m map[string]any, path string) any {
	var v any = m
	for _, k := range strings.Split(path, ".") {
		o, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = o[k]
	}
	return v
}

func TestAppendJSON(t *testing.T) {
	m := document(t, sampleAlert("python3", "-c", "x y").AppendJSON(nil))
	for path, want := range map[string]any{
		"@timestamp":                       "2026-11-21T08:49:27.999Z",
		"event.kind":                       "alert",
		"event.id":                         "abc",
		"event.action":                     []any{"exec", "process_started", "start", "executed"},
		"event.outcome":                    "success",
		"rule.id":                          "r1",
		"rule.level":                       "high",
		"threat.technique.id":              []any{"T1059.006", "T1059"},
		"process.pid":                      7.0,
		"process.executable":               "/usr/bin/python3.11",
		"process.name":                     "python3.11",
		"process.args":                     []any{"python3", "-c", "x y"},
		"process.args_count":               3.0,
		"process.command_line":             "python3 -c x y",
		"process.working_directory":        "/srv",
		"process.tty.name":                 "pts0",
		"process.parent.pid":               5.0,
		"process.parent.executable":        "/usr/bin/bash",
		"process.parent.working_directory": nil,
		"user.id":                          "1001",
		"user.name":                        "alice",
		"user.effective.id":                "0",
		"user.effective.name":              "root",
		"user.audit.id":                    "1001",
		"host.name":                        "web-1",
		"auditd.sequence":                  629868.0,
		"auditd.session":                   "3",
		"auditd.record_types":              []any{"SYSCALL", "EXECVE", "PROCTITLE"},
		"auditd.data.syscall":              "execve",
		"auditd.data.key":                  "exec",
		"auditpy.argv_complete":            true,
		"auditpy.parent_source":            "exec",
		"auditpy.incident.count":           2.0,
		"auditpy.args_base64":              nil,
	} {
		if got := at(m, path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %v, want %v", path, got, want)
		}
	}
	if rs := at(m, "auditpy.rules").([]any); len(rs) != 2 {
		t.Errorf("auditpy.rules = %v", rs)
	}
}

func TestNotUTF8(t *testing.T) {
	arg := "a\xffb\u00e9\U0001F600\n\"\\"
	m := document(t, sampleAlert("x", arg).AppendJSON(nil))
	if got := at(m, "process.args").([]any)[1]; got != "a\\xffb\u00e9\U0001F600\n\"\\" {
		t.Errorf("args = %q", got)
	}
	b, err := base64.StdEncoding.DecodeString(at(m, "auditpy.args_base64").([]any)[1].(string))
	if err != nil || string(b) != arg {
		t.Errorf("args_base64 = %q, %v", b, err)
	}
}

func TestAppendEvent(t *testing.T) {
	ev := &event.Event{ID: audit.ID{Msec: 1, Serial: 2}, Records: []audit.Record{{Type: 1112, Body: "pid=1"}}}
	m := document(t, AppendEvent(nil, ev))
	if at(m, "event.kind") != "event" || !reflect.DeepEqual(at(m, "event.action"), []any{"logged-in", "user_login"}) || at(m, "process") != nil || at(m, "host") != nil {
		t.Errorf("document = %v", m)
	}
	ev = sampleAlert("x").Event
	ev.Process = nil // its SYSCALL record was lost
	if m = document(t, AppendEvent(nil, ev)); at(m, "process.command_line") != "x" {
		t.Errorf("document without a process = %v", m)
	}
}

func TestAppendText(t *testing.T) {
	a := sampleAlert("python3", "-c", "print('\x1b[2J')", "", strings.Repeat("x", 5000))
	a.Event.Exec.Complete = false
	got := string(a.AppendText(nil))
	for _, want := range []string{
		"2026-11-21T08:49:27.999Z HIGH Shell\n",
		`command  python3 -c 'print('\''\x1b[2J'\'')' '' x`,
		"bytes]  [arguments incomplete]\n",
		"process  pid 7 /usr/bin/python3.11, user alice, in /srv, on pts0\n",
		"parent   pid 5 /usr/bin/bash: -bash\n",
		"also     Pty (low)\n",
		"event    web-1 1795250967.999:629868, alert abc, no. 2 of incident abc\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("text lacks %q:\n%s", want, got)
		}
	}
	if len(got) > maxText+1000 {
		t.Errorf("text has %d bytes", len(got))
	}
}

func TestEscapeEverything(t *testing.T) {
	for r := range rune(0x30000) {
		if s := Escape(string(r)); r != utf8.RuneError && strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("Escape(%U) = %q", r, s)
		}
	}
	for _, tt := range []struct{ in, want string }{
		{"plain", "plain"}, {"caf\u00e9", "caf\u00e9"}, {"\xff\x80", `\xff\x80`}, {"\u202e\u2028", `\u202e\u2028`}, {"\uFFFD", "\uFFFD"}, {"a\r\n", `a\x0d\x0a`},
	} {
		if got := Escape(tt.in); got != tt.want {
			t.Errorf("Escape(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestEnvelope(t *testing.T) {
	want := Seal(sampleAlert("x", "\xff"))
	b, err := want.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseEnvelope(b)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("ParseEnvelope = %+v, %v, want %+v", got, err, want)
	}
	for _, bad := range []string{"", "{", `{"level":"x"}`, "[]"} {
		if _, err := ParseEnvelope([]byte(bad)); err == nil {
			t.Errorf("ParseEnvelope(%q) has no error", bad)
		}
	}
}

// FuzzJSON holds the encoder to: valid ASCII JSON on one line, whatever the arguments are, and the
// arguments come back.
func FuzzJSON(f *testing.F) {
	f.Add("python3", "-c\xff\x00\u2028\U0010FFFF")
	f.Fuzz(func(t *testing.T, a, b string) {
		j := sampleAlert(a, b).AppendJSON(nil)
		if slices.ContainsFunc(j, func(c byte) bool { return c < 0x20 || c >= 0x7f }) {
			t.Fatalf("not printable ASCII: %q", j)
		}
		args := at(document(t, j), "process.args").([]any)
		if utf8.ValidString(a) && args[0] != a || utf8.ValidString(b) && args[1] != b {
			t.Fatalf("args = %q, want %q, %q", args, a, b)
		}
	})
}

func BenchmarkAppendJSON(b *testing.B) {
	a := sampleAlert("python3", "-c", strings.Repeat("import os; ", 30))
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = a.AppendJSON(buf[:0])
	}
}

// TestHugeCommandLine: no command line makes an alert that a spool refuses.
func TestHugeCommandLine(t *testing.T) {
	for name, arg := range map[string]string{"control": strings.Repeat("\x01", 131071), "html": strings.Repeat("<", 131071), "not UTF-8": strings.Repeat("\xff", 131071), "empty": ""} {
		args := []string{"python3", "-c", "print()"}
		n := 14
		if arg == "" {
			n = 1 << 20
		}
		for range n {
			args = append(args, arg)
		}
		e := Seal(sampleAlert(args...))
		frame, err := e.Append(nil)
		if err != nil || len(frame) > 8<<20 {
			t.Errorf("%s: an envelope of %d bytes, %v", name, len(frame), err)
		}
		m := document(t, e.JSON)
		if at(m, "auditpy.truncated") != true || at(m, "process.args_count") != float64(len(args)) || at(m, "process.args").([]any)[2] != "print()" {
			t.Errorf("%s: document says %v, %v", name, at(m, "auditpy"), at(m, "process.args_count"))
		}
	}
}

// TestExecutionWords: the shortcut for an execution says what the vocabulary says.
func TestExecutionWords(t *testing.T) {
	ev := sampleAlert("x").Event
	o := object{}
	for _, w := range vocabulary {
		o.strs(w.field, w.get(nil, ev))
	}
	o.str("outcome", outcome(nil, ev)[0])
	if got := string(o.b); got != execution {
		t.Errorf("vocabulary = %s, shortcut %s", got, execution)
	}
}
