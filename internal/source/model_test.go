package source

import (
	"encoding/json"
	"flag"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// world is a log, its reader, and what the reader owes.
type world struct {
	*auditd
	t       *rapid.T
	dir     string
	f       *File
	saved   []byte      // the cursor on disk; nil: none yet
	floor   int         // line that came last when it was saved
	seen    map[int]int // how often each line came
	last    int         // no line up to this one may come any more in the life of this reader
	young   bool        // no line has come yet in its life
	asked   bool        // it was asked for one: what it is to tell first is told
	gaps    int
	deleted bool    // a file was, at any time
	files   [][]int // lines of each file that has a name, the oldest first; the last is the log
	gone    map[int]bool
	half    string // the rest of a line that was begun
	away    bool
	full    bool // the disk is: nothing can be saved
}

// TestI11Model: whatever happens to the log and to the reader, and in whatever order, each line comes, and once but
// for those read after the last save before a kill. What was deleted unread may be missing; that a file is gone which
// the reader never saw shows in the serials only.
func TestI11Model(t *testing.T) {
	checks := strconv.Itoa(size(100_000, 2000))
	if flag.Lookup("rapid.checks").Value.String() == "100" { // its default: nobody asked for another number
		if err := flag.Set("rapid.checks", checks); err != nil {
			t.Fatal(err)
		}
		defer flag.Set("rapid.checks", "100")
	}
	shm := "/dev/shm"
	if _, err := os.Stat(shm); err != nil {
		shm = ""
	}
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(shm, "auditpy-model")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		w := &world{t: rt, dir: dir, seen: make(map[int]int), gone: make(map[int]bool), floor: -1, files: [][]int{nil}}
		if err := os.Mkdir(dir+"/audit", 0o700); err != nil {
			t.Fatal(err)
		}
		w.auditd = newAuditd(t, dir+"/audit")
		defer func() { w.auditd.f.Close(); w.f.Close() }()
		w.start()
		w.write(1) // who has read nothing has nothing to save
		w.read(1)
		w.save()
		rt.Repeat(map[string]func(*rapid.T){
			"write": func(rt *rapid.T) { w.write(rapid.IntRange(1, 30).Draw(rt, "lines")) },
			"half":  func(rt *rapid.T) { w.begin(rapid.IntRange(1, 90).Draw(rt, "percent")) },
			"rotate": func(rt *rapid.T) {
				w.turn(rapid.IntRange(1, 3).Draw(rt, "times"), rapid.IntRange(0, 3).Draw(rt, "lines"))
			},
			"copytruncate": func(*rapid.T) { w.truncate() },
			"delete":       func(*rapid.T) { w.delete() },
			"oldest":       func(*rapid.T) { w.deleteOldest() },
			"unreadable":   func(*rapid.T) { w.hide(true) },
			"readable":     func(*rapid.T) { w.hide(false) },
			"read":         func(rt *rapid.T) { w.read(rapid.IntRange(1, 40).Draw(rt, "records")) },
			"drain":        func(*rapid.T) { w.read(1 << 30) },
			"save":         func(*rapid.T) { w.save() },
			"full":         func(*rapid.T) { w.full = true },
			"room":         func(*rapid.T) { w.full = false },
			"kill":         func(*rapid.T) { w.kill() },
			"restart":      func(*rapid.T) { w.save(); w.kill() },
		})
		w.settle()
	})
}

