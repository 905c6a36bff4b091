package names

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

func TestParseLine(t *testing.T) {
	for _, tt := range []struct {
		line string
		id   uint32
		name string // "": none
	}{
		{"root:x:0:0:root:/root:/bin/bash", 0, "root"},
		{"wheel:x:10:", 10, "wheel"},
		{"wheel:x:10:a,b\r", 10, "wheel"},
		{"  daemon:*:1:1", 1, "daemon"},
		{"nobody:x:4294967294:", 4294967294, "nobody"},
		{`CORP\Jane Doe:*:70000:70000::`, 70000, `CORP\Jane Doe`},
		{"jürgen@example.org::7:7", 7, "jürgen@example.org"},
		{strings.Repeat("n", 256) + ":x:7:7", 7, strings.Repeat("n", 256)},
		{strings.Repeat("n", 257) + ":x:7:7", 0, ""},
		{"alice:x:10", 0, ""}, // torn: 1000
		{"alice:x", 0, ""},
		{"", 0, ""},
		{":x:5:5", 0, ""},
		{"#root:x:5:5", 0, ""},
		{"+:x:5:5:::", 0, ""},
		{"+alice:x:5:5:::", 0, ""},
		{" -alice:x:5:5:::", 0, ""},
		{"a:x:-1:5", 0, ""},
		{"a:x:+1:5", 0, ""},
		{"a:x: 1:5", 0, ""},
		{"a:x:0x1:5", 0, ""},
		{"a:x:4294967295:5", 0, ""}, // (uid_t)-1
		{"a:x:4294967296:5", 0, ""},
		{"a::", 0, ""},
		{"a\x1b[2Jb:x:5:5", 0, ""},
		{"a\x00b:x:5:5", 0, ""},
		{"a\u202eb:x:5:5", 0, ""},
		{"a\xffb:x:5:5", 0, ""},
	} {
		id, name, ok := parseLine([]byte(tt.line))
		if id != tt.id || name != tt.name || ok != (tt.name != "") {
			t.Errorf("parseLine(%q) = %d, %q, %v, want %d, %q", tt.line, id, name, ok, tt.id, tt.name)
		}
	}
}

func TestParse(t *testing.T) {
	members := strings.Repeat("somebody,", 1<<16)
	for _, tt := range []struct {
		what, text string
		limit      int
		want       map[uint32]string
		bad        uint64
		cut        bool
	}{
		{what: "nothing", limit: 9, want: map[uint32]string{}},
		{what: "the first of two names", text: users + "toor:x:0:0::/:\n", limit: 9, want: map[uint32]string{0: "root", 1000: "alice"}},
		{what: "bad lines between", text: "\x00\x00\x00\n# hello\n\n+::::::\nx\n" + users, limit: 9, want: map[uint32]string{0: "root", 1000: "alice"}, bad: 2},
		{what: "torn", text: users + "bob:x:10", limit: 9, want: map[uint32]string{0: "root", 1000: "alice"}, bad: 1},
		{what: "no newline at the end", text: "bob:x:10:", limit: 9, want: map[uint32]string{10: "bob"}},
		{what: "many members", text: "a:x:1:" + members + "\nb:x:2:\n" + "c:x:3:" + members, limit: 9, want: map[uint32]string{1: "a", 2: "b", 3: "c"}},
		{what: "a long line of nothing", text: members + ":x:9:\nb:x:2:\n", limit: 9, want: map[uint32]string{2: "b"}, bad: 1},
		{what: "too many", text: "a:x:1:\nb:x:2:\nc:x:3:\n", limit: 2, want: map[uint32]string{1: "a", 2: "b"}, cut: true},
		{what: "just enough", text: "a:x:1:\nb:x:2:\nb2:x:2:\n", limit: 2, want: map[uint32]string{1: "a", 2: "b"}},
	} {
		names, bad, cut, err := parse(strings.NewReader(tt.text), tt.limit)
		if !maps.Equal(names, tt.want) || bad != tt.bad || cut != tt.cut || err != nil {
			t.Errorf("%s: %v, %d bad, cut %v, %v; want %v, %d, %v", tt.what, names, bad, cut, err, tt.want, tt.bad, tt.cut)
		}
	}
	broken := errors.New("disk")
	if _, _, _, err := parse(io.MultiReader(strings.NewReader(users), iotest.ErrReader(broken)), 9); !errors.Is(err, broken) {
		t.Errorf("error = %v, want %v", err, broken)
	}
}

