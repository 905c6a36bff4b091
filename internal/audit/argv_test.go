package audit

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/text"
)

func TestArgv(t *testing.T) {
	tests := []struct {
		records  []string
		want     []string
		complete bool
	}{
		{[]string{`argc=2 a0="ls" a1="-l"`}, []string{"ls", "-l"}, true},
		{[]string{`argc=3 a0="python3" a1="-c" a2=7072696E742831290A`}, []string{"python3", "-c", "print(1)\n"}, true},
		{[]string{`argc=2 a0="sh" a1=""`}, []string{"sh", ""}, true},
		{[]string{`argc=1 a0=""`}, []string{""}, true},
		{[]string{`argc=2 a0="x" a1=FF00FE`}, []string{"x", "\xff\x00\xfe"}, true},
		{[]string{`argc=2 a0="x" a1="CAFEBABE"`}, []string{"x", "CAFEBABE"}, true},
		{[]string{`argc=2 a0="x" a1="(null)"`}, []string{"x", "(null)"}, true},
		{[]string{`argc=2 a0="x" a1="\"`}, []string{"x", `\`}, true},
		{[]string{`argc=2 a0="x" a1_len=8 a1[0]=4142`, ` a1[1]=4344`}, []string{"x", "ABCD"}, true},
		{[]string{` a1[1]=4344`, `argc=2 a0="x" a1_len=8 a1[0]=4142`}, []string{"x", "ABCD"}, true},
		{[]string{`argc=3 a0="x" a1_len=6 a1[0]="abc"`, ` a1[1]="def" a2="y"`}, []string{"x", "abcdef", "y"}, true},
		{[]string{`argc=2 a0="x"`, ` a1="y"`}, []string{"x", "y"}, true},
		{[]string{`argc=2 a0="x" a1="y"`, `argc=2 a0="x" a1="y"`}, []string{"x", "y"}, true},           // read twice
		{[]string{`argc=2 a0="x" a1="good"`, `argc=2 a0="x" a1="evil"`}, []string{"x", "good"}, false}, // contradiction
		// What is missing is said.
		{[]string{`argc=3 a0="x" a2="z"`}, []string{"x", "z"}, false},
		{[]string{`argc=13 a0="x"`}, []string{"x"}, false},
		{[]string{`argc=2 a0="x" a1_len=8 a1[0]=4142`}, []string{"x", "AB"}, false},
		{[]string{`argc=2 a0="x" a1_len=12 a1[0]=4142`, ` a1[2]=4546`}, []string{"x", "ABEF"}, false},
		{[]string{` a1="y"`}, []string{"y"}, false},
		{[]string{`argc=2 a0="x" a1=4`}, []string{"x", "4"}, false},
		{[]string{`argc=2 a0="x" a1="torn`}, []string{"x", `"torn`}, false},
		{[]string{`argc=4294967296 a0="x"`}, []string{"x"}, false},
		{nil, nil, false},
	}
	for _, tt := range tests {
		var a Argv
		for _, r := range tt.records {
			a.Add(r)
		}
		got := a.Join(new(text.Arena), nil)
		if !slices.Equal(got.List, tt.want) || got.Complete != tt.complete || got.Line != strings.Join(tt.want, " ") {
			t.Errorf("Argv of %q = %+v, want %q, %v", tt.records, got, tt.want, tt.complete)
		}
	}
}

// kernelWrite writes arguments as the kernel does: up to 7,500 bytes a record, long arguments in hex
// and in pieces (kernel/auditsc.c, audit_log_execve_info).
func kernelWrite(args []string) []string {
	const room = 7500
	records := []string{fmt.Sprintf("argc=%d", len(args))}
	for i, arg := range args {
		value := hexOf(arg)
		if clean(arg) && len(arg) <= room {
			value = `"` + arg + `"`
		}
		last := &records[len(records)-1]
		if len(*last)+len(value) < room {
			*last += fmt.Sprintf(" a%d=%s", i, value)
			continue
		}
		records = append(records, kernelPieces(i, value, room/2)...)
	}
	return records
}

func kernelPieces(i int, value string, size int) []string {
	quote, raw := "", value
	if strings.HasPrefix(value, `"`) {
		quote, raw = `"`, value[1:len(value)-1]
	}
	var records []string
	head := fmt.Sprintf(" a%d_len=%d", i, len(raw))
	for part := 0; ; part++ {
		n := min(len(raw), size)
		records = append(records, fmt.Sprintf("%s a%d[%d]=%s%s%s", head, i, part, quote, raw[:n], quote))
		if raw, head = raw[n:], ""; raw == "" {
			return records
		}
	}
}

func hexOf(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) }

// clean is the kernel's audit_string_contains_control, negated. An empty string is clean.
func clean(s string) bool {
	for i := range len(s) {
		if s[i] == '"' || s[i] < 0x21 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// FuzzArgv holds Argv to: what the kernel was given comes back, byte for byte, in any order of records.
func FuzzArgv(f *testing.F) {
	f.Add("python3\x00-c\x00import pty\x00", uint16(1), uint8(0))
	f.Add("a\x00\x00b\xff", uint16(9000), uint8(1))
	f.Add("x", uint16(3000), uint8(2))
	f.Fuzz(func(t *testing.T, joined string, times uint16, rotate uint8) {
		if len(joined) > 500 {
			return // with times, some 1 MB: the kernel's own limit
		}
		args := strings.Split(joined, "\x00")
		args = append(args, strings.Repeat(args[0], int(times)%2000)) // at least one long one
		records := kernelWrite(args)
		n := int(rotate) % len(records)
		var a Argv
		for _, r := range append(slices.Clone(records[n:]), records[:n]...) {
			a.Add(r)
		}
		got := a.Join(new(text.Arena), nil)
		if !slices.Equal(got.List, args) || !got.Complete || got.Line != strings.Join(args, " ") {
			t.Fatalf("Argv of %q = %+v, want %q", records, got, args)
		}
	})
}

func BenchmarkArgv(b *testing.B) {
	records := kernelWrite([]string{"python3", "-c", strings.Repeat("import os; ", 30)})
	b.ReportAllocs()
	var a Argv
	var mem text.Arena
	var list []string
	for b.Loop() {
		a.Reset()
		mem.Reset(1 << 20)
		for _, r := range records {
			a.Add(r)
		}
		list = a.Join(&mem, list).List
	}
}

func BenchmarkParseLine(b *testing.B) {
	line := `type=SYSCALL msg=audit(1795250967.999:629868): arch=c000003e syscall=59 success=yes exit=0 a0=5613958565a0 a1=561395856480 a2=561395857650 a3=8 items=2 ppid=4085 pid=4087 auid=1001 uid=1001 gid=1001 euid=1001 suid=1001 fsuid=1001 egid=1001 sgid=1001 fsgid=1001 tty=(none) ses=208 comm="python3" exe="/usr/bin/python3.11" key="exec"`
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseLine(line); err != nil {
			b.Fatal(err)
		}
	}
}

// TestReset: a command line of megabytes leaves no memory behind.
func TestReset(t *testing.T) {
	var a Argv
	var mem text.Arena
	for i := range 10_000 {
		a.Add(fmt.Sprintf(` a%d[1]="x" a%d="y"`, i, 20_000-i))
	}
	a.Join(&mem, nil)
	a.Reset()
	if n := cap(a.bodies) + cap(a.ends) + cap(a.pieces.all); n > 3*256 {
		t.Errorf("room for %d records, arguments and pieces kept", n)
	}
}