func (w *world) start() {
	o := FollowOptions{FromStart: true}
	if w.saved != nil {
		if err := json.Unmarshal(w.saved, &o.From); err != nil {
			w.t.Fatal(err)
		}
	}
	f, err := Follow(w.path, o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.f, w.last, w.young, w.asked = f, w.floor, true, false
}

func (w *world) write(n int) {
	w.finish()
	if w.away {
		return // the writer's own descriptor works, but the model need not know
	}
	for range n {
		w.files[len(w.files)-1] = append(w.files[len(w.files)-1], w.next)
		w.line()
	}
}

// begin writes a part of a line.
func (w *world) begin(percent int) {
	w.finish()
	if w.away {
		return
	}
	line := numbered(w.next, 200)
	cut := max(1, len(line)*percent/100)
	w.auditd.write(line[:cut])
	w.half = line[cut:]
}

// finish writes the rest of it.
func (w *world) finish() {
	if w.half == "" || w.away {
		return
	}
	w.auditd.write(w.half)
	w.half = ""
	w.files[len(w.files)-1] = append(w.files[len(w.files)-1], w.next)
	w.next++
}

func (w *world) turn(times, lines int) {
	w.finish()
	if w.away {
		return
	}
	for range times {
		w.rotate()
		w.files = append(w.files, nil)
		w.write(lines)
	}
}

func (w *world) truncate() {
	w.finish()
	if w.away || len(w.files[len(w.files)-1]) == 0 {
		return // no tool copies an empty log, and no reader could tell its copy
	}
	w.copyTruncate()
	w.files = append(w.files, nil)
}

// delete removes the log; auditd makes another.
func (w *world) delete() {
	w.finish()
	if w.away {
		return
	}
	w.forget(len(w.files) - 1)
	w.must(os.Remove(w.path))
	w.must(w.auditd.f.Close())
	w.open()
	w.files = append(w.files, nil)
}

func (w *world) deleteOldest() {
	if w.away || len(w.files) < 2 {
		return
	}
	for n := w.auditd.files; n > 0; n-- {
		if err := os.Remove(w.name(n)); err == nil {
			w.forget(0)
			return
		}
	}
}

// forget notes that the lines of a file are gone.
func (w *world) forget(i int) {
	for _, line := range w.files[i] {
		w.gone[line] = true
	}
	w.deleted = true
	w.files = append(w.files[:i:i], w.files[i+1:]...)
}

// hide takes the directory away, or brings it back.
func (w *world) hide(away bool) {
	if away == w.away {
		return
	}
	w.away = away
	if away {
		w.must(os.Rename(w.dir+"/audit", w.dir+"/away"))
	} else {
		w.must(os.Rename(w.dir+"/away", w.dir+"/audit"))
	}
}

func (w *world) read(n int) {
	y := &tally{}
	w.asked = true
	for range n {
		rec, ok, err := w.f.try()
		if !ok && err == nil {
			return
		}
		y.add(rec, err)
		switch {
		case y.Torn > 0 || len(y.Errors) > 0:
			w.t.Fatalf("%d torn, errors %q", y.Torn, y.Errors)
		case err == nil:
			w.came(int(rec.ID.Serial) - 1)
		default:
			w.gap()
		}
	}
}

// gap: a reader that does not find its place again reads the oldest file, which it may have read before.
func (w *world) gap() {
	w.gaps++
	if w.young {
		w.last = -1
	}
}

func (w *world) came(line int) {
	if line <= w.last {
		w.t.Fatalf("line %d after line %d", line, w.last)
	}
	w.last, w.young = line, false
	w.seen[line]++
}

// save stores the place, unless the disk is full: then the old one stays.
func (w *world) save() {
	c := w.f.Cursor(0)
	if w.full || !w.asked || c == (Cursor{}) {
		return
	}
	b, err := json.Marshal(c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.saved, w.floor = b, w.last
}

func (w *world) kill() {
	w.f.Close()
	w.start()
}

// settle reads to the end and holds what came to what was written.
func (w *world) settle() {
	w.hide(false)
	w.write(1)
	w.read(1 << 30)
	for line := range w.next {
		if w.seen[line] == 0 && !w.gone[line] {
			w.t.Fatalf("line %d of %d is lost", line, w.next)
		}
	}
	if w.gaps > 0 && !w.deleted {
		w.t.Fatalf("%d gaps were told, and nothing was deleted", w.gaps)
	}
}
