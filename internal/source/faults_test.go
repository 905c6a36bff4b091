package source

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The tests here are the rows I1 to I10 of docs/reliability.md, one at a time: they depend on time.

func TestI1Rotations(t *testing.T) {
	for seed := range size(10, 3) {
		a := newAuditd(t, t.TempDir())
		a.maxSize, a.perSec = 1<<20, 50_000
		skew := seed * 137 // where in a file the lines end
		beside(t, a, func() {
			a.write(strings.Repeat(" ", skew) + "\n")
			a.rotations(50)
		}, nil).want(t, a.next)
	}
}

func TestI2InodesReused(t *testing.T) {
	dir := t.TempDir()
	a := newAuditd(t, dir)
	a.maxSize, a.perSec, a.numLogs = 1<<20, 50_000, 5
	each := gate(a, 6000) // two files of the four that are kept
	beside(t, a, func() { a.rotations(50) }, each).want(t, a.next)
	t.Logf("%d of %d new files had the inode of an earlier one", a.reused, a.files)
	if a.reused < 10 && onExt4(dir) { // other programs take inodes too: 46 on a quiet machine
		t.Skipf("other programs took the inode numbers meanwhile: only %d were used again", a.reused)
	}
}

func TestI3Quiet(t *testing.T) {
	a := newAuditd(t, t.TempDir())
	pause := time.Duration(size(50, 10)) * time.Millisecond
	beside(t, a, func() {
		for i := range 275 { // events of six records
			a.lines(2 + i%4)
			if i%7 == 3 {
				a.rotate() // within the event
			}
			a.lines(4 - i%4)
			time.Sleep(pause)
		}
	}, nil).want(t, 1650)
	if a.files < 40 {
		t.Errorf("%d files, want 40", a.files)
	}
}

// TestI4Stalled: the reader is not asked while two rotations pass.
func TestI4Stalled(t *testing.T) {
	a := newAuditd(t, t.TempDir())
	stalled, goOn := make(chan struct{}), make(chan struct{})
	write := func() {
		a.lines(3000)
		<-stalled
		for range 2 {
			a.rotate()
			a.lines(3000)
		}
		close(goOn)
		a.lines(3000)
	}
	beside(t, a, write, func(n int64) {
		if n == 2500 {
			close(stalled)
			<-goOn
			time.Sleep(time.Duration(size(2000, 100)) * time.Millisecond)
		}
	}).want(t, 12_000)
}

// TestI5Restart: the reader ends at line 5,000, and begins again from its cursor after rotations.
func TestI5Restart(t *testing.T) {
	for _, tt := range []struct{ rotations, after int }{{0, 4000}, {1, 2000}, {1, 8000}, {2, 8000}} {
		for _, way := range []string{"rename", "copytruncate"} {
			t.Run(fmt.Sprintf("%s %d then %d", way, tt.rotations, tt.after), func(t *testing.T) {
				a := newAuditd(t, t.TempDir())
				y := &tally{}
				a.lines(9000)
				cursor := y.some(t, follow(t, a.path, FollowOptions{FromStart: true}), 5000)
				for range tt.rotations {
					if way == "rename" {
						a.rotate()
					} else {
						a.copyTruncate()
					}
					a.lines(tt.after)
				}
				y.rest(t, follow(t, a.path, FollowOptions{From: roundTrip(t, cursor)}))
				y.want(t, a.next)
			})
		}
	}
}

// some reads n records and returns the place after them.
func (y *tally) some(t *testing.T, f *File, n int) Cursor {
	t.Helper()
	for i := 0; i < n; {
		rec, ok, err := f.try()
		if !ok && err == nil {
			t.Fatalf("%d records, want %d", i, n)
		}
		y.add(rec, err)
		i++
	}
	return f.Cursor(0)
}

// rest reads what is there.
func (y *tally) rest(t *testing.T, f *File) {
	t.Helper()
	for {
		rec, ok, err := f.try()
		if !ok && err == nil {
			return
		}
		y.add(rec, err)
	}
}

// TestI6Removed: the file of the cursor is gone, and others have its inode number.
func TestI6Removed(t *testing.T) {
	dir := t.TempDir()
	a := newAuditd(t, dir)
	a.numLogs = 5
	y := &tally{}
	a.lines(9000)
	f := follow(t, a.path, FollowOptions{FromStart: true})
	cursor := y.some(t, f, 8000)
	f.Close()
	for range 5 {
		a.rotate()
		a.lines(8000)
	}
	y.rest(t, follow(t, a.path, FollowOptions{From: roundTrip(t, cursor)}))
	lost, repeated := y.counts(0, a.next)
	if lost != 1000 || repeated != 0 || y.Torn != 0 || len(y.gaps) != 1 {
		t.Fatalf("%d lost, %d repeated, %d torn, gaps %q; want the 1,000 that were removed, and one gap", lost, repeated, y.Torn, y.Gaps)
	}
	first, last, ok := y.gaps[0].Serials()
	if !ok || first != 8001 || last != 9000 {
		t.Errorf("gap %v: serials %d to %d, %v; want 8001 to 9000", y.gaps[0], first, last, ok)
	}
	if a.reused == 0 && onExt4(dir) {
		t.Skip("other programs took the inode numbers meanwhile: only the removed file was tested")
	}
}

func TestI9CopyTruncate(t *testing.T) {
	a := newAuditd(t, t.TempDir())
	a.perSec = 50_000
	beside(t, a, func() {
		for range 50 {
			a.lines(size(2600, 1300))
			a.copyTruncate()
		}
		a.lines(20)
	}, nil).want(t, a.next)
}

