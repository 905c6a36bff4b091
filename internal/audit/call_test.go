package audit

import (
	"strings"
	"testing"
)

const sampleCall = `arch=c000003e syscall=59 success=yes exit=0 a0=5613958565a0 a1=561395856480 a2=561395857650 a3=8 items=2 ppid=4085 pid=4087 auid=4294967295 uid=1001 gid=1002 euid=0 suid=1001 fsuid=1001 egid=1003 sgid=1001 fsgid=1001 tty=pts0 ses=208 comm="python3" exe=2F746D702F61206220 subj=cups (enforce) key="exec"`

func TestCall(t *testing.T) {
	var c Call
	c.Parse(sampleCall)
	texts := map[CallField]string{
		CallSuccess: "yes", CallExit: "0", CallA0: "5613958565a0", CallTTY: "pts0", CallComm: "python3", CallExe: "/tmp/a b ", CallKey: "exec",
		CallSubject: "cups", CallPersonality: "",
	}
	for f, want := range texts {
		if got := c.Text(f); got != want {
			t.Errorf("Text(%s) = %q, want %q", callKeys[f], got, want)
		}
	}
	nums := map[CallField]int{
		CallPID: 4087, CallPPID: 4085, CallAUID: -1, CallUID: 1001, CallGID: 1002, CallEUID: 0, CallEGID: 1003, CallSession: 208, CallItems: 2, CallPersonality: -1,
	}
	for f, want := range nums {
		if got := c.Num(f); got != want {
			t.Errorf("Num(%s) = %d, want %d", callKeys[f], got, want)
		}
	}
	if c.Name() != "execve" || !c.Success() || c.Failed() || c.Arg(CallA3) != 8 {
		t.Errorf("name %q, success %v, failed %v, a3 %d", c.Name(), c.Success(), c.Failed(), c.Arg(CallA3))
	}
}

func TestCallSigned(t *testing.T) {
	var c Call
	c.Parse(`arch=c000003e syscall=42 per=400000 success=no exit=-115 key=(null)`)
	if c.Exit() != -115 || !c.Failed() || c.Raw(CallPersonality) != "400000" || c.Text(CallKey) != "(null)" || c.Has(CallPID) {
		t.Errorf("call = %+v", c)
	}
}

// FuzzCall holds Call to the generic reading of the same body: the first value of each key.
func FuzzCall(f *testing.F) {
	f.Add(sampleCall)
	f.Add(`key=a pid=1 bare pid=2 exe="torn`)
	f.Add(`exe="a"comm="b" ppid= pid=3`)
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Contains(body, "msg='") {
			return // Field does not look behind it, and no SYSCALL record has one
		}
		var c Call
		c.Parse(body)
		r := Record{Body: body}
		for i := range callFields {
			name := strings.TrimSuffix(callKeys[i], "=")
			want, has := r.Field(name)
			if got := c.Text(i); c.Has(i) != has || got != want {
				t.Fatalf("%s of %q = %q, %v, want %q, %v", name, body, got, c.Has(i), want, has)
			}
		}
	})
}

func BenchmarkCall(b *testing.B) {
	var c Call
	b.SetBytes(int64(len(sampleCall)))
	b.ReportAllocs()
	for b.Loop() {
		c.Parse(sampleCall)
		if c.Num(CallPID) != 4087 {
			b.Fatal(c)
		}
	}
}

func TestCallConstant(t *testing.T) {
	const last = `auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=3 comm="x" exe="/x" key=(null)`
	plain := strings.Replace(sampleCall, " (enforce)", "", 1)
	tests := []struct {
		name, body, head, tail string
		ok                     bool
	}{
		{
			"fields missing",
			`arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=2 ppid=7 pid=8 auid=0 uid=0 gid=0 comm="a b"`,
			"", "", false,
		},
		{
			"as the kernel writes it", plain,
			`arch=c000003e syscall=59 success=yes `, plain[strings.Index(plain, "auid="):], true,
		},
		{
			"with a personality", `arch=c000003e syscall=59 per=8 success=no exit=-2 a0=1 a1=2 a2=3 a3=4 items=0 ppid=7 pid=8 ` + last,
			`arch=c000003e syscall=59 per=8 success=no `, last, true,
		},
		{"a subject of two words", sampleCall, "", "", false},
		{"a call that did not return", `arch=c000003e syscall=60 a0=0 pid=8 auid=0 exe="/x"`, "", "", false},
		{"a key missing", `arch=c000003e syscall=59 success=no exit=-2 a0=1 a1=2 a2=3 a3=4 items=0 ppid=7 pid=8 ` + strings.TrimSuffix(last, " key=(null)"), "", "", false},
		{"no auid", `arch=c000003e syscall=60 success=yes exit=0`, "", "", false},
		{"another order", `syscall=59 arch=c000003e success=yes exit=0 auid=0`, "", "", false},
		{"twice", `arch=c000003e arch=1 syscall=59 success=yes exit=0 auid=0`, "", "", false},
		{"a field nobody knows", `arch=c000003e new=1 syscall=59 success=yes exit=0 auid=0`, "", "", false},
		{"two blanks before", `arch=c000003e  syscall=59 success=yes exit=0 pid=8 auid=0`, "", "", false},
		{"two blanks between", `arch=c000003e syscall=59 success=yes exit=0  pid=8 auid=0`, "", "", false},
	}
	for _, tt := range tests {
		var c Call
		c.Parse(tt.body)
		if head, tail, ok := c.Constant(tt.body); head != tt.head || tail != tt.tail || ok != tt.ok {
			t.Errorf("%s: Constant() = %q, %q, %v", tt.name, head, tail, ok)
		}
	}
}
