package procfs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/event"
)

func TestSelf(t *testing.T) {
	p := New("/proc").Process(os.Getpid())
	if p == nil {
		t.Fatal("no process for the test itself")
	}
	exe, _ := os.Executable()
	wd, _ := os.Getwd()
	if p.PID != os.Getpid() || p.PPID != os.Getppid() || p.Exe != exe || p.CWD != wd || !slices.Equal(p.Args, os.Args) ||
		time.Since(time.UnixMilli(p.Start.Msec)).Abs() > time.Minute || p.UID != os.Geteuid() || p.Source != event.FromProc || p.Ticks == 0 || p.Boot == "" {
		t.Errorf("process = %+v", p)
	}
}

func TestNone(t *testing.T) {
	if p := New("/proc").Process(1 << 30); p != nil {
		t.Errorf("process = %+v for a pid that cannot be", p)
	}
}

func TestStat(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "7")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rest := strings.Repeat(" 0", 17)
	for _, tt := range []struct {
		stat string
		comm string // "": no process
	}{
		{"7 (a) b (c)) S 5" + rest + " 99 0", "a) b (c)"},
		{"7 (sh) S 5", ""},
		{"7 sh S 5" + rest + " 99", ""},
		{"7 (sh) S x" + rest + " 99", ""},
	} {
		write("stat", tt.stat)
		write("cmdline", "sh\x00\x00-c\x00")
		p := New(root).Process(7)
		if (p == nil) != (tt.comm == "") {
			t.Errorf("stat %q: process = %+v", tt.stat, p)
			continue
		}
		if p != nil && (p.Comm != tt.comm || p.PPID != 5 || !slices.Equal(p.Args, []string{"sh", "", "-c"})) {
			t.Errorf("stat %q: process = %+v", tt.stat, p)
		}
	}
}

// TestLongCommandLine: one that a process wrote itself has no bound.
func TestLongCommandLine(t *testing.T) {
	name := filepath.Join(t.TempDir(), "cmdline")
	if err := os.WriteFile(name, make([]byte, 4*maxCommandLine), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := readCommandLine(name); err != nil || len(b) != maxCommandLine+1 {
		t.Errorf("read %d bytes, %v, want %d", len(b), err, maxCommandLine+1)
	}
}
