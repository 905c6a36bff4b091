package source

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// auditLog writes a log as auditd does: 4,096 bytes a write, rename chain, num_logs files.
type auditLog struct {
	t    testing.TB
	path string
	keep int
	f    *os.File
	next int // number of the next record

	turns int // rotations so far
}

func newLog(t testing.TB, keep int) *auditLog {
	l := &auditLog{t: t, path: filepath.Join(t.TempDir(), "audit.log"), keep: keep}
	l.create()
	t.Cleanup(func() { l.f.Close() })
	return l
}

func (l *auditLog) must(err error) {
	if err != nil {
		l.t.Error(err)
	}
}

func (l *auditLog) create() {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o640)
	l.must(err)
	l.f = f
}

func (l *auditLog) raw(s string) {
	_, err := l.f.WriteString(s)
	l.must(err)
}

// add writes n records; one of 50 is longer than auditd's buffer.
func (l *auditLog) add(n int) {
	for range n {
		size := 150 + l.next*37%250
		if l.next%50 == 49 {
			size = 4095 + l.next%3 + l.next/50%2*4096
		}
		line := record(l.next, size)
		for part := range slices.Chunk([]byte(line), 4096) {
			l.raw(string(part))
		}
		l.next++
	}
}

func (l *auditLog) sibling(n int) string { return fmt.Sprintf("%s.%d", l.path, n) }

func (l *auditLog) rotate() {
	l.must(l.f.Close())
	l.shift()
	l.must(os.Rename(l.path, l.sibling(1)))
	l.create()
}

func (l *auditLog) shift() {
	l.turns++
	for n := min(l.keep-1, l.turns); n > 1; n-- {
		l.must(os.Rename(l.sibling(n-1), l.sibling(n)))
	}
}

// copyTruncate is logrotate's: the writer keeps its descriptor.
func (l *auditLog) copyTruncate() {
	l.copy()
	l.must(os.Truncate(l.path, 0))
}

func (l *auditLog) copy() {
	l.shift()
	b, err := os.ReadFile(l.path)
	l.must(err)
	l.must(os.WriteFile(l.sibling(1), b, 0o600))
}

func follow(t testing.TB, path string, o FollowOptions) *File {
	t.Helper()
	f, err := Follow(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// drain reads what is there, without waiting.
func (r *result) drain(t testing.TB, f *File) *result {
	t.Helper()
	for range 10_000_000 {
		rec, ok, err := f.try()
		if !ok && err == nil {
			return r
		}
		r.add(rec, err)
	}
	t.Fatal("drain: no end")
	return nil
}

func TestFollowSteps(t *testing.T) {
	for name, act := range map[string]func(l *auditLog, i int){
		"grow":        func(l *auditLog, i int) { l.add(10) },
		"rotate":      func(l *auditLog, i int) { l.add(10); l.rotate() },
		"rotate late": func(l *auditLog, i int) { l.add(10); l.rotate(); l.add(3) },
		"rotate thrice": func(l *auditLog, i int) {
			l.add(10)
			l.rotate()
			l.add(5)
			l.rotate()
			l.add(1)
			l.rotate()
			l.add(3)
		},
		"rotate empty": func(l *auditLog, i int) { l.rotate(); l.rotate(); l.add(1) },
		"copytruncate": func(l *auditLog, i int) { l.add(10); l.copyTruncate(); l.add(3) },
		"copytruncate, new file longer": func(l *auditLog, i int) {
			l.add(1)
			l.copyTruncate()
			l.add(10 * (i + 1))
		},
		"copytruncate twice": func(l *auditLog, i int) { l.add(10); l.copyTruncate(); l.add(3); l.copyTruncate(); l.add(7) },
		"both":               func(l *auditLog, i int) { l.add(10); l.rotate(); l.add(5); l.copyTruncate(); l.add(2) },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog(t, 5)
			f, r := follow(t, l.path, FollowOptions{FromStart: true}), &result{}
			for i := range 30 {
				act(l, i)
				r.drain(t, f)
			}
			r.want(t, 0, l.next)
		})
	}
}

// A reader between copytruncate's copy and its truncation must not take the copy for a newer file.
func TestFollowMidCopy(t *testing.T) {
	l := newLog(t, 5)
	f, r := follow(t, l.path, FollowOptions{FromStart: true}), &result{}
	l.add(10)
	l.rotate()
	l.add(10)
	l.copy()
	for range 12 { // stops inside the second file
		rec, _, err := f.try()
		r.add(rec, err)
	}
	l.must(os.Truncate(l.path, 0))
	l.add(10)
	r.drain(t, f).want(t, 0, 30)
}