// TestI10WriteBoundaries: a record comes in pieces, and the reader looks after each of them.
func TestI10WriteBoundaries(t *testing.T) {
	a := newAuditd(t, t.TempDir())
	f, y := follow(t, a.path, FollowOptions{FromStart: true}), &tally{}
	for _, n := range []int{4095, 4096, 4097, 8191, 8192, 8193, 8970} {
		cuts := []int{1, 4095, 4096, 4097, 8191, 8192, n - 1, n}
		for c := 2; soak && c < n || c < 2*n/100; c++ {
			cuts = append(cuts, c)
		}
		for c := 61; c < n; c += 61 {
			cuts = append(cuts, c)
		}
		for _, cut := range cuts {
			line := numbered(a.next, n)
			cut = min(cut, len(line))
			a.write(line[:cut])
			before := len(y.Seen)
			if y.rest(t, f); cut < len(line) && len(y.Seen) != before {
				t.Fatalf("a record of %d bytes came after %d of them", len(line), cut)
			}
			a.write(line[cut:])
			a.next++
			y.rest(t, f)
		}
	}
	y.want(t, a.next)
}

// TestCursorRefused: a cursor of a later version or with a bit that was flipped is not taken for a place.
func TestCursorRefused(t *testing.T) {
	a := newAuditd(t, t.TempDir())
	a.lines(10)
	c := (&tally{}).some(t, follow(t, a.path, FollowOptions{FromStart: true}), 5)
	b, err := c.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		old, new string
		want     error
	}{
		{`"version":2`, `"version":3`, ErrCursorVersion},
		{fmt.Sprintf(`"offset":%d`, c.Offset), fmt.Sprintf(`"offset":%d`, c.Offset+1), ErrCursorDamaged},
		{fmt.Sprintf(`"inode":%d`, c.Inode), `"inode":1`, ErrCursorDamaged},
		{fmt.Sprintf(`"offset":%d`, c.Offset), `"offset":-1`, ErrCursorDamaged},
	} {
		bad := strings.Replace(string(b), tt.old, tt.new, 1)
		var got Cursor
		if err := got.UnmarshalJSON([]byte(bad)); bad == string(b) || err == nil || !strings.Contains(err.Error(), tt.want.Error()) || got != (Cursor{}) {
			t.Errorf("%s: %+v, %v, want %v", bad, got, err, tt.want)
		}
	}
	var old Cursor // as the version before wrote it
	if err := old.UnmarshalJSON(fmt.Appendf(nil, `{"dev":%d,"inode":%d,"first_line":%d,"offset":%d}`, c.Dev, c.Inode, c.FirstLine, c.Offset)); err != nil || old.Offset != c.Offset {
		t.Errorf("a cursor of version 1: %+v, %v", old, err)
	}
}

// TestEditedLog: somebody takes lines out of a log and leaves its first one.
func TestEditedLog(t *testing.T) {
	a := newAuditd(t, t.TempDir())
	a.lines(100)
	cursor := (&tally{}).some(t, follow(t, a.path, FollowOptions{FromStart: true}), 50)
	b, err := os.ReadFile(a.path)
	a.must(err)
	lines := strings.SplitAfter(string(b), "\n")
	a.must(os.WriteFile(a.path, []byte(strings.Join(append(lines[:20:20], lines[30:]...), "")), 0o600))
	y := &tally{}
	if y.rest(t, follow(t, a.path, FollowOptions{From: cursor})); len(y.Gaps) != 1 {
		t.Errorf("gaps %q, want one: the line before the place is another", y.Gaps)
	}
	if lost, _ := y.counts(50, 100); lost != 0 {
		t.Errorf("%d lines behind the place lost", lost)
	}
}

// TestT17NotALog: in the place of the log stands a link, a pipe, a folder or the file of another user: it is not opened, at the
// start or after a rotation, and the log that comes back is read.
func TestT17NotALog(t *testing.T) {
	for name, put := range map[string]func(path, other string) error{
		"link":   func(path, other string) error { return os.Symlink(other, path) },
		"pipe":   func(path, _ string) error { return syscall.Mkfifo(path, 0o600) },
		"folder": func(path, _ string) error { return os.Mkdir(path, 0o700) },
		"owner": func(path, _ string) error {
			if os.Getuid() != 0 {
				return os.Mkdir(path, 0o700)
			}
			return errors.Join(os.WriteFile(path, []byte(numbered(5000, 200)), 0o600), os.Chown(path, 65534, -1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuditd(t, t.TempDir())
			other := write(t, t.TempDir(), "other", numbered(5000, 200))
			if err := put(a.name(9)+".x", other); err != nil {
				t.Fatal(err)
			}
			if f, err := Follow(a.name(9)+".x", FollowOptions{FromStart: true}); err == nil {
				f.Close()
				t.Error("Follow: no error")
			}
			a.lines(10)
			f, y := follow(t, a.path, FollowOptions{FromStart: true}), &tally{}
			y.rest(t, f)
			a.lines(10)
			a.must(os.Rename(a.path, a.name(1)))
			a.must(put(a.path, other))
			y.rest(t, f)
			if y.rest(t, f); len(y.Seen) != 20 || f.Waiting() == nil {
				t.Errorf("%d lines, waiting %v; want 20, an error", len(y.Seen), f.Waiting())
			}
			a.must(os.RemoveAll(a.path))
			a.must(a.f.Close())
			a.open()
			a.lines(10)
			y.rest(t, f)
			y.want(t, 30)
		})
	}
}
