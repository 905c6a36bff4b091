package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
)

// TestMain fails if a goroutine of a test outlives it.
func TestMain(m *testing.M) {
	child()
	code := m.Run()
	removeCopy()
	left := leaked()
	for deadline := time.Now().Add(5 * time.Second); left != "" && time.Now().Before(deadline); left = leaked() {
		runtime.Gosched()
	}
	if code == 0 && left != "" {
		fmt.Fprintf(os.Stderr, "goroutines outlive the tests:\n%s\n", left)
		code = 1
	}
	os.Exit(code)
}

// leaked returns the stacks of this package's goroutines, but for the one that asks, which is first.
func leaked() string {
	buf := make([]byte, 1<<20)
	stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	return strings.Join(slices.DeleteFunc(stacks[1:], func(s string) bool {
		return !strings.Contains(s, "internal/source.")
	}), "\n\n")
}

// record returns record number i as a line of size bytes (at least), with its newline.
func record(i, size int) string {
	head := fmt.Sprintf("type=CWD msg=audit(%d.%03d:%d): cwd=\"/", 1700000000+i/1000, i%1000, i+1)
	pad := max(size-len(head)-2, 1)
	return head + strings.Repeat("x", pad) + "\"\n"
}

func records(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		b.WriteString(record(i, 150+i*37%250))
	}
	return b.String()
}

// result is what came out of a source: serials less 1, and errors of each kind.
type result struct {
	got   []int
	marks []uint64
	lines []*LineError
	gaps  []*GapError
	other []error
}

func (r *result) add(rec audit.Record, err error) {
	var le *LineError
	var ge *GapError
	switch {
	case err == nil:
		r.got = append(r.got, int(rec.ID.Serial)-1)
		r.marks = append(r.marks, rec.Mark)
	case errors.As(err, &le):
		r.lines = append(r.lines, le)
	case errors.As(err, &ge):
		r.gaps = append(r.gaps, ge)
	default:
		r.other = append(r.other, err)
	}
}

// readAll reads to io.EOF.
func readAll(t *testing.T, s Source) *result {
	t.Helper()
	r := &result{}
	for range 1_000_000 {
		rec, err := s.Next(context.Background())
		if err == io.EOF {
			return r
		}
		r.add(rec, err)
	}
	t.Fatal("no io.EOF after 1,000,000 calls")
	return nil
}

// want checks that exactly the records from to to came, in order, and nothing else.
func (r *result) want(t *testing.T, from, to int) {
	t.Helper()
	for i, n := range r.got {
		if n != from+i {
			t.Fatalf("record %d of %d has number %d, want %d", i, len(r.got), n, from+i)
		}
	}
	if len(r.got) != to-from {
		t.Errorf("got %d records, want %d", len(r.got), to-from)
	}
	for i := 1; i < len(r.marks); i++ {
		if r.marks[i] <= r.marks[i-1] && r.marks[i] != 0 {
			t.Fatalf("mark %d after %d", r.marks[i], r.marks[i-1])
		}
	}
	if len(r.lines)+len(r.gaps)+len(r.other) > 0 {
		t.Errorf("errors: %v %v %v", r.lines, r.gaps, r.other)
	}
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
