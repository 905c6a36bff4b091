package spool

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// Over the cap the lowest priority goes first and of it the oldest; the disk never holds more than the cap; what OnDrop saw and what
// came out is all there was.
func TestD5LowestPriorityFirst(t *testing.T) {
	const limit = 64 << 10
	for _, dir := range []string{"", t.TempDir()} {
		dropped, waiting := map[string]bool{}, [Priorities][]string{}
		q := open(t, dir, Options{MaxBytes: limit, SegmentBytes: 1 << 10, OnDrop: func(b []byte) { dropped[string(b)] = true }})
		r := rand.New(rand.NewPCG(5, 5))
		for i := range 3000 {
			p := r.IntN(Priorities)
			f := fmt.Sprintf("%d %d %s", p, i, strings.Repeat("x", r.IntN(80)))
			before := len(dropped)
			if err := q.Append(p, []byte(f)); err != nil {
				t.Fatal(err)
			}
			waiting[p] = append(waiting[p], f)
			if len(dropped) > before {
				checkVictims(t, &waiting, dropped)
			}
			if dir != "" && diskUsage(t, dir)+int64(1<<10) > limit {
				t.Fatalf("%d bytes on disk and the reserve, want at most %d", diskUsage(t, dir), limit)
			}
		}
		s, got := q.Stats(), drain(t, q)
		if s.Dropped != uint64(len(dropped)) || len(got)+len(dropped) != 3000 || s.Dropped < 1000 {
			t.Errorf("dir %q: dropped %d, OnDrop saw %d, %d came out, want 3000 in all", dir, s.Dropped, len(dropped), len(got))
		}
		if !slices.IsSortedFunc(got, func(a, b string) int { return number(a) - number(b) }) {
			t.Errorf("dir %q: not in the order in which they were appended", dir)
		}
		conserved(t, q)
	}
}

func number(f string) (n int) {
	fmt.Sscan(strings.Fields(f)[1], &n)
	return n
}

// checkVictims: of each priority the oldest are gone, and none of a priority over one that still waits, beyond the segment that is open.
func checkVictims(t *testing.T, waiting *[Priorities][]string, dropped map[string]bool) {
	t.Helper()
	lower := 0
	for p := range waiting {
		gone := 0
		for gone < len(waiting[p]) && dropped[waiting[p][gone]] {
			gone++
		}
		waiting[p] = waiting[p][gone:]
		if slices.ContainsFunc(waiting[p], func(f string) bool { return dropped[f] }) {
			t.Fatalf("priority %d: not the oldest were dropped", p)
		}
		if gone > 0 && lower > 1 { // the frame just appended may be of a lower priority
			t.Fatalf("%d of priority %d dropped while %d lower ones wait", gone, p, lower)
		}
		lower += len(waiting[p])
	}
}

// What is less than all that waits gives way at once, and is counted.
func TestD5NewcomerGivesWay(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		var seen []string
		q := open(t, dir, Options{MaxBytes: 8 << 10, SegmentBytes: 1 << 10, OnDrop: func(b []byte) { seen = append(seen, string(b)) }})
		for q.Stats().Dropped == 0 {
			if err := q.Append(4, make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
		}
		before := q.Stats()
		low := strings.Repeat("low ", 25)
		if err := q.Append(1, []byte(low)); err != nil {
			t.Fatal(err)
		}
		// Of memory lanes each drop frees one frame only, of those on disk a segment: there may be room.
		s := q.Stats()
		if s.Dropped != before.Dropped && seen[len(seen)-1] != low {
			t.Errorf("dir %q: %q was dropped, want the newcomer", dir, seen[len(seen)-1])
		}
		if dir == "" && s.Dropped != before.Dropped+1 {
			t.Errorf("the newcomer was not dropped: %+v", s)
		}
		conserved(t, q)
	}
}

// A frame that waited too long is not sent, alone or with its segment.
func TestD5MaxAge(t *testing.T) {
	for _, onDisk := range []bool{false, true} {
		dir := ""
		if onDisk {
			dir = t.TempDir()
		}
		synctest.Test(t, func(t *testing.T) {
			drops := 0
			q := open(t, dir, Options{MaxAge: time.Hour, SegmentBytes: 200, OnDrop: func([]byte) { drops++ }})
			defer q.Close()
			appendAll(t, q, numbered(10)...)
			time.Sleep(40 * time.Minute)
			appendAll(t, q, "young")
			time.Sleep(40 * time.Minute)
			appendAll(t, q, "new")
			if got := drain(t, q); !slices.Equal(got, []string{"young", "new"}) || drops != 10 || q.Stats().Dropped != 10 {
				t.Errorf("dir %q: got %q, %d dropped", dir, got, drops)
			}
			conserved(t, q)
		})
	}
}

