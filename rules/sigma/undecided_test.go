package sigma

import (
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
)

// TestUndecided: an expression that is more than one pass can decide is warned of, and what it left undecided is counted.
func TestUndecided(t *testing.T) {
	e, diags := compileOne(t, "  s: {CommandLine|re: '^(\\w+\\s?)+\\1x$'}\n  other: {Image: /bin/sh}\n  condition: s or other\n")
	if len(diags) != 1 || diags[0].Fatal || !strings.Contains(diags[0].Msg, "undecided") {
		t.Fatalf("diags = %v, want one warning", diags)
	}
	if got := e.Undecided(nil); len(got) != 0 {
		t.Fatalf("Undecided = %v before any event", got)
	}
	hostile := exec(event.Process{Exe: "/bin/x", CommandLine: strings.Repeat("ab ", 5000) + "!x"})
	if got := e.Eval(nil, hostile); len(got) != 0 {
		t.Fatalf("Eval = %v, want none", got)
	}
	e.Eval(nil, exec(event.Process{Exe: "/bin/x", CommandLine: "ab abx"}))
	got := e.Undecided(nil)
	if len(got) != 1 || got[0].Count != 1 || got[0].Field != "CommandLine" || len(got[0].Rules) != 1 || got[0].Rules[0].Title != "T" {
		t.Errorf("Undecided = %+v, want one of CommandLine, once", got)
	}
}

// TestOnLimit: a rule may ask to be told where nobody knows.
func TestOnLimit(t *testing.T) {
	const slow = `CommandLine|re: '^(\w+\s?)+\1x$'`
	tests := []struct {
		detection string
		quiet     int // matches without on_limit
		alert     int // with it
	}{
		{"  s: {" + slow + "}\n  condition: s\n", 0, 1},
		{"  s: {" + slow + "}\n  condition: not s\n", 1, 1}, // a filter that nobody can decide hides nothing
		{"  s: {" + slow + "}\n  no: {Image: /bin/other}\n  condition: s and no\n", 0, 0},
		{"  s: {" + slow + "}\n  yes: {Image: /bin/x}\n  condition: yes and not s\n", 1, 1},
		{"  s: {" + slow + "}\n  yes: {Image: /bin/x}\n  condition: not (yes and s)\n", 1, 1},
		{"  s: {" + slow + "}\n  yes: {Image: /bin/x}\n  condition: not (yes and not s)\n", 0, 1},
	}
	hostile := exec(event.Process{Exe: "/bin/x", CommandLine: strings.Repeat("ab ", 5000) + "!x"})
	for _, tt := range tests {
		for how, want := range map[string]int{"quiet": tt.quiet, "alert": tt.alert} {
			e, _ := compileOne(t, tt.detection+"on_limit: "+how+"\n")
			got := e.Eval(nil, hostile)
			if len(got) != want {
				t.Errorf("on_limit %s:\n%s%d matches, want %d", how, tt.detection, len(got), want)
			}
			if how == "alert" && tt.alert > tt.quiet && !strings.HasPrefix(got[0].Evidence[len(got[0].Evidence)-1].Match, "undecided: ") {
				t.Errorf("evidence %+v: want what is undecided", got[0].Evidence)
			}
		}
	}
	if _, diags := compileOne(t, "  s: {Image: x}\n  condition: s\non_limit: perhaps\n"); len(diags) != 1 || !diags[0].Fatal {
		t.Errorf("diags %v, want one error", diags)
	}
}
