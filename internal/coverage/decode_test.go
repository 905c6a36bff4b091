package coverage

import (
	"encoding/binary"
	"strings"
	"testing"
)

// TestDecode: what auditctl -l prints is read, and printed again, the same.
func TestDecode(t *testing.T) {
	for _, line := range []string{
		"-a always,exit -F arch=b64 -S execve,execveat -F key=auditpy_exec",
		"-a always,exit -F arch=b64 -S execve -F auid>=1000 -F auid!=-1 -F key=people",
		"-a never,exit -F arch=b64 -S connect -F exe=/usr/bin/auditpy -F key=auditpy_self",
		"-a always,exit -F arch=b32 -S socketcall -F a0=3",
		"-a always,exit -S all -F path=/etc/x -F perm=wa -F uid=0 -F key=x",
		"-w /etc/passwd -p wa -k identity",
		"-a always,exclude -F msgtype=CWD",
		"-a never,task",
		"-a never,user -F uid=0",
		"-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F key=denied",
		"-a always,exit -F arch=b64 -S execve -C uid!=euid -F key=suid",
	} {
		l, err := List(nil).Load(line)
		if err != nil || len(l) != 1 {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if l[0].Text != line {
			t.Errorf("printed %s, want %s", l[0].Text, line)
		}
	}
}

// TestDecodeUnknown: a rule that the library refuses to print is understood all the same.
func TestDecodeUnknown(t *testing.T) {
	l, err := List(nil).Load("-a always,exit -F arch=b64 -S execve -F ppid=1 -F key=k")
	if err != nil {
		t.Fatal(err)
	}
	wire := make([]byte, header+8)
	copy(wire, l[0].wire)
	binary.NativeEndian.PutUint32(wire[4*(3+maskWords+1):], 25) // ppid becomes sessionid
	binary.NativeEndian.PutUint32(wire[4*(3+500/32):], 1<<(500%32))
	r, err := Decode(wire)
	if err != nil || !r.names(500) || !strings.Contains(r.Text, "-F sessionid=1 -F key=k") {
		t.Errorf("%q, %v", r.Text, err)
	}
	if fit, rest := r.fits(&facts{}); fit != sometimes || len(rest) != 2 {
		t.Errorf("fits %d %v", fit, rest)
	}
}

func TestDecodeBad(t *testing.T) {
	for name, wire := range map[string][]byte{"empty": nil, "short": make([]byte, header-1), "many fields": fieldsOf(65, 1, 0), "text over the end": fieldsOf(1, fieldKey, 9)} {
		if _, err := Decode(wire); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func fieldsOf(n, field, value uint32) []byte {
	wire := make([]byte, header)
	binary.NativeEndian.PutUint32(wire[8:], n)
	binary.NativeEndian.PutUint32(wire[4*(3+maskWords):], field)
	binary.NativeEndian.PutUint32(wire[4*(3+maskWords+maxFields):], value)
	return wire
}

func FuzzDecode(f *testing.F) {
	l, _ := List(nil).Load("-a always,exit -F arch=b64 -S execve -F uid=0 -F key=k\n-w /etc/x -p wa\n-a never,task")
	for _, r := range l {
		f.Add(append(append([]byte(nil), r.wire...), make([]byte, header)...))
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		r, err := Decode(wire)
		if err != nil {
			return
		}
		k := &kernel{rules: List{r}, known: make(map[string]share)}
		c := capabilityOf("exec")
		if s := k.capability(&c); s.fit == always && r.never {
			t.Errorf("a rule that records nothing records executions: %s", r.Text)
		}
		again, err := Decode(append(append([]byte(nil), r.wire...), make([]byte, max(0, len(wire)-len(r.wire)))...))
		if err != nil || again.Text != r.Text {
			t.Errorf("%q, then %q: %v", r.Text, again.Text, err)
		}
	})
}

// TestLoad: lines are taken as auditctl -R takes them.
func TestLoad(t *testing.T) {
	l, err := List(nil).Load(`# a comment
-D
-b 8192
-a always,exit -F arch=b64 -S execve -F key=one
-A never,exit -F arch=b64 -S execve -F uid=1 -F key=two
-w /etc/x -p wa -k three
-d always,exit -F arch=b64 -S execve -F key=one
-e 2`)
	if err != nil || len(l) != 2 || l[0].keys[0] != "two" || l[1].keys[0] != "three" {
		t.Errorf("%v, %v", l, err)
	}
	if _, err := List(nil).Load("No rules\n\n"); err != nil {
		t.Error(err)
	}
	if _, err := List(nil).Load("root:x:0:0"); err == nil || err.Error() != `line 1: "root:x:0:0" is no audit rule` {
		t.Errorf("%v", err)
	}
	if l, err := List(nil).Load("-a nonsense\n-d never,task\n-a never,task"); len(l) != 1 || err == nil || !strings.Contains(err.Error(), "line 1: ") || !strings.Contains(err.Error(), "line 2: no rule -a never,task to delete") {
		t.Errorf("%v, %v", l, err)
	}
}

// TestCovers: spans together hold a span, or leave a value out.
func TestCovers(t *testing.T) {
	for _, tt := range []struct {
		parts []span
		whole span
		want  bool
	}{
		{[]span{{0, 5}}, span{1, 5}, true},
		{[]span{{3, 5}, {0, 2}}, span{0, 5}, true},
		{[]span{{3, 5}, {0, 1}}, span{0, 5}, false},
		{[]span{{0, -1}, {1, 9}}, span{0, 9}, false},
		{nil, span{0, 0}, false},
	} {
		if got := covers(tt.parts, tt.whole); got != tt.want {
			t.Errorf("covers(%v, %v) = %v, want %v", tt.parts, tt.whole, got, tt.want)
		}
	}
}
