package names

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const (
	users  = "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/sh\n"
	groups = "root:x:0:\nwheel:x:10:alice,bob\n"
)

// host makes a directory in place of /, with these files in etc.
func host(t testing.TB, passwd, group string) string {
	t.Helper()
	root := t.TempDir()
	write(t, root, "passwd", passwd)
	write(t, root, "group", group)
	return root
}

func write(t testing.TB, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, "etc", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestNames(t *testing.T) {
	u := New(Options{Root: host(t, users, groups)})
	for _, tt := range []struct {
		id          int
		user, group string
	}{
		{id: 0, user: "root", group: "root"},
		{id: 10, group: "wheel"},
		{id: 1000, user: "alice"},
		{id: 100},
		{id: -1},
		{id: math.MinInt},
		{id: math.MaxUint32},
		{id: math.MaxUint32 + 1}, // not 0
		{id: math.MaxUint32 + 1001},
	} {
		if got := u.User(tt.id); got != tt.user {
			t.Errorf("User(%d) = %q, want %q", tt.id, got, tt.user)
		}
		if got := u.Group(tt.id); got != tt.group {
			t.Errorf("Group(%d) = %q, want %q", tt.id, got, tt.group)
		}
	}
	if s := u.Stats(); s.Reads != 2 || s.Waited != 0 { // no getent below this root: nobody to wait for
		t.Errorf("Stats() = %+v", s)
	}
}

func TestNoFiles(t *testing.T) {
	u := New(Options{Root: t.TempDir()})
	if got := u.User(0); got != "" {
		t.Errorf("User(0) = %q without a file", got)
	}
	if s := u.Stats(); s.Unread != 2 || s.Err == nil {
		t.Errorf("Stats() = %+v", s)
	}
}

// TestConcurrent is for the race detector: one reader, files that change, and a name service.
func TestConcurrent(t *testing.T) {
	root := host(t, users, groups)
	u := New(Options{
		Root: root, Recheck: 1, Pause: 1, Positive: 10, Negative: 10,
		Lookup: func(_ context.Context, _ string, id uint32) (string, error) {
			return []string{"", "carol"}[id%2], nil
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = u.Run(ctx) })
	for i := range 20_000 {
		if i%1000 == 0 {
			write(t, root, "passwd", strings.Repeat("\n", i/1000)+users)
		}
		if got := u.User(2001 + i%8); got != "" && (got != "carol" || i%2 == 1) {
			t.Fatalf("User(%d) = %q", 2001+i%8, got)
		}
		u.Stats()
	}
	cancel()
	wg.Wait()
}

// flood asks for ids that nobody knows.
func flood(u *Users) func() {
	id := 100_000
	return func() {
		u.User(id)
		id++
	}
}

func TestNoAllocation(t *testing.T) {
	u := New(Options{Root: host(t, users, groups), Lookup: nobody})
	u.put(query{passwd, 5000}, answer{name: "carol"})
	u.put(query{passwd, 5001}, answer{name: "dave", due: true})
	for what, f := range map[string]func(){
		"in the file":  func() { u.User(1000) },
		"an answer":    func() { u.User(5000) },
		"a due answer": func() { u.User(5001) },
		"not known":    flood(u),
	} {
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s: %v allocations in a call of User", what, n)
		}
	}
}

func nobody(context.Context, string, uint32) (string, error) { return "", nil }

func BenchmarkUser(b *testing.B) {
	var file strings.Builder
	for id := range 1000 {
		fmt.Fprintf(&file, "user%d:x:%d:%[2]d::/:/bin/sh\n", id, 2000+id)
	}
	u := New(Options{Root: host(b, users+file.String(), groups), Lookup: nobody})
	for id := range uint32(1000) {
		u.put(query{passwd, 5000 + id}, answer{name: "carol"})
	}
	for name, f := range map[string]func(){
		"file": func() { u.User(1000) }, "answer": func() { u.User(5500) }, "unknown": flood(u),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}
