package wazuh_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules/rule"
)

// TestTold: a text that says what it is becomes that, and all others are references.
func TestTold(t *testing.T) {
	e := compile(t, group(`<rule id="100001" level="8"><if_sid>80792</if_sid><field name="audit.command">^x$</field><description>d</description>
	  <info type="text">Author: me</info><info type="text">About: what
	    it is</info><info type="text">Not an attack: a</info><info type="text">Not an attack: b</info>
	  <info type="text">Response: Look.</info><info type="text">Note: other</info><info type="text">Response: </info><info type="link">About: link</info></rule>`))
	m := e.Rules()[0]
	want := &rule.Meta{Author: "me", Description: "what it is", FalsePositives: []string{"a", "b"}, Response: []string{"Look."}, References: []string{"Note: other", "Response:", "About: link"}}
	got := &rule.Meta{Author: m.Author, Description: m.Description, FalsePositives: m.FalsePositives, Response: m.Response, References: m.References}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("rule %+v, want %+v", got, want)
	}
}

// TestEvidenceSaysWhere: of a long value one wants to see the part that matched.
func TestEvidenceSaysWhere(t *testing.T) {
	e := compile(t, group(`<rule id="100001" level="8"><if_sid>80792</if_sid><field name="audit.command_line" type="pcre2">dup\d</field><description>d</description></rule>`))
	long := strings.Repeat("A", 1000)
	s := newStages(t, e)
	s.run(lines(t, "exec 1 exe=/bin/sh : sh "+long+"dup2"+long))
	if len(s.alerts) != 1 || len(s.alerts[0].Evidence) != 1 {
		t.Fatalf("alerts %+v", s.alerts)
	}
	if ev := s.alerts[0].Evidence[0]; ev.End-ev.Start != 4 || ev.Start != 1003 {
		t.Errorf("evidence %d:%d, want 1003:1007", ev.Start, ev.End)
	}
}

// TestFewKids: rules that are asked when their parent holds say what they say when they are looked for. Where many hang under
// one parent, or the parent holds too often, their literals are in the index.
func TestFewKids(t *testing.T) {
	parent := `<rule id="100001" level="3"><if_sid>80792</if_sid><field name="audit.exe" type="pcre2">python</field><description>p</description></rule>`
	for _, n := range []int{1, 8, 9, 40} {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(`<rule id="ID" level="8"><if_sid>100001</if_sid><field name="audit.command_line">word#ID#</field><description>d</description></rule>`, "ID", id(i)))
		}
		s := newStages(t, compile(t, group(parent+b.String())))
		for i := range n {
			log := fmt.Sprintf("exec %d exe=/usr/bin/python3 : python3 word#%s#\nexec %d exe=/usr/bin/perl : perl word#%s#", i, id(i), i, id(i))
			if got := s.run(lines(t, log)); len(got) != 1 || got[0] != id(i) {
				t.Fatalf("%d rules: alerts %q, want %s", n, got, id(i))
			}
		}
	}
}

func id(i int) string { return fmt.Sprint(110000 + i) }
