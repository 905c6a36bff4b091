package sink

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/sinktest"
)

// stored returns the lines of a store, as text.
func stored(path string, most int64) (lines []string) {
	for _, s := range newStore(path, "header\n", most).load() {
		lines = append(lines, string(s.line))
	}
	return lines
}

// A process goes on with the files of the one before it, however often it is killed and wherever in a line.
func TestStoreOfManyProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "window")
	var want []string
	for i := range 40 {
		s := newStore(path, "header\n", 1<<20)
		if got := len(s.load()); got != len(want) {
			t.Fatalf("process %d finds %d lines, want %d", i, got, len(want))
		}
		line := fmt.Sprintf("line %d", i)
		s.add([]byte(line), time.Now())
		want = append(want, line)
		s.add([]byte("torn by a kill"), time.Now())
		must(t, s.f.Truncate(s.size-int64(1+i%14)))
		must(t, s.close())
	}
	if got := stored(path, 1<<20); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The files are bounded, have the newest lines, and are nobody's but those of the same peer.
func TestStoreIsBounded(t *testing.T) {
	const most = 1000
	path := filepath.Join(t.TempDir(), "window")
	s := newStore(path, "header\n", most)
	var all []string
	for i := range 300 {
		all = append(all, fmt.Sprintf("line %05d", i))
		s.add([]byte(all[i]), time.Now())
	}
	must(t, s.close())
	for _, name := range []string{path, path + ".1"} {
		info, err := os.Stat(name)
		must(t, err)
		if info.Size() > most+100 || info.Mode() != 0o600 {
			t.Errorf("%s: %d bytes, mode %v", name, info.Size(), info.Mode())
		}
	}
	got := stored(path, most)
	if len(got) < most/26 || !slices.Equal(got, all[300-len(got):]) {
		t.Errorf("%d lines, from %q on", len(got), got[0])
	}
	if other := newStore(path, "another\n", most).load(); len(other) != 0 {
		t.Errorf("%d lines for another peer", len(other))
	}
}

// A line that was damaged is not sent, nor what is behind it.
func TestStoreDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "window")
	s := newStore(path, "header\n", 1<<20)
	for i := range 4 {
		s.add([]byte(fmt.Sprintf("line %d", i)), time.Now())
	}
	must(t, s.close())
	whole, err := os.ReadFile(path)
	must(t, err)
	want := stored(path, 1<<20)
	for i := range whole {
		b := slices.Clone(whole)
		b[i] ^= 4
		must(t, os.WriteFile(path, b, 0o600))
		if got := stored(path, 1<<20); len(got) >= len(want) || !slices.Equal(got, want[:len(got)]) {
			t.Fatalf("byte %d changed: %q", i, got)
		}
	}
}

// D11: a receiver hangs and is killed with lines that it has not read, and so are we: the next process sends them again, without a new
// alert. Whoever stops in order, with a receiver that reads, leaves nothing to send again.
func TestWindowOutlivesKill(t *testing.T) {
	const lines = 20
	r := receiver(t, sinktest.Options{})
	o := SyslogOptions{Network: "tcp", Address: r.Addr(), WindowFile: filepath.Join(t.TempDir(), "window")}
	for range 3 {
		before := r.Len()
		r.Stop()
		s := sinkOf(t, o).(*Stream)
		sendBatch(t, s, batch(0, lines))
		must(t, s.hangUp()) // what the kernel does for who is killed
		must(t, s.window.close())
		r.Kill()
		if n := r.Len(); n != before {
			t.Fatalf("%d lines were read", n-before)
		}
		must(t, r.Start())
		r.Continue()
		next := sinkOf(t, o).(*Stream)
		<-next.Broken()
		sendBatch(t, next, nil)
		eventually(t, "all lines", func() bool { return r.Len() == before+lines })
		must(t, next.Close())
		if again := sinkOf(t, o).(*Stream); again.Broken() != nil || len(again.window.sent) != 0 {
			t.Errorf("%d lines are left", len(again.window.sent))
		}
	}
}

// TestStoreThatCannotTurn: where the older file cannot be replaced, the newer one does not grow for ever.
func TestStoreThatCannotTurn(t *testing.T) {
	const most = 1000
	path := filepath.Join(t.TempDir(), "window")
	must(t, os.MkdirAll(filepath.Join(path+".1", "in the way"), 0o700))
	s := newStore(path, "header\n", most)
	for range 300 {
		s.add([]byte("a line of some bytes"), time.Now())
	}
	must(t, s.close())
	info, err := os.Stat(path)
	must(t, err)
	if info.Size() > 2*most+100 {
		t.Errorf("%d bytes", info.Size())
	}
	if s.unkept < 100 || s.why == nil {
		t.Errorf("%d lines are said not to be kept, and why: %v; want most of 300", s.unkept, s.why)
	}
}

// TestUnkept: a sink tells that it cannot keep what its peer may not have read, and sends all the same.
func TestUnkept(t *testing.T) {
	r := receiver(t, sinktest.Options{})
	s := sinkOf(t, SyslogOptions{Network: "tcp", Address: r.Addr(), WindowFile: filepath.Join(t.TempDir(), "nowhere", "window")}).(*Stream)
	sendBatch(t, s, batch(0, 2))
	if lines, err := s.Unkept(); lines != 2 || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Unkept: %d, %v; want 2, and that the folder is not there", lines, err)
	}
	must(t, s.Close())
}
