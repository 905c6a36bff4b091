package source

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
)

// execLog returns about size bytes of the records that an execve leaves in the ENRICHED format.
func execLog(size int) string {
	const form = `type=SYSCALL msg=audit(%[1]s): arch=c000003e syscall=59 success=yes exit=0 a0=55d0c8a3b2f0 a1=55d0c8a3b310 a2=55d0c8a1e8c0 a3=8 items=2 ppid=%[2]d pid=%[3]d auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 fsgid=1000 tty=pts0 ses=3 comm="grep" exe="/usr/bin/grep" subj=unconfined key="auditpy"` + "\x1d" + `ARCH=x86_64 SYSCALL=execve AUID="user" UID="user" GID="user"
type=EXECVE msg=audit(%[1]s): argc=3 a0="grep" a1="-r" a2=666F6F20626172
type=CWD msg=audit(%[1]s): cwd="/home/user/src/project"
type=PATH msg=audit(%[1]s): item=0 name="/usr/bin/grep" inode=1835130 dev=fd:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0` + "\x1d" + `OUID="root" OGID="root"
type=PATH msg=audit(%[1]s): item=1 name="/lib64/ld-linux-x86-64.so.2" inode=1847351 dev=fd:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0` + "\x1d" + `OUID="root" OGID="root"
type=PROCTITLE msg=audit(%[1]s): proctitle=67726570002D7200666F6F20626172
`
	var b strings.Builder
	b.Grow(size + 4096)
	for i := 1; b.Len() < size; i++ {
		fmt.Fprintf(&b, form, fmt.Sprintf("%d.%03d:%d", 1700000000+i/1000, i%1000, i), 1000+i%3000, 4000+i%30000)
	}
	return b.String()
}

// BenchmarkArchive reads and parses a log: its allocations are a string for each chunk, none for a record.
func BenchmarkArchive(b *testing.B) {
	const size = 50 << 20
	text := execLog(size)
	lines := strings.Count(text, "\n")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader("bench", strings.NewReader(text))
		n := 0
		for {
			_, err := r.Next(context.Background())
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != lines {
			b.Fatalf("%d records, want %d", n, lines)
		}
	}
	b.ReportMetric(float64(lines)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
