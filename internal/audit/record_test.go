package audit

import (
	"errors"
	"strings"
	"testing"
)

func TestParseLine(t *testing.T) {
	tests := []struct {
		line string
		want Record
	}{
		{
			`type=CWD msg=audit(1795250967.991:629867): cwd="/"`,
			Record{ID: ID{"", 1795250967991, 629867}, Type: CWD, Body: `cwd="/"`},
		},
		{
			"node=web-1 type=SYSCALL msg=audit(1.002:3): arch=c000003e uid=0\x1dARCH=x86_64 UID=\"root\"",
			Record{ID: ID{"web-1", 1002, 3}, Type: Syscall, Body: "arch=c000003e uid=0", Enriched: `ARCH=x86_64 UID="root"`},
		},
		{ // a continuation record begins with a blank of its own
			`type=EXECVE msg=audit(1.002:3):  a2[1]=4142`,
			Record{ID: ID{"", 1002, 3}, Type: Execve, Body: ` a2[1]=4142`},
		},
		{
			`type=UNKNOWN[1199] msg=audit(1.002:3): x=y`,
			Record{ID: ID{"", 1002, 3}, Type: 1199, Body: `x=y`},
		},
		{
			`type=EOE msg=audit(1.002:3):`,
			Record{ID: ID{"", 1002, 3}, Type: EOE},
		},
		{ // auditd's separator is the last one: the first was sent by a program
			"type=USER_CMD msg=audit(1.002:3): uid=1000 msg='op=x\x1dUID=\"alice\"'\x1dUID=\"bob\"",
			Record{ID: ID{"", 1002, 3}, Type: 1123, Body: "uid=1000 msg='op=x\x1dUID=\"alice\"'", Enriched: `UID="bob"`},
		},
	}
	for _, tt := range tests {
		got, err := ParseLine(tt.line)
		if err != nil || got != tt.want {
			t.Errorf("ParseLine(%q) = %+v, %v, want %+v", tt.line, got, err, tt.want)
		}
	}
}

func TestParseLineErrors(t *testing.T) {
	tests := []struct {
		line   string
		offset int
	}{
		{"", 0},
		{"hello", 0},
		{"node=", 5},
		{"node= type=CWD msg=audit(1.002:3): x", 5},
		{"node=a msg=audit(1.002:3): type=CWD", 7},
		{"type=CWD", 5},
		{"type=no-such msg=audit(1.002:3): x", 5},
		{"type=UNKNOWN[70000] msg=audit(1.002:3): x", 5},
		{"type=UNKNOWN[12 msg=audit(1.002:3): x", 5},
		{"type=CWD text", 9},
		{"type=CWD msg=", 13},
		{"type=CWD msg=audit(", 19},
		{"type=CWD msg=audit(1", 20},
		{"type=CWD msg=audit(1.02:3): x", 23},
		{"type=CWD msg=audit(1.0022:3): x", 24},
		{"type=CWD msg=audit(-1.002:3): x", 19},
		{"type=CWD msg=audit(1.002:-3): x", 25},
		{"type=CWD msg=audit(1.002:3", 26},
		{"type=CWD msg=audit(1.002:3)", 26},
		{"type=CWD msg=audit(123456789012.002:3): x", 30},
		{"type=CWD msg=audit(1.002:18446744073709551616): x", 44},
	}
	for _, tt := range tests {
		got, err := ParseLine(tt.line)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("ParseLine(%q) error = %v, want a *SyntaxError", tt.line, err)
			continue
		}
		if syntax.Offset != tt.offset || got != (Record{}) {
			t.Errorf("ParseLine(%q) = %+v, %v, want offset %d", tt.line, got, err, tt.offset)
		}
	}
}

func TestParseNetlink(t *testing.T) {
	got, err := ParseNetlink(Execve, "audit(1.002:3): argc=1 a0=\"sh\"\n\x00")
	want := Record{ID: ID{"", 1002, 3}, Type: Execve, Body: `argc=1 a0="sh"`}
	if err != nil || got != want {
		t.Errorf("ParseNetlink = %+v, %v, want %+v", got, err, want)
	}
	// A newline is text here, and a second record in it is not one.
	got, err = ParseNetlink(1112, "audit(1.002:3): msg='a\ntype=EXECVE msg=audit(1.002:4): argc=0'")
	if err != nil || got.Type != 1112 || got.ID.Serial != 3 {
		t.Errorf("ParseNetlink of a forged record = %+v, %v", got, err)
	}
}

// FuzzParseLine holds ParseLine to: what it accepts, AppendLine writes back so that it parses the same.
func FuzzParseLine(f *testing.F) {
	f.Add(`type=CWD msg=audit(1795250967.991:629867): cwd="/"`)
	f.Add("node=a type=USER_CMD msg=audit(1.002:3): uid=0 msg='op=x\x1dy'\x1dUID=\"root\"")
	f.Add(`type=UNKNOWN[1199] msg=audit(1.002:3):`)
	f.Fuzz(func(t *testing.T, line string) {
		r, err := ParseLine(line)
		if err != nil {
			if r != (Record{}) {
				t.Fatalf("ParseLine(%q) = %+v with error %v", line, r, err)
			}
			return
		}
		if strings.HasSuffix(line, "\x1d") {
			return // a separator with nothing after it is not written again
		}
		again, err := ParseLine(string(r.AppendLine(nil)))
		if err != nil || again != r {
			t.Fatalf("ParseLine(%q) = %+v, printed and parsed again %+v, %v", line, r, again, err)
		}
		for range r.Fields {
		}
	})
}
