package audit

import (
	"strings"
	"testing"
)

// TestT6Confusion: the type and the stamp of a record are those at the start of its line, or it is none.
func TestT6Confusion(t *testing.T) {
	for _, tt := range []struct {
		line string
		want Record // zero: refused
	}{
		{`type=CWD type=EXECVE msg=audit(1.002:3): cwd="/"`, Record{}},
		{`type=CWD msg=audit(1.002:3): type=EXECVE msg=audit(9.009:9): argc=1`, Record{ID: ID{"", 1002, 3}, Type: CWD, Body: `type=EXECVE msg=audit(9.009:9): argc=1`}},
		{`type=CWD msg=audit(1.002:3): msg=audit(9.009:9): x`, Record{ID: ID{"", 1002, 3}, Type: CWD, Body: `msg=audit(9.009:9): x`}},
		{`type=UNKNOWN[1336] msg=audit(1.002:3): x`, Record{ID: ID{"", 1002, 3}, Type: 1336, Body: `x`}},
		{`type=UNKNOWN[-1] msg=audit(1.002:3): x`, Record{}},
		{`type=UNKNOWN[65536] msg=audit(1.002:3): x`, Record{}},
		{`type=CWD msg=audit(9223286400.000:3): x`, Record{ID: ID{"", 9223286400000, 3}, Type: CWD, Body: "x"}}, // the year 2262
		{`type=CWD msg=audit(99999999999.999:3): x`, Record{ID: ID{"", 99999999999999, 3}, Type: CWD, Body: "x"}},
		{`type=CWD msg=audit(999999999999.999:3): x`, Record{}},
		{`type=CWD msg=audit(1.002:18446744073709551615): x`, Record{}},
		{`type=CWD msg=audit(1.002:9999999999999999999): x`, Record{ID: ID{"", 1002, 9999999999999999999}, Type: CWD, Body: "x"}},
		{`type=CWD msg=audit(1.002:-3): x`, Record{}},
		{`type=CWD msg=audit(+1.002:3): x`, Record{}},
		{`type=CWD msg=audit(0x1.002:3): x`, Record{}},
		{` type=CWD msg=audit(1.002:3): x`, Record{}},
		{`x node=a type=CWD msg=audit(1.002:3): x`, Record{}},
		{"\ufefftype=CWD msg=audit(1.002:3): x", Record{}},
	} {
		got, err := ParseLine(tt.line)
		if refused := tt.want == (Record{}); got != tt.want || (err != nil) != refused {
			t.Errorf("ParseLine(%q) = %+v, %v, want %+v", tt.line, got, err, tt.want)
		}
	}
}

// TestT5Node: the node is what stands before type= at the start of the line, nowhere else.
func TestT5Node(t *testing.T) {
	for line, want := range map[string]string{
		`node=web1 type=CWD msg=audit(1.002:3): cwd="/"`:                          "web1",
		`type=CWD msg=audit(1.002:3): node=web2 cwd="/"`:                          "",
		`node=web1 type=USER_CMD msg=audit(1.002:3): pid=1 msg='node=web2'`:       "web1",
		`node=web1 type=CWD msg=audit(1.002:3): cwd="/" node=web2 type=CWD`:       "web1",
		"node=\x1b[31m type=CWD msg=audit(1.002:3): cwd=\"/\"":                    "\x1b[31m",
		`node=` + strings.Repeat("a", 255) + ` type=CWD msg=audit(1.002:3): x=""`: strings.Repeat("a", 255),
	} {
		if r, err := ParseLine(line); err != nil || r.ID.Node != want {
			t.Errorf("ParseLine(%q): node %q, %v, want %q", line, r.ID.Node, err, want)
		}
	}
	if r, err := ParseLine(`node=a node=b type=CWD msg=audit(1.002:3): x=1`); err == nil {
		t.Errorf("a line with two nodes is %+v", r)
	}
}
