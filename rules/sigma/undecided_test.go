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