// FuzzParse: what comes out is fit to be shown, within its bounds, and comes out again when it is written down.
func FuzzParse(f *testing.F) {
	f.Add(users)
	f.Add(groups + "+\n#\n\x00:\n")
	f.Add(strings.Repeat("x", maxLine-4) + ":x:1:\na:x:2:")
	f.Fuzz(func(t *testing.T, text string) {
		const limit = 3
		names, _, _, err := parse(strings.NewReader(text), limit)
		if err != nil || len(names) > limit {
			t.Fatalf("%d names, error %v", len(names), err)
		}
		var again strings.Builder
		for id, name := range names {
			if !valid([]byte(name)) {
				t.Errorf("name %q of %d", name, id)
			}
			fmt.Fprintf(&again, "%s:x:%d:\n", name, id)
		}
		got, bad, _, _ := parse(strings.NewReader(again.String()), limit)
		if !maps.Equal(got, names) || bad != 0 {
			t.Errorf("%v, written down and read again: %v", names, got)
		}
	})
}

// TestReload changes the file in every way it can change; Run has the new names after Recheck.
func TestReload(t *testing.T) {
	for _, tt := range []struct {
		what   string
		change func(t *testing.T, root string)
		want   string // name of 1000, before: alice
		reads  uint64 // with the two of New
		unread bool
	}{
		{what: "nothing", change: func(*testing.T, string) {}, want: "alice", reads: 2},
		{what: "rewritten", change: func(t *testing.T, root string) { write(t, root, "passwd", "bob:x:1000:1000::/:\n") }, want: "bob", reads: 3},
		{what: "renamed over", change: func(t *testing.T, root string) {
			write(t, root, "new", strings.ReplaceAll(users, "alice", "carol"))
			rename(t, root, "new", "passwd")
		}, want: "carol", reads: 3},
		{what: "same size, time set back", change: func(t *testing.T, root string) {
			path := filepath.Join(root, "etc/passwd")
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			settle(t, path)
			write(t, root, "passwd", strings.ReplaceAll(users, "alice", "carol"))
			if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		}, want: "carol", reads: 3},
		{what: "emptied", change: func(t *testing.T, root string) { write(t, root, "passwd", "") }, want: "", reads: 3},
		{what: "gone", change: func(t *testing.T, root string) { rename(t, root, "passwd", "old") }, want: "alice", reads: 2, unread: true},
		{what: "a directory", change: func(t *testing.T, root string) {
			rename(t, root, "passwd", "old")
			write(t, root, "passwd/x", "")
		}, want: "alice", reads: 2, unread: true},
		{what: "a pipe without a writer", change: func(t *testing.T, root string) {
			rename(t, root, "passwd", "old")
			if err := syscall.Mkfifo(filepath.Join(root, "etc/passwd"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, want: "alice", reads: 2, unread: true},
	} {
		t.Run(tt.what, func(t *testing.T) {
			root := host(t, users, groups)
			synctest.Test(t, func(t *testing.T) {
				u := New(Options{Root: root})
				go func() { _ = u.Run(t.Context()) }()
				tt.change(t, root)
				time.Sleep(4 * time.Second)
				synctest.Wait()
				if got := u.User(1000); got != "alice" {
					t.Errorf("User(1000) = %q before Recheck", got)
				}
				time.Sleep(2 * time.Second)
				synctest.Wait()
				s := u.Stats()
				if got := u.User(1000); got != tt.want || s.Reads != tt.reads || (s.Unread > 0) != tt.unread {
					t.Errorf("User(1000) = %q, want %q; %+v", got, tt.want, s)
				}
			})
		})
	}
}

func rename(t *testing.T, root, from, to string) {
	t.Helper()
	if err := os.Rename(filepath.Join(root, "etc", from), filepath.Join(root, "etc", to)); err != nil {
		t.Fatal(err)
	}
}

// settle returns when the file system gives a file another time of change than that of path: its clock ticks in
// milliseconds.
func settle(t *testing.T, path string) {
	t.Helper()
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	other := path + ".clock"
	for {
		if err := os.WriteFile(other, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		now, err := os.Stat(other)
		if err != nil {
			t.Fatal(err)
		}
		if stampOf(now).changed != stampOf(before).changed {
			return
		}
	}
}

// TestBounds: a file that is too large gives the names of its start.
func TestBounds(t *testing.T) {
	root := host(t, users+strings.Repeat("# nothing\n", 1000)+"late:x:5:5::/:\n", groups)
	for _, tt := range []struct {
		o    Options
		want []string // of 0, 1000 and 5
		cut  uint64
	}{
		{Options{}, []string{"root", "alice", "late"}, 0},
		{Options{MaxBytes: 1000}, []string{"root", "alice", ""}, 1},
		{Options{MaxBytes: int64(len(users)) - 30}, []string{"root", "", ""}, 1}, // groups fit
		{Options{MaxNames: 2}, []string{"root", "alice", ""}, 1},
	} {
		tt.o.Root = root
		u := New(tt.o)
		got := []string{u.User(0), u.User(1000), u.User(5)}
		if s := u.Stats(); !slices.Equal(got, tt.want) || s.Cut != tt.cut {
			t.Errorf("%+v: names = %q, want %q; %+v", tt.o, got, tt.want, s)
		}
	}
}
