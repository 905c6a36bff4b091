package spool

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

func open(t testing.TB, dir string, o Options) *Queue {
	t.Helper()
	q, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	return q
}

func appendAll(t testing.TB, q *Queue, frames ...string) {
	t.Helper()
	for _, f := range frames {
		if err := q.Append(0, []byte(f)); err != nil {
			t.Fatal(err)
		}
	}
}

// drain takes what waits now.
func drain(t testing.TB, q *Queue) []string {
	t.Helper()
	var got []string
	for {
		b, ok, err := q.st.at(0) // Peek would wait at the end
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return got
		}
		got = append(got, string(b))
		if err := q.Ack(); err != nil {
			t.Fatal(err)
		}
	}
}

func numbered(n int) []string {
	var s []string
	for i := range n {
		s = append(s, fmt.Sprintf("frame %04d %s", i, strings.Repeat("x", i%37)))
	}
	return s
}

func conserved(t testing.TB, q *Queue) {
	t.Helper()
	s := q.Stats()
	if int64(s.Frames) != int64(s.Recovered+s.Appended)-int64(s.Acked+s.Dropped+s.Lost) {
		t.Errorf("frames are not conserved: %+v", s)
	}
}

// snapshot is what a crash leaves behind: a copy of dir without Close.
func snapshot(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func segments(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*.seg", "?/*.seg"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	return names
}

func TestOrderAndReopen(t *testing.T) {
	dir, want := t.TempDir(), numbered(300)
	q := open(t, dir, Options{SegmentBytes: 1 << 10})
	appendAll(t, q, want[:200]...)
	for i := range 77 {
		if b, err := q.Peek(t.Context()); err != nil || string(b) != want[i] {
			t.Fatalf("Peek = %q, %v, want %q", b, err, want[i])
		}
		if err := q.Ack(); err != nil {
			t.Fatal(err)
		}
	}
	conserved(t, q)
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	q = open(t, dir, Options{SegmentBytes: 1 << 10})
	if s := q.Stats(); s.Recovered != 123 || s.Corrupt != 0 {
		t.Errorf("after reopening %+v, want 123 recovered, none corrupt", s)
	}
	appendAll(t, q, want[200:]...)
	if got := drain(t, q); !slices.Equal(got, want[77:]) {
		t.Errorf("got %d frames, want %d in order", len(got), len(want)-77)
	}
	conserved(t, q)
	if n := len(segments(t, dir)); n > 1 {
		t.Errorf("%d segments left after all was acked, want at most the active one", n)
	}
}

func TestEmptyAndLargeFrames(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		q := open(t, dir, Options{MaxBytes: 1 << 20, SegmentBytes: 100})
		want := []string{"", strings.Repeat("y", 500<<10), "", "z"}
		appendAll(t, q, want...)
		if err := q.Append(0, make([]byte, 1<<20)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("Append of more than the cap = %v, want ErrTooLarge", err)
		}
		if got := drain(t, q); !slices.Equal(got, want) {
			t.Errorf("dir %q: got %d frames, want %d", dir, len(got), len(want))
		}
	}
}

func TestBatch(t *testing.T) {
	dir, want := t.TempDir(), numbered(500)
	q := open(t, dir, Options{SegmentBytes: 2 << 10})
	var batch [][]byte
	for _, s := range want {
		batch = append(batch, []byte(s))
	}
	if err := q.AppendBatch(0, batch); err != nil {
		t.Fatal(err)
	}
	for _, name := range segments(t, dir) {
		if info, _ := os.Stat(name); info.Size() > 2<<10 {
			t.Errorf("%s has %d bytes, want at most 2048", name, info.Size())
		}
	}
	if got := drain(t, q); !slices.Equal(got, want) {
		t.Errorf("got %d frames, want %d in order", len(got), len(want))
	}
}

// At any moment, what Append has accepted and Ack has not removed must be in a copy of the directory.
func TestKill(t *testing.T) {
	dir, all := t.TempDir(), numbered(120)
	q := open(t, dir, Options{SegmentBytes: 512})
	for i, f := range all {
		appendAll(t, q, f)
		acked := i / 2
		if i%2 == 1 {
			if _, err := q.Peek(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := q.Ack(); err != nil {
				t.Fatal(err)
			}
			acked++
		}
		c := open(t, snapshot(t, dir), Options{})
		if got := drain(t, c); !slices.Equal(got, all[acked:i+1]) {
			t.Fatalf("after %d appends and %d acks a restart hands out %d frames", i+1, acked, len(got))
		}
		c.Close()
	}
}

func TestPeekAgainAndAckAlone(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		q := open(t, dir, Options{})
		if err := q.Ack(); err == nil {
			t.Error("Ack without Peek = nil, want an error")
		}
		appendAll(t, q, "a", "b")
		for range 2 {
			if b, err := q.Peek(t.Context()); err != nil || string(b) != "a" {
				t.Errorf("Peek = %q, %v, want \"a\"", b, err)
			}
		}
		if err := errors.Join(q.Ack()); err != nil {
			t.Error(err)
		}
		if err := q.Ack(); err == nil {
			t.Error("second Ack = nil, want an error")
		}
	}
}

func TestPeekWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, err := Open("", Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan string)
		go func() {
			b, err := q.Peek(t.Context())
			got <- fmt.Sprint(string(b), err)
		}()
		synctest.Wait()
		select {
		case s := <-got:
			t.Fatalf("Peek of an empty queue returned %q", s)
		default:
		}
		appendAll(t, q, "late")
		if s := <-got; s != "late<nil>" {
			t.Errorf("Peek = %q, want late", s)
		}
	})
}

func TestPeekEnds(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		q := open(t, dir, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan error)
		go func() { _, err := q.Peek(ctx); got <- err }()
		cancel()
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Errorf("Peek after cancel = %v", err)
		}
		go func() { _, err := q.Peek(t.Context()); got <- err }()
		if err := q.Close(); err != nil {
			t.Error(err)
		}
		if err := <-got; !errors.Is(err, ErrClosed) {
			t.Errorf("Peek after Close = %v", err)
		}
		if err := errors.Join(q.Append(0, nil)); !errors.Is(err, ErrClosed) {
			t.Errorf("Append after Close = %v", err)
		}
		if err := q.Ack(); !errors.Is(err, ErrClosed) {
			t.Errorf("Ack after Close = %v", err)
		}
		if err := q.Close(); err != nil {
			t.Errorf("second Close = %v", err)
		}
	}
}

func TestConcurrent(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		q, want := open(t, dir, Options{SegmentBytes: 4 << 10}), numbered(2000)
		var wg sync.WaitGroup
		wg.Go(func() {
			for _, f := range want {
				if err := q.Append(0, []byte(f)); err != nil {
					t.Error(err)
				}
			}
		})
		for i, f := range want {
			if b, err := q.Peek(t.Context()); err != nil || string(b) != f {
				t.Fatalf("dir %q: Peek %d = %q, %v, want %q", dir, i, b, err, f)
			}
			if err := q.Ack(); err != nil {
				t.Fatal(err)
			}
		}
		wg.Wait()
		conserved(t, q)
	}
}

func TestD15Locked(t *testing.T) {
	dir := t.TempDir()
	q := open(t, dir, Options{})
	_, err := Open(dir, Options{})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("second Open = %v, want ErrLocked with the directory", err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir, Options{})
}

func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	appendAll(t, open(t, dir, Options{}), "x")
	for name, want := range map[string]os.FileMode{".": 0o700, "cursor": 0o600, "reserve": 0o600, "0": 0o700, "0/cursor": 0o600, "0/0000000000000001.seg": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %s = %v, want %v", name, got, want)
		}
	}
}

// The example in the package comment.
func TestFormat(t *testing.T) {
	got := hex.EncodeToString(appendFrame(appendHeader(nil), []byte("hi")))
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var spec string
	for line := range strings.Lines(string(doc)) {
		if f := strings.Fields(line); len(f) > 2 && (f[1] == "00" || f[1] == "10") {
			spec += hexOf(f[2:])
		}
	}
	if got != spec {
		t.Errorf("doc.go says %s, the code writes %s", spec, got)
	}
}

func hexOf(words []string) string {
	var s string
	for _, w := range words {
		if b, err := hex.DecodeString(w); err != nil || len(b) != 1 {
			break
		}
		s += w
	}
	return s
}

// lane0 returns the lane of the lowest priority, made if need be.
func lane0(t testing.TB, q *Queue) *disk {
	t.Helper()
	v, err := q.st.destination(0)
	if err != nil {
		t.Fatal(err)
	}
	return v.(*disk)
}
