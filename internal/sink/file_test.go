package sink

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func fileSink(t *testing.T, o FileOptions) *File {
	t.Helper()
	s := NewFile(o)
	t.Cleanup(func() { s.Close() })
	return s
}

// ids returns the alert ids in files, in order; a line that is no JSON is an error.
func ids(t *testing.T, names ...string) (all []string) {
	t.Helper()
	for _, name := range names {
		b, err := os.ReadFile(name)
		must(t, err)
		for line := range bytes.Lines(b) {
			var doc struct{ Event struct{ ID string } }
			if err := json.Unmarshal(line, &doc); err != nil || !bytes.HasSuffix(line, []byte("\n")) {
				t.Errorf("%s: %q: %v", name, line, err)
			}
			all = append(all, doc.Event.ID)
		}
	}
	return all
}

func wantIDs(t *testing.T, got []string, from, to int) {
	t.Helper()
	var want []string
	for i := from; i < to; i++ {
		want = append(want, fmt.Sprint("n", i))
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got %d alerts %.200q, want %d to %d", len(got), got, from, to)
	}
}

// The file is renamed before it grows beyond the bound, no alert is split, and only so many files stay.
func TestFileRotates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.json")
	s := fileSink(t, FileOptions{Path: path, MaxBytes: 10_000, Keep: 3})
	for i := 0; i < 300; i += 30 {
		sendBatch(t, s, batch(i, i+30))
	}
	names := []string{path + ".3", path + ".2", path + ".1", path}
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || info.Size() > 10_000 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	got := ids(t, names...)
	wantIDs(t, got, 300-len(got), 300)
	if _, err := os.Stat(path + ".4"); err == nil || len(got) < 100 {
		t.Errorf("%d alerts in 4 files; there is a fifth: %v", len(got), err == nil)
	}
}

// A single alert over the bound has a file of its own.
func TestFileLargeAlert(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.json")
	s := fileSink(t, FileOptions{Path: path, MaxBytes: 100})
	sendBatch(t, s, batch(250, 253))
	wantIDs(t, ids(t, path+".2", path+".1", path), 250, 253)
}

// What logrotate does, by rename or by copy and truncate, by create or not, costs no alert.
func TestFileLogrotate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.json")
	s := fileSink(t, FileOptions{Path: path})
	sendBatch(t, s, batch(0, 10))
	must(t, os.Rename(path, path+".a"))
	sendBatch(t, s, batch(10, 20))
	must(t, os.Rename(path, path+".b"))
	must(t, os.WriteFile(path, nil, 0o640))
	sendBatch(t, s, batch(20, 30))
	b, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path+".c", b, 0o600))
	must(t, os.Truncate(path, 0))
	sendBatch(t, s, batch(30, 40))
	wantIDs(t, ids(t, path+".a", path+".b", path+".c", path), 0, 40)
}

// A line that a crash tore is ended; what comes after it is whole.
func TestFileTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.json")
	must(t, os.WriteFile(path, []byte(`{"torn":`), 0o600))
	sendBatch(t, fileSink(t, FileOptions{Path: path}), batch(0, 2))
	b, err := os.ReadFile(path)
	must(t, err)
	torn, rest, _ := bytes.Cut(b, []byte("\n"))
	must(t, os.WriteFile(path, rest, 0o600))
	if wantIDs(t, ids(t, path), 0, 2); string(torn) != `{"torn":` {
		t.Errorf("the torn line is now %q", torn)
	}
}

// On a full disk Send fails and leaves no half line; when there is room it goes on.
func TestFileDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("needs root to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	path, ballast := filepath.Join(dir, "alerts.json"), filepath.Join(dir, "ballast")
	must(t, os.WriteFile(ballast, make([]byte, 48<<10), 0o600))
	s := fileSink(t, FileOptions{Path: path})
	all, sent := batch(0, 300), 0
	for ; sent < len(all); sent++ {
		if n, err := s.Send(t.Context(), all[sent:sent+1]); err != nil {
			if n != 0 {
				t.Errorf("Send = %d, %v", n, err)
			}
			break
		}
	}
	if sent == 0 || sent == len(all) {
		t.Fatalf("%d alerts fit", sent)
	}
	must(t, os.Remove(ballast))
	sendBatch(t, s, all[sent:])
	wantIDs(t, ids(t, path), 0, 300)
}

// H7: what is no safe file is refused, with the reason.
func TestFileUnsafe(t *testing.T) {
	dir := t.TempDir()
	p := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.WriteFile(p("open"), nil, 0o600))
	must(t, os.Chmod(p("open"), 0o662))
	must(t, os.Symlink(p("target"), p("link")))
	must(t, syscall.Mkfifo(p("fifo"), 0o600))
	must(t, os.Mkdir(p("dir"), 0o700))
	must(t, os.WriteFile(p("foreign"), nil, 0o600))
	tests := map[string]string{"open": "mode 0662", "link": "too many levels", "fifo": "not a regular file", "dir": "is a directory", "no/such": "no such file"}
	if os.Geteuid() == 0 {
		must(t, os.Chown(p("foreign"), 12345, 0))
		tests["foreign"] = "belongs to uid 12345"
	}
	for name, want := range tests {
		s := fileSink(t, FileOptions{Path: p(name)})
		if n, err := s.Send(t.Context(), batch(0, 1)); n != 0 || err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), p(name)) {
			t.Errorf("%s: Send = %d, %v, want %q", name, n, err, want)
		}
	}
	if _, err := os.Stat(p("target")); err == nil {
		t.Error("the target of a link was made")
	}
}

func BenchmarkFile(b *testing.B) {
	for _, noSync := range []bool{false, true} {
		b.Run(fmt.Sprint("sync=", !noSync), func(b *testing.B) {
			s := NewFile(FileOptions{Path: filepath.Join(b.TempDir(), "f"), NoSync: noSync, MaxBytes: 16 << 20})
			defer s.Close()
			alerts := batch(0, 64)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Send(b.Context(), alerts); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(64*b.N)/b.Elapsed().Seconds(), "alerts/s")
		})
	}
}
