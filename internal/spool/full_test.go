package spool

import (
	"bytes"
	"context"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"
)

func diskUsage(t testing.TB, dir string) (n int64) {
	t.Helper()
	for _, name := range segments(t, dir) {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		n += info.Size()
	}
	return n
}

// Over the cap the oldest frames go, and the counter tells the truth (RELIABILITY D5).
func TestD5Cap(t *testing.T) {
	const limit = 4 << 10
	for _, dir := range []string{"", t.TempDir()} {
		q, frames := open(t, dir, Options{MaxBytes: limit, SegmentBytes: 512}), numbered(1000)
		for _, f := range frames {
			appendAll(t, q, f)
			if used := q.Stats().Bytes; used > limit || dir != "" && used != diskUsage(t, dir) {
				t.Fatalf("dir %q: Bytes = %d, on disk %d, want at most %d", dir, used, diskUsage(t, dir), limit)
			}
		}
		dropped := q.Stats().Dropped
		got := drain(t, q)
		if !slices.Equal(got, frames[dropped:]) || dropped == 0 || len(got) < 50 {
			t.Errorf("dir %q: dropped %d, got %d, want the newest of %d", dir, dropped, len(got), len(frames))
		}
		conserved(t, q)
	}
}

// A frame in the consumer's hands when its segment is dropped stays good, and is no drop.
func TestCapWhilePeeked(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		q, frames := open(t, dir, Options{MaxBytes: 2 << 10, SegmentBytes: 512}), numbered(200)
		appendAll(t, q, frames[0])
		held, err := q.Peek(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		appendAll(t, q, frames[1:]...)
		if again, err := q.Peek(t.Context()); err != nil || !bytes.Equal(again, held) || string(held) != frames[0] {
			t.Errorf("Peek = %q, %v, want %q", again, err, frames[0])
		}
		if err := q.Ack(); err != nil {
			t.Error(err)
		}
		s := q.Stats()
		if got := drain(t, q); !slices.Equal(got, frames[1+s.Dropped:]) {
			t.Errorf("dir %q: dropped %d, then got %d of %d", dir, s.Dropped, len(got), len(frames))
		}
		conserved(t, q)
	}
}

// A lower cap takes effect after a restart.
func TestCapShrinks(t *testing.T) {
	dir := t.TempDir()
	q := open(t, dir, Options{MaxBytes: 64 << 10, SegmentBytes: 512})
	appendAll(t, q, numbered(500)...)
	q.Close()
	q = open(t, dir, Options{MaxBytes: 4 << 10})
	appendAll(t, q, "new")
	if n := diskUsage(t, dir); n > 4<<10 {
		t.Errorf("%d bytes on disk, want at most 4096", n)
	}
	conserved(t, q)
}

// On a full disk Append fails, keeps failing cleanly, and works again once there is room; what was accepted
// is still there, and acking works throughout (RELIABILITY D6).
func TestD6DiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("needs root to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	q := open(t, dir, Options{SegmentBytes: 32 << 10})
	var accepted []string
	fails := 0
	for _, f := range slices.Repeat(numbered(400), 30) {
		if err := q.Append(0, []byte(f)); err != nil {
			if fails++; fails > 50 {
				break
			}
			continue
		}
		accepted = append(accepted, f)
	}
	if fails == 0 {
		t.Fatal("the disk never filled")
	}
	if _, err := q.Peek(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := q.Ack(); err != nil {
		t.Errorf("Ack on a full disk = %v", err)
	}
	copied := open(t, snapshot(t, dir), Options{})
	if got := drain(t, copied); !slices.Equal(got, accepted[1:]) {
		t.Errorf("a restart hands out %d frames, want %d", len(got), len(accepted)-1)
	}
	if got := drain(t, q); !slices.Equal(got, accepted[1:]) {
		t.Errorf("got %d frames, want %d", len(got), len(accepted)-1)
	}
	appendAll(t, q, "room again")
	if got := drain(t, q); !slices.Equal(got, []string{"room again"}) {
		t.Errorf("got %q", got)
	}
	conserved(t, q)
}

// After a write that failed the next goes to a new segment, and nothing that was accepted is lost (RELIABILITY D9).
func TestD9WriteFails(t *testing.T) {
	for _, before := range [][]string{nil, {"a", "b"}} {
		dir := t.TempDir()
		q := open(t, dir, Options{})
		if _, err := lane0(t, q).activeSegment(); err != nil {
			t.Fatal(err)
		}
		appendAll(t, q, before...)
		lane0(t, q).w.Close()
		if err := q.Append(0, []byte("c")); err == nil || q.Len() != len(before) {
			t.Errorf("Append to a broken file = %v, Len %d, want an error and %d", err, q.Len(), len(before))
		}
		appendAll(t, q, "c")
		if want := min(len(before), 1) + 1; len(segments(t, dir)) != want {
			t.Errorf("%d segments, want %d", len(segments(t, dir)), want)
		}
		if got := drain(t, q); !slices.Equal(got, append(before, "c")) {
			t.Errorf("got %q", got)
		}
		conserved(t, q)
	}
}

// TestD6FullDiskDrains: what was sent makes room again, in the same process, with the reader still in the file.
func TestD6FullDiskDrains(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("needs root to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	q, err := Open(dir, Options{SegmentBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	frame := make([]byte, 10_000)
	for range 3 {
		n := 0
		for q.Append(0, frame) == nil {
			n++
		}
		if n == 0 {
			t.Fatal("no room although all was sent")
		}
		for range n {
			if _, err := q.Peek(context.Background()); err != nil {
				t.Fatal(err)
			}
			if err := q.Ack(); err != nil {
				t.Fatal(err)
			}
		}
		// A sink goes on waiting: that is when a finished segment is passed.
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		if _, err := q.Peek(ctx); err == nil {
			t.Fatal("a frame too many")
		}
		cancel()
	}
}
