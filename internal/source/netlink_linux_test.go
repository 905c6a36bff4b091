package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fakeKernel is a socket pair in place of the kernel's socket. Errors are returned before its datagrams.
type fakeKernel struct {
	fd   int
	errs []error
	port uint32
}

func newFake(t *testing.T, o NetlinkOptions) (*fakeKernel, *Netlink) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	k := &fakeKernel{fd: fds[0]}
	n, err := newNetlink(fds[1], o, k.recv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(k.fd); n.Close() })
	return k, n
}

func (k *fakeKernel) recv(fd int, p []byte) (int, uint32, error) {
	if len(k.errs) > 0 {
		err := k.errs[0]
		k.errs = k.errs[1:]
		return 0, 0, err
	}
	n, _, err := syscall.Recvfrom(fd, p, syscall.MSG_DONTWAIT|syscall.MSG_TRUNC)
	return n, k.port, err
}

func (k *fakeKernel) send(t *testing.T, b []byte) {
	t.Helper()
	if _, err := syscall.Write(k.fd, b); err != nil {
		t.Fatal(err)
	}
}

func datagram(kind uint16, payload string) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(len(payload))) // as some kernels: without the header
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, make([]byte, 10)...)
	return append(b, payload...)
}

// TestI15Netlink: whatever the socket gives is a record, or it is counted; nothing ends the source or makes it wait.
func TestI15Netlink(t *testing.T) {
	k, n := newFake(t, NetlinkOptions{Idle: time.Millisecond})
	k.send(t, datagram(1300, "audit(1.000:1): a\x00"))
	k.send(t, datagram(1006, "audit(1.000:2): a forged\nline"))
	k.send(t, datagram(1000, "audit(1.000:9): a reply"))
	k.send(t, nil)
	k.send(t, []byte{1, 2, 3})
	k.send(t, datagram(1300, ""))
	k.send(t, datagram(1300, "garbage"))
	k.send(t, datagram(1300, "audit(1.000:3): "+strings.Repeat("x", 70<<10)))
	k.send(t, datagram(1320, "audit(1.000:3): "))
	k.errs = []error{syscall.EINTR, syscall.ENOBUFS, syscall.EINTR, syscall.EAGAIN}
	r := &result{}
	for {
		rec, err := n.Next(context.Background())
		if err == ErrIdle {
			break
		}
		r.add(rec, err)
		if rec.ID.Serial == 2 && rec.Body != "a forged\nline" {
			t.Errorf("body %q", rec.Body)
		}
	}
	if len(r.got) != 3 || len(r.gaps) != 1 || len(r.lines) != 3 || len(r.other) > 0 {
		t.Errorf("records %v, gaps %v, line errors %v, others %v; want 3, 1, 3, 0", r.got, r.gaps, r.lines, r.other)
	}
	if want := (NetlinkStats{Overruns: 1, Control: 1, Short: 2}); n.Stats() != want {
		t.Errorf("Stats = %+v, want %+v", n.Stats(), want)
	}
}

func TestNetlinkForeign(t *testing.T) {
	k, n := newFake(t, NetlinkOptions{Idle: time.Millisecond})
	k.port = 77
	k.send(t, datagram(1300, "audit(1.000:1): forged"))
	if _, err := n.Next(context.Background()); err != ErrIdle || n.Stats().Foreign != 1 {
		t.Errorf("Next = %v with %+v, want ErrIdle and one foreign datagram", err, n.Stats())
	}
}

func TestNetlinkWaits(t *testing.T) {
	k, n := newFake(t, NetlinkOptions{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		_, err := n.Next(ctx)
		done <- err
		_, err = n.Next(ctx)
		done <- err
	}()
	k.send(t, datagram(1300, "audit(1.000:1): a"))
	if err := <-done; err != nil {
		t.Errorf("Next = %v, want a record", err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Next = %v, want context.Canceled", err)
	}
}

func TestNetlinkBroken(t *testing.T) {
	k, n := newFake(t, NetlinkOptions{Idle: time.Millisecond})
	k.errs = []error{syscall.EIO}
	if _, err := n.Next(context.Background()); !errors.Is(err, syscall.EIO) {
		t.Errorf("Next = %v, want EIO", err)
	}
	n.Close()
	if _, err := n.Next(context.Background()); err == nil || err == ErrIdle {
		t.Errorf("Next after Close = %v, want an error", err)
	}
}

// TestKernel installs the rules, executes a program, sees its execution, and leaves no trace.
func TestKernel(t *testing.T) {
	if os.Getenv("AUDITPY_AUDIT_TESTS") != "1" {
		t.Skip("changes the kernel's audit rules: set AUDITPY_AUDIT_TESTS=1 and be root to run it")
	}
	before := auditctl(t, "-l") + auditctl(t, "-s")
	rules, err := InstallExecRules()
	if err != nil {
		t.Fatal(err)
	}
	defer rules.Remove()
	t.Logf("added %q, enabled %v", rules.Added(), rules.Enabled())
	again, err := InstallExecRules()
	if err != nil || len(again.Added()) > 0 || again.Enabled() {
		t.Errorf("a second InstallExecRules added %q (%v), want nothing", again.Added(), err)
	}
	n, err := OpenMulticast(NetlinkOptions{Idle: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if n.Buffer() < 16<<20 {
		t.Errorf("Buffer = %d, want 16 MiB at least", n.Buffer())
	}
	if err := exec.Command("/bin/true", "auditpy-was-here", strings.Repeat("x", 100_000)).Run(); err != nil {
		t.Fatal(err)
	}
	seeExecution(t, n)
	if err := rules.Remove(); err != nil {
		t.Error(err)
	}
	if after := auditctl(t, "-l") + auditctl(t, "-s"); settings(after) != settings(before) {
		t.Errorf("audit was\n%s\nand is\n%s", before, after)
	}
}

func seeExecution(t *testing.T, n *Netlink) {
	t.Helper()
	types := map[string]int{}
	for seen := false; !seen || types["PROCTITLE"] == 0; {
		rec, err := n.Next(context.Background())
		if err != nil {
			t.Fatalf("%v after %v", err, types)
		}
		types[rec.Type.String()]++
		seen = seen || strings.Contains(rec.Body, `a1="auditpy-was-here"`)
	}
	t.Logf("records: %v", types)
}

func auditctl(t *testing.T, arg string) string {
	t.Helper()
	out, err := exec.Command("auditctl", arg).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// settings leaves out the counters.
func settings(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		if !strings.HasPrefix(line, "lost ") && !strings.HasPrefix(line, "backlog") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func BenchmarkNetlink(b *testing.B) {
	d := datagram(1302, `audit(1700000000.123:456): item=0 name="/usr/bin/grep" inode=1835130 dev=fd:01 mode=0100755`)
	n := &Netlink{buf: bytes.Repeat([]byte{0}, 64<<10)}
	n.recv = func(_ int, p []byte) (int, uint32, error) { return copy(p, d), 0, nil }
	b.ReportAllocs()
	for b.Loop() {
		if n.queue = n.queue[:0]; !n.batch(0) {
			b.Fatal("nothing received")
		}
	}
	b.ReportMetric(float64(b.N)*256/b.Elapsed().Seconds(), "records/s")
}