func TestFollowHalfLines(t *testing.T) {
	for _, size := range []int{200, 4095, 4096, 4097, 8192, 8970, 300_000, 900_000} {
		l := newLog(t, 5)
		f, r := follow(t, l.path, FollowOptions{FromStart: true}), &result{}
		cuts := []int{1, 20, size / 2, size - 2, size - 1}
		for i := range 2 * len(cuts) {
			line := record(i, size)
			cut := cuts[i%len(cuts)]
			l.raw(line[:cut])
			if r.drain(t, f); len(r.got) != i {
				t.Fatalf("size %d: %d records after %d bytes of record %d", size, len(r.got), cut, i)
			}
			l.raw(line[cut:])
			r.drain(t, f)
		}
		r.want(t, 0, 2*len(cuts))
	}
}

func TestFollowLongLine(t *testing.T) {
	l := newLog(t, 5)
	f, r := follow(t, l.path, FollowOptions{FromStart: true}), &result{}
	l.add(1)
	for range 5 {
		l.raw(strings.Repeat("y", 600<<10))
		r.drain(t, f)
	}
	l.raw("\n")
	l.add(1)
	if r.drain(t, f); len(r.lines) != 1 || r.lines[0].Line != 2 {
		t.Errorf("line errors %v, want one in line 2", r.lines)
	}
	r.lines = nil
	r.want(t, 0, 2)
}

func TestFollowTornByRotation(t *testing.T) {
	l := newLog(t, 5)
	f, r := follow(t, l.path, FollowOptions{FromStart: true}), &result{}
	l.add(1)
	l.raw("type=SYSCALL msg=aud")
	l.rotate()
	l.add(1)
	l.raw(strings.TrimSuffix(record(2, 100), "\n"))
	l.next++
	l.rotate()
	l.add(1)
	if r.drain(t, f); len(r.lines) != 1 || !strings.Contains(r.lines[0].Error(), "torn line") {
		t.Errorf("line errors %v, want one torn line", r.lines)
	}
	r.lines = nil
	r.want(t, 0, 4)
}

func TestFollowFromEnd(t *testing.T) {
	for name, before := range map[string]int{"between lines": 5, "in the first line": 0} {
		t.Run(name, func(t *testing.T) {
			l := newLog(t, 5)
			l.add(before)
			if before == 0 {
				l.raw("type=CWD msg=aud") // its rest comes later: not ours
			}
			f, r := follow(t, l.path, FollowOptions{}), &result{}
			r.drain(t, f)
			if before == 0 {
				l.raw("it(1.000:1): cwd=")
				r.drain(t, f)
				l.raw("\"/\"\n")
			}
			l.add(5)
			l.rotate()
			l.add(5)
			r.drain(t, f).want(t, before, before+10)
		})
	}
	l := newLog(t, 5)
	l.add(3)
	l.raw(record(99, 200)[:50])
	f, r := follow(t, l.path, FollowOptions{}), &result{}
	r.drain(t, f)
	l.raw(record(99, 200)[50:])
	l.add(2)
	r.drain(t, f).want(t, 3, 5)
}

func TestFollowNotYetThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	path := filepath.Join(dir, "audit.log")
	f, r := follow(t, path, FollowOptions{}), &result{}
	if r.drain(t, f); !errors.Is(f.Waiting(), os.ErrNotExist) {
		t.Errorf("Waiting = %v, want not exist", f.Waiting())
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r.drain(t, f)
	write(t, dir, "audit.log", records(0, 10))
	r.drain(t, f).want(t, 0, 10)
	if f.Waiting() != nil {
		t.Errorf("Waiting = %v, want nil", f.Waiting())
	}
}

func TestFollowUnreadable(t *testing.T) {
	l := newLog(t, 5)
	f, r := follow(t, l.path, FollowOptions{FromStart: true}), &result{}
	l.add(10)
	r.drain(t, f)
	l.rotate()
	dir := filepath.Dir(l.path)
	l.must(os.Rename(dir, dir+".away"))
	l.add(10)
	r.drain(t, f)
	if r.drain(t, f); f.Waiting() == nil {
		t.Error("Waiting = nil while the directory is away")
	}
	l.must(os.Rename(dir+".away", dir))
	l.add(10)
	r.drain(t, f).want(t, 0, 30)
}

func TestFollowRefuses(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "file", "")
	link := filepath.Join(dir, "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, dir, os.DevNull} {
		if f, err := Follow(path, FollowOptions{}); err == nil {
			f.Close()
			t.Errorf("Follow(%q): no error", path)
		}
	}
	if os.Getuid() != 0 {
		return
	}
	if err := os.Chown(file, 65534, -1); err != nil {
		t.Fatal(err)
	}
	if f, err := Follow(file, FollowOptions{}); err == nil {
		f.Close()
		t.Error("Follow of a file of uid 65534: no error")
	}
	follow(t, file, FollowOptions{AnyOwner: true})
}

