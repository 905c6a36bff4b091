package sigma

import (
	"fmt"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

func TestExplain(t *testing.T) {
	text := "title: T\nid: r\nlogsource: {category: process_creation, product: linux}\ndetection:\n  s:\n    Image|endswith: /sh\n    CommandLine|contains: evil\n  f: {User: bob}\n  condition: s and not f\n"
	e, diags := Compile([]rule.File{{Name: "r.yml", Data: []byte(text)}}, Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	ev := &event.Event{Exec: &event.Exec{CommandLine: "sh x"}, Process: &event.Process{Exe: "/bin/sh", CommandLine: "sh x", User: "alice"}}
	x, ok := e.Explain("r", ev)
	if !ok || x.Holds || len(x.Rows) != 1 {
		t.Fatalf("Explain = %+v, %v", x, ok)
	}
	var got []string
	for _, l := range x.Rows[0].Lines {
		got = append(got, fmt.Sprint(l.Depth, l.Text, l.Holds, l.Values))
	}
	want := []string{"0andfalse []", "1andfalse []", "2Image ends with /shtrue [/bin/sh]", "2CommandLine contains evilfalse [sh x]", "1nottrue []", "2User is bobfalse [alice]"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("lines =\n%q, want\n%q", got, want)
	}
	if _, ok := e.Explain("none", ev); ok {
		t.Error("a rule that is not there was explained")
	}
	if x, _ := e.Explain("r", &event.Event{}); x.Holds || len(x.Rows) != 0 {
		t.Errorf("an event of another view: %+v", x)
	}
}
