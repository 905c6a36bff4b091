package correlate

import (
	"testing"

	"github.com/auditpy/auditpy/rules/rule"
)

func TestThrough(t *testing.T) {
	head, tail := func(n int) rule.Pipe { return rule.Pipe{N: n} }, func(n int) rule.Pipe { return rule.Pipe{Tail: true, N: n} }
	for _, tt := range []struct {
		pipes []rule.Pipe
		want  string
	}{
		{nil, "12345"},
		{[]rule.Pipe{head(2)}, "12"},
		{[]rule.Pipe{tail(2)}, "45"},
		{[]rule.Pipe{head(4), tail(2)}, "34"},
		{[]rule.Pipe{tail(2), head(1)}, "4"},
		{[]rule.Pipe{head(9), tail(9)}, "12345"},
		{[]rule.Pipe{head(0)}, ""},
		{[]rule.Pipe{tail(0)}, ""},
		{[]rule.Pipe{tail(-1)}, ""},
	} {
		if got := string(Through([]byte("12345"), tt.pipes)); got != tt.want {
			t.Errorf("Through(12345, %+v) = %q, want %q", tt.pipes, got, tt.want)
		}
	}
}