// The reserve gives room when the disk is full, and is taken again later.
func TestD6Reserve(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("needs root to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	q := open(t, dir, Options{SegmentBytes: 256 << 10})
	reserve := dir + "/reserve"
	if info, err := os.Stat(reserve); err != nil || info.Size() != 256<<10 {
		t.Fatalf("reserve: %v", err)
	}
	frame, n := make([]byte, 3000), 0
	for ; q.Append(0, frame) == nil; n++ {
	}
	if _, err := os.Stat(reserve); !errors.Is(err, os.ErrNotExist) || n < (4<<20-100<<10)/3100 {
		t.Errorf("the disk took %d frames; reserve: %v, want all the room used", n, err)
	}
	for range n {
		if _, err := q.Peek(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := q.Ack(); err != nil {
			t.Fatalf("Ack on a full disk: %v", err)
		}
	}
	drain(t, q)
	q.st.reserve.tried = time.Time{}
	appendAll(t, q, "room again")
	if _, err := os.Stat(reserve); err != nil {
		t.Errorf("reserve is not taken again: %v", err)
	}
	conserved(t, q)
}

// A sync that fails is not tried again on that file: its frames are not accepted, the next go to a new segment.
func TestD9SyncFails(t *testing.T) {
	dir := t.TempDir()
	q := open(t, dir, Options{})
	appendAll(t, q, "a")
	d := lane0(t, q)
	var failed *os.File
	d.sync = func(f *os.File) error { failed = f; return syscall.EIO }
	if err := q.Append(0, []byte("b")); !errors.Is(err, syscall.EIO) || q.Len() != 1 {
		t.Errorf("Append = %v, Len %d, want EIO and 1", err, q.Len())
	}
	d.sync = func(f *os.File) error {
		if f == failed {
			t.Error("synced again after an error")
		}
		return fdatasync(f)
	}
	appendAll(t, q, "b")
	if got := drain(t, open(t, snapshot(t, dir), Options{})); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("a restart hands out %q", got)
	}
	if n := len(segments(t, dir)); n != 2 {
		t.Errorf("%d segments, want 2", n)
	}
	conserved(t, q)
}

// What version 1 wrote is read, first, and version 1 is kept away from then on.
func TestD16EarlierVersion(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/v1")); err != nil {
		t.Fatal(err)
	}
	q := open(t, dir, Options{})
	appendAll(t, q, "new")
	if got, want := drain(t, q), append(numbered(12)[3:], "new"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	conserved(t, q)
	b, err := os.ReadFile(dir + "/cursor")
	if err != nil || b[24] != version || b[slotSize+24] != version {
		t.Errorf("cursor %x, %v: version 1 would read it", b, err)
	}
}

// TestModel compares a queue with a list, over random appends, batches, acks, restarts and crashes.
func TestModel(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		dir := t.TempDir()
		o := Options{SegmentBytes: 100 + r.Int64N(400)}
		q := open(t, dir, o)
		var want []string
		held := 0
		for i := range 300 {
			switch op := r.IntN(20); {
			case op < 9:
				f := fmt.Sprint(i, strings.Repeat("y", r.IntN(60)))
				want = append(want, f)
				if err := q.Append(r.IntN(Priorities), []byte(f)); err != nil {
					t.Fatal(err)
				}
			case op < 13 && len(want) > 0:
				batch, err := q.PeekBatch(t.Context(), 1+r.IntN(8), r.IntN(500))
				if err != nil || len(batch) > len(want) {
					t.Fatalf("seed %d: %d frames, %v", seed, len(batch), err)
				}
				for j, b := range batch {
					if string(b) != want[j] {
						t.Fatalf("seed %d step %d: frame %d is %q, want %q", seed, i, j, b, want[j])
					}
				}
				held = max(held, len(batch))
			case op < 18 && held > 0:
				if err := q.Ack(); err != nil {
					t.Fatal(err)
				}
				held, want = held-1, want[1:]
			case op == 18:
				conserved(t, q)
				q.Close()
				q, held = open(t, dir, o), 0
			case op == 19:
				q, held = open(t, snapshot(t, dir), o), 0
				dir = q.dir
			}
			if q.Len() != len(want) {
				t.Fatalf("seed %d step %d: Len = %d, want %d", seed, i, q.Len(), len(want))
			}
		}
		if got := drain(t, q); !slices.Equal(got, want) {
			t.Errorf("seed %d: %d frames left, want %d", seed, len(got), len(want))
		}
		conserved(t, q)
	}
}
