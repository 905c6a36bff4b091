package sigma

import (
	"testing"

	"github.com/auditpy/auditpy/internal/event"
)

// TestScalars: YAML is read as 1.2, and what is compared is what the author wrote.
func TestScalars(t *testing.T) {
	tests := []struct {
		value           string
		match, mismatch []string
	}{
		{"yes", []string{"yes", "YES"}, []string{"true"}},
		{"off", []string{"off"}, []string{"false"}},
		{"y", []string{"y"}, []string{"true"}},
		{"TRUE", []string{"true", "True"}, []string{"yes", "1"}},
		{"0777", []string{"0777", "777"}, []string{"511"}},
		{"0o17", []string{"0o17", "15"}, []string{"17"}},
		{"0x1F", []string{"0x1f", "31"}, []string{"1f"}},
		{"1_000", []string{"1_000"}, []string{"1000"}},
		{"1:30", []string{"1:30"}, []string{"90"}},
		{"1e3", []string{"1e3", "1000"}, []string{"1e4"}},
		{"-0", []string{"-0", "0"}, []string{"1"}},
		{"+12", []string{"+12", "12"}, []string{"13"}},
		{"1.10", []string{"1.10", "1.1"}, []string{"1.11"}},
		{"1.2.3", []string{"1.2.3"}, []string{"1.2"}},
		{"2024-01-01", []string{"2024-01-01"}, []string{"1704067200"}},
		{"2024-01-01T00:00:00Z", []string{"2024-01-01t00:00:00z"}, []string{"2024-01-01"}},
		{".inf", []string{".inf"}, []string{"inf"}},
		{"~", []string{""}, []string{"~"}},
		{"NULL", []string{""}, []string{"null"}},
		{"'null'", []string{"null"}, []string{""}},
		{"''", []string{}, []string{"x"}},
		{`"\x41\n"`, []string{"A\n"}, []string{`\x41`}},
		{"'it''s'", []string{"it's"}, []string{"it''s"}},
		{`'C:\Windows\*'`, []string{`C:\Windows*`}, []string{`C:\Windows\x`, `C:\Windows`}},
		{`'C:\Windows\\*'`, []string{`C:\Windows\x`, `c:\windows\`}, []string{`C:\Windows`}},
		{"|\n      two\n      lines", []string{"two\nlines\n"}, []string{"two lines"}},
		{">-\n      one\n      line", []string{"one line"}, []string{"one\nline"}},
		{"\u00e9", []string{"\u00c9"}, []string{"e"}},
	}
	for _, tt := range tests {
		e, diags := compileOne(t, "  s:\n    CommandLine: "+tt.value+"\n  condition: s\n")
		if len(e.Rules()) != 1 {
			t.Errorf("%s: refused: %v", tt.value, diags)
			continue
		}
		for _, s := range tt.match {
			if len(e.Eval(nil, exec(event.Process{CommandLine: s}))) != 1 {
				t.Errorf("%s: no match for %q, want one", tt.value, s)
			}
		}
		for _, s := range tt.mismatch {
			if len(e.Eval(nil, exec(event.Process{CommandLine: s}))) != 0 {
				t.Errorf("%s: match for %q, want none", tt.value, s)
			}
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		manyRules(b, 1000)
	}
}