func TestFollowTruncated(t *testing.T) {
	l := newLog(t, 5)
	f, r := follow(t, l.path, FollowOptions{FromStart: true}), &result{}
	l.add(10)
	r.drain(t, f)
	l.must(os.Truncate(l.path, 0))
	l.add(20)
	if r.drain(t, f); len(r.gaps) != 1 {
		t.Errorf("gaps %v, want one", r.gaps)
	}
	r.gaps = nil
	r.want(t, 0, 30)
}

// TestFollowRandom is a model test: any order of writes, half writes, rotations, reads and restarts
// loses and repeats nothing as long as no unread file is removed.
func TestFollowRandom(t *testing.T) {
	for seed := range uint64(size(150, 30)) {
		l := newLog(t, 1000)
		rnd := rand.New(rand.NewPCG(seed, 0))
		f, r := follow(t, l.path, FollowOptions{FromStart: true}), &result{}
		for range 120 {
			switch rnd.IntN(8) {
			case 0:
				l.rotate()
			case 1:
				l.copyTruncate()
			case 2:
				r.drain(t, f)
			case 3:
				for range rnd.IntN(20) {
					if rec, ok, err := f.try(); ok || err != nil {
						r.add(rec, err)
					}
				}
			case 4:
				if len(r.got) == 0 {
					break // an agent that has read nothing has nothing to save
				}
				cursor := f.Cursor(0)
				f.Close()
				f = follow(t, l.path, FollowOptions{From: roundTrip(t, cursor)})
				r.marks = nil // they begin anew
			case 5:
				line := record(l.next, 300)
				l.raw(line[:100])
				r.drain(t, f)
				l.raw(line[100:])
				l.next++
			default:
				l.add(rnd.IntN(12))
			}
		}
		r.drain(t, f)
		l.add(1) // a log that copytruncate emptied in one tick of the clock shows it with its next line
		if r.drain(t, f).want(t, 0, l.next); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestFollowLive runs a writer beside the reader and rotates as auditd does, with its num_logs of 5.
// The writer never gets more than three files ahead: what is removed unread is lost by any reader.
func TestFollowLive(t *testing.T) {
	tests := []struct {
		name string
		turn func(*auditLog)
		lag  int64 // records that the reader may be behind at a turn
	}{
		{"rename", (*auditLog).rotate, 400},
		// A truncation in the middle of a read is a race that no reader wins for sure; auditd renames.
		{"copytruncate", (*auditLog).copyTruncate, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLog(t, 5)
			f := follow(t, l.path, FollowOptions{FromStart: true, Poll: time.Millisecond, Idle: 50 * time.Millisecond})
			done := make(chan struct{})
			var seen atomic.Int64
			go func() {
				defer close(done)
				for range 40 {
					l.add(200)
					for deadline := time.Now().Add(20 * time.Second); int64(l.next)-seen.Load() > tt.lag && time.Now().Before(deadline); {
						runtime.Gosched()
					}
					tt.turn(l)
				}
				l.add(5)
			}()
			r := followUntil(t, f, done, &seen)
			r.want(t, 0, 8005)
		})
	}
}

// followUntil reads until done and then until nothing more comes.
func followUntil(t *testing.T, f *File, done chan struct{}, seen *atomic.Int64) *result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	r := &result{}
	for ended := false; ; {
		rec, err := f.Next(ctx)
		if ctx.Err() != nil {
			t.Fatal(ctx.Err())
		}
		if err != ErrIdle {
			r.add(rec, err)
			seen.Store(int64(len(r.got)))
			continue
		}
		if ended {
			return r
		}
		select {
		case <-done:
			ended = true
		default:
		}
	}
}

func TestFollowContext(t *testing.T) {
	l := newLog(t, 5)
	f := follow(t, l.path, FollowOptions{Poll: time.Hour})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := f.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Next = %v, want the context's error", err)
	}
}

func TestSegmentsBounded(t *testing.T) {
	f := &File{}
	for i := range 3 * segMax {
		f.base = uint64(i) * 10
		f.mark()
	}
	if len(f.segs) != segMax {
		t.Errorf("%d segments, want %d", len(f.segs), segMax)
	}
	if got, want := f.Cursor(1).Offset, int64(0); got != want {
		t.Errorf("offset of a forgotten mark %d, want %d", got, want)
	}
}
