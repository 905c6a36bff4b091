package sigma

import (
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
)

// TestConditionForms has the rows of the reference's behaviour that TestConditions lacks.
func TestConditionForms(t *testing.T) {
	const ids = "  a: {CommandLine|contains: A}\n  sel-1: {CommandLine|contains: B}\n  sel-2: {CommandLine|contains: C}\n  1: {CommandLine|contains: D}\n  notepad: {CommandLine|contains: E}\n"
	tests := []struct {
		condition string
		fires     string // letters that alone make it fire
	}{
		{"a and all of zz*", "A"},
		{"a and not all of zz*", "A"},
		{"not 1 of zz* and a", "A"},
		{"(1 of zz*) or a", "A"},
		{"sel-1", "B"},
		{"1 of sel-*", "BC"},
		{"ANY OF sel-*", "BC"},
		{"1 of *", "ABCDE"},
		{"1 of *-1", "B"},
		{"1", "D"},
		{"1 or a", "AD"},
		{"notepad", "E"},
		{"not (a or sel-1 or 1) and not notepad", "C"},
		{"a or sel-1 and notepad", "A"},
		{"not a and not sel-1 and 1 of them", "CDE"},
		{"((a))", "A"},
		{"a\n    or\tnotepad", "AE"},
	}
	for _, tt := range tests {
		e, diags := compileOne(t, ids+"  condition: \""+strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(tt.condition)+"\"\n")
		if len(e.Rules()) != 1 {
			t.Errorf("%s: refused: %v", tt.condition, diags)
			continue
		}
		for _, letter := range []string{"A", "B", "C", "D", "E"} {
			want := strings.Contains(tt.fires, letter)
			if got := len(e.Eval(nil, exec(event.Process{CommandLine: letter}))) == 1; got != want {
				t.Errorf("%s: match of %q = %v, want %v", tt.condition, letter, got, want)
			}
		}
	}
}

func TestConditionFormsRefused(t *testing.T) {
	tests := []struct {
		condition string
		col       int
		words     string
	}{
		{"not 1 of zz*", 14, "nothing or everything"},
		{"all of zz* or 1 of y*", 14, "nothing or everything"},
		{"3 of s*", 14, `"3" of is not known`},
		{"1 of", 18, "ends too early"},
		{"1 of (s*)", 19, `is no pattern: '('`},
		{"s and and s", 20, `unexpected "and"`},
		{"not", 17, "ends too early"},
		{"s)", 15, `unexpected ")"`},
		{"''", 15, "is empty"},
		{"[s, {a: b}]", 19, "needs a text"},
		{"s | count(User) by Image >= 3", 16, "type value_count with group-by: [Image], a timespan and condition: {field: User, gte: 3}"},
		{"s | sum(x) < 3", 16, "type value_sum with a timespan and condition: {field: x, lt: 3}"},
		{"s | min(x) by y > 3", 16, "no correlation knows min: compare x in the rule itself"},
		{"s | near t and u", 16, "type temporal with a timespan, rules: one for s and one for each of t and u"},
		{"s | what", 16, "such as event_count, with group-by, a timespan and a condition"},
	}
	for _, tt := range tests {
		e, diags := compileOne(t, "  s: {Image: x}\n  condition: "+tt.condition+"\n")
		if d := firstFatal(diags); len(e.Rules()) != 0 || d.Pos.Line != 5 || d.Pos.Col != tt.col || !strings.Contains(d.Msg, tt.words) {
			t.Errorf("%s:\n got %s\nwant 5:%d … %s", tt.condition, d, tt.col, tt.words)
		}
	}
	_, diags := compileOne(t, "  s: {Image: x}\n  timeframe: 5m\n  condition: s | count() by User > 3\n")
	if len(diags) != 2 || !strings.Contains(diags[1].Msg, "event_count with group-by: [User], timespan: 5m and condition: {gt: 3}") {
		t.Errorf("a pipe with a timeframe: %v", diags)
	}
}
