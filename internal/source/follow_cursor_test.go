package source

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// TestFollowResume stops at any record, lets the log go on, and begins again from the cursor's JSON.
func TestFollowResume(t *testing.T) {
	for _, rotate := range []string{"rename", "copytruncate"} {
		for rotations := range 4 {
			for _, after := range []int{0, 2, 40} { // the new file is shorter or longer than the old offset
				t.Run(fmt.Sprint(rotate, rotations, "after", after), func(t *testing.T) {
					l := newLog(t, 6)
					l.add(20)
					turn := l.rotate
					if rotate == "copytruncate" {
						turn = l.copyTruncate
					}
					r := &result{}
					f := follow(t, l.path, FollowOptions{FromStart: true})
					for range 15 {
						rec, _, err := f.try()
						r.add(rec, err)
					}
					cursor := f.Cursor(r.marks[10])
					for range rotations {
						turn()
						l.add(after)
					}
					r = (&result{}).drain(t, follow(t, l.path, FollowOptions{From: roundTrip(t, cursor)}))
					r.want(t, 10, l.next)
				})
			}
		}
	}
}

func roundTrip(t *testing.T, c Cursor) Cursor {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back Cursor
	if err := json.Unmarshal(b, &back); err != nil || back != c {
		t.Fatalf("%s became %+v, want %+v (%v)", b, back, c, err)
	}
	return back
}

// TestCursor turns every mark of a log of several files back into the place of its record.
func TestCursor(t *testing.T) {
	l := newLog(t, 20)
	f, r := follow(t, l.path, FollowOptions{FromStart: true}), &result{}
	for i := range 10 {
		l.add(7)
		r.drain(t, f)
		if i%3 == 2 {
			l.copyTruncate()
		} else {
			l.rotate()
		}
	}
	r.drain(t, f).want(t, 0, 70)
	for i, m := range r.marks {
		got := (&result{}).drain(t, follow(t, l.path, FollowOptions{From: f.Cursor(m)}))
		got.want(t, i, 70)
	}
	l.add(1)
	(&result{}).drain(t, follow(t, l.path, FollowOptions{From: f.Cursor(0)})).want(t, 70, 71)
}

func TestFollowGone(t *testing.T) {
	l := newLog(t, 3)
	l.add(10)
	f, r := follow(t, l.path, FollowOptions{FromStart: true}), &result{}
	r.drain(t, f)
	cursor := f.Cursor(r.marks[9])
	l.add(5) // read through the descriptor, though no name leads there any more
	for range 4 {
		l.rotate()
		l.add(10)
	}
	r.drain(t, f)
	if len(r.gaps) != 1 || len(r.got) != 45 || r.got[14] != 14 || r.got[15] != 25 {
		t.Errorf("gaps %v, records %v; want one gap, 0-14 and 25-54", r.gaps, r.got)
	}
	again := (&result{}).drain(t, follow(t, l.path, FollowOptions{From: cursor}))
	if len(again.gaps) != 1 || len(again.got) != 30 || again.got[0] != 25 {
		t.Errorf("from the cursor: gaps %v, records %v; want one gap, 25-54", again.gaps, again.got)
	}
}

// A log that was deleted and created again leaves older siblings alone.
func TestFollowRecreated(t *testing.T) {
	l := newLog(t, 5)
	f, r := follow(t, l.path, FollowOptions{FromStart: true}), &result{}
	l.add(10)
	l.rotate()
	l.add(10)
	r.drain(t, f)
	l.must(os.Remove(l.path))
	r.drain(t, f)
	l.f.Close()
	l.create()
	l.add(10)
	if r.drain(t, f); len(r.gaps) != 1 {
		t.Errorf("gaps %v, want one", r.gaps)
	}
	r.gaps = nil
	r.want(t, 0, 30)
}

func TestFollowReplacedByCopy(t *testing.T) {
	l := newLog(t, 5)
	f, r := follow(t, l.path, FollowOptions{FromStart: true}), &result{}
	l.add(10)
	r.drain(t, f)
	b, err := os.ReadFile(l.path)
	l.must(err)
	l.must(os.WriteFile(l.path+"~", b, 0o600))
	l.must(os.Rename(l.path+"~", l.path))
	l.f.Close()
	l.f, err = os.OpenFile(l.path, os.O_APPEND|os.O_WRONLY, 0)
	l.must(err)
	l.add(10)
	r.drain(t, f).want(t, 0, 20)
}
