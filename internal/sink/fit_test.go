package sink

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/alert"
)

// large is an alert as attackers like it: a command line of n bytes, and the same in arguments.
func large(t *testing.T, n int) *alert.Envelope {
	t.Helper()
	line := strings.Repeat(`"é`, n/2)
	doc, err := json.Marshal(map[string]any{
		"@timestamp": "2026-03-04T04:06:07.008Z",
		"event":      map[string]any{"id": "a1b2", "kind": "alert", "action": []string{"executed", "exec"}},
		"rule":       map[string]any{"id": "r-1", "name": "Reverse shell"},
		"host":       map[string]any{"name": "web1"},
		"process": map[string]any{"pid": 4711, "executable": "/usr/bin/python3.11", "command_line": line,
			"args": []string{"python3", "-c", line, ""}, "args_count": 4},
		"auditpy": map[string]any{"argv_complete": true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &alert.Envelope{ID: "a1b2", Time: testTime, Level: 4, Rule: "r-1", JSON: doc}
}

func TestCutKeepsWhatIdentifies(t *testing.T) {
	for _, n := range []int{1000, 10_000, 100_000} {
		for _, limit := range []int{1180, 2048, 8192} {
			e, h := large(t, n), Header{Facility: 10, Host: "web1", PID: 1}
			line := AppendRFC5424(nil, h, e, limit)
			if len(e.JSON) > limit && len(line) < limit*9/10 {
				t.Errorf("%d bytes in at most %d: %d used, want nearly all", n, limit, len(line))
			}
			doc := check(t, line, h, e, limit)
			for path, want := range map[string]any{
				"@timestamp": "2026-03-04T04:06:07.008Z", "event.id": "a1b2", "rule.id": "r-1", "host.name": "web1",
				"process.pid": 4711.0, "process.executable": "/usr/bin/python3.11",
				"auditpy.argv_complete": true, "auditpy.truncated": true, "rule.name": "Reverse shell",
			} {
				if got := lookup(doc, path); got != want {
					t.Errorf("%d bytes in at most %d: %s = %v, want %v", n, limit, path, got, want)
				}
			}
			cut := lookup(doc, "process.command_line").(string)
			if !strings.HasSuffix(cut, ellipsis) || !strings.HasPrefix(strings.Repeat(`"é`, n), strings.TrimSuffix(cut, ellipsis)) {
				t.Errorf("command line %q is no beginning of the whole", cut)
			}
			if limit >= 8192 {
				if args := lookup(doc, "process.args").([]any); len(args) < 3 || args[1] != "-c" {
					t.Errorf("args = %v, want the first ones", args)
				}
			}
			if len(cut)*4 < enough { // a character is at most 8 bytes of JSON for two of text here
				t.Errorf("%d bytes in at most %d: command line cut to %q", n, limit, cut)
			}
		}
	}
}

func lookup(doc map[string]any, path string) any {
	var v any = doc
	for key := range strings.SplitSeq(path, ".") {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

// Where there is little room, what can be found elsewhere makes way for the command line.
func TestDrop(t *testing.T) {
	doc := map[string]any{"auditpy": map[string]any{"args_base64": strings.Repeat("A", 600), "related": strings.Repeat("R", 600), "rules": "x"},
		"process": map[string]any{"args": strings.Repeat("a", 600), "command_line": strings.Repeat("c", 600)}}
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	e := envelope(string(data))
	got := check(t, AppendRFC5424(nil, Header{}, e, 1180), Header{}, e, 1180)
	if lookup(got, "auditpy.args_base64") != nil || lookup(got, "auditpy.related") != nil || lookup(got, "auditpy.rules") != "x" {
		t.Errorf("got %v, want only the first expendable members gone", got)
	}
	if s := lookup(got, "process.command_line").(string); len(s) < enough-len(ellipsis)-2 {
		t.Errorf("command line has %d bytes left, want about %d at least", len(s), enough)
	}
	d := document{nil, doc, &ecs}
	if n := d.remove("process.no.such") + d.remove("nothing"); n != 0 {
		t.Errorf("removing what is not there made room for %d bytes", n)
	}
	if len(doc) != 2 {
		t.Errorf("removing what is not there left %v", doc)
	}
}

func TestNotCutIfItFits(t *testing.T) {
	const doc = `{"z":"kept as it is","a":[1, 2]}`
	e := envelope(doc)
	if got := string(AppendRFC5424(nil, Header{}, e, 1180)); !strings.HasSuffix(got, "] "+doc) {
		t.Errorf("got %s, want the JSON unchanged", got)
	}
}

func TestManyArguments(t *testing.T) {
	args := make([]string, 5000)
	for i := range args {
		args[i] = fmt.Sprint(i)
	}
	data, err := json.Marshal(map[string]any{"process": map[string]any{"args": args}})
	if err != nil {
		t.Fatal(err)
	}
	e := envelope(string(data))
	doc := check(t, AppendRFC5424(nil, Header{}, e, 2048), Header{}, e, 2048)
	got := lookup(doc, "process.args").([]any)
	if len(got) < 100 || got[99] != "99" {
		t.Errorf("args = %v, want the first hundreds", got)
	}
}

// What cannot be cut to size still yields an alert that can be found.
func TestLastResort(t *testing.T) {
	many := map[string]int{}
	for i := range 1000 {
		many[fmt.Sprint("field", i)] = i
	}
	data, err := json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range []string{string(data), "{\"cut\":\n", "[1,\n2]", `{"a":1}` + "\n" + `{"b":2}`, ""} {
		e := envelope(doc)
		e.ID, e.Rule = strings.Repeat("é", 300), strings.Repeat("\x00]", 300)
		h := Header{Host: strings.Repeat("h", 300), PID: 1 << 30}
		got := check(t, AppendRFC5424(nil, h, e, 1), h, e, 1)
		if keys := len(got); keys != 4 || lookup(got, "auditpy.truncated") != true {
			t.Errorf("of %.20q became %v", doc, got)
		}
	}
}

func TestLastResortKeepsID(t *testing.T) {
	got := check(t, AppendRFC5424(nil, Header{}, envelope("\n"), 0), Header{}, envelope("\n"), 0)
	if lookup(got, "event.id") != "a1b2" || lookup(got, "rule.id") != "r-1" || lookup(got, "rule.level") != "high" {
		t.Errorf("got %v", got)
	}
}

func TestAppendString(t *testing.T) {
	for _, tt := range []struct {
		s      string
		budget int
		want   string
	}{
		{"abcdef", 8, `"abcdef"`},
		{"abcdef", 7, `"ab..."`},
		{"abcdef", 5, `"..."`},
		{"abcdef", 4, `""`},
		{"", 0, `""`},
		{"é\U0001f40d\n\x7f", 99, `"\u00e9\ud83d\udc0d\u000a\u007f"`},
		{"a\xff", 99, `"a\ufffd"`},
		{"éé", 13, `"\u00e9..."`},
		{"éé", 10, `"..."`},
	} {
		if got := string(appendString(nil, tt.s, tt.budget)); got != tt.want {
			t.Errorf("appendString(%q, %d) = %s, want %s", tt.s, tt.budget, got, tt.want)
		}
	}
}
