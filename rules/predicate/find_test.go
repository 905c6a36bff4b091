package predicate

import "testing"

func TestFind(t *testing.T) {
	run := Part{Kind: Run}
	lit := func(s string) Part { return Part{Kind: Literal, Text: s} }
	for _, tt := range []struct {
		parts []Part
		fold  bool
		value string
		want  string
	}{
		{[]Part{run, lit("Dup2"), run}, true, "os.DUP2(s)", "DUP2"},
		{[]Part{run, lit("dup2"), run}, false, "DUP2 dup2", "dup2"},
		{[]Part{lit("os."), run}, false, "os.dup2", "os."},
		{[]Part{run, lit("sh")}, false, "sh /bin/sh", "sh"},
		{[]Part{run, lit("a"), run, lit("long"), run}, false, "a b longer", "long"},
		{[]Part{run}, false, "anything", ""},
		{[]Part{run, lit("ſ"), run}, true, "ſ", ""},
	} {
		p := Compile(tt.parts, tt.fold)
		if !p.Match(tt.value) {
			t.Fatalf("%v does not match %q", tt.parts, tt.value)
		}
		from, to := p.Find(tt.value)
		if got := tt.value[from:to]; got != tt.want {
			t.Errorf("Find(%q) = %d, %d, %q, want %q", tt.value, from, to, got, tt.want)
		}
		if tt.parts[len(tt.parts)-1].Text == "sh" && from != 8 {
			t.Errorf("Find(%q) = %d, want the end", tt.value, from)
		}
	}
}
