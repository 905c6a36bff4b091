package agent

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/auditpy/auditpy/internal/config"
)

// TestRunning: who holds the lock of a state directory is told, and nobody is while nobody does.
func TestRunning(t *testing.T) {
	dir := privateDir(t)
	for _, step := range []struct {
		what string
		want int
	}{{"no lock", 0}, {"locked", os.Getpid()}, {"given back", 0}} {
		if step.what == "locked" {
			lock, err := lockState(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer lock.Close()
			f, err := os.Open(filepath.Join(dir, lockFile))
			if err != nil {
				t.Fatal(err)
			}
			if pid, err := tried(f); pid != os.Getpid() || err != nil {
				t.Errorf("tried: %d, %v", pid, err)
			}
			f.Close()
			if pid, err := Running(dir); pid != step.want || err != nil {
				t.Errorf("%s: %d, %v, want %d", step.what, pid, err, step.want)
			}
			lock.Close()
			continue
		}
		if pid, err := Running(dir); pid != step.want || err != nil {
			t.Errorf("%s: %d, %v, want %d", step.what, pid, err, step.want)
		}
	}
	if pid, err := holder("1: POSIX  ADVISORY  WRITE 7 fe:00:42 0 EOF\n2: FLOCK  ADVISORY  READ 8 fe:00:42 0 EOF\n3: -> FLOCK  ADVISORY  WRITE 9 fe:00:42 0 EOF\n4: FLOCK  ADVISORY  WRITE 10 fe:00:142 0 EOF\n5: FLOCK  ADVISORY  WRITE 11 fe:00:42 0 EOF\n", 42); pid != 11 || err != nil {
		t.Errorf("holder: %d, %v", pid, err)
	}
}

// TestPeers: each sink is told once, under the name that receipts have.
func TestPeers(t *testing.T) {
	cfg := config.Default()
	cfg.Sinks.File.Enabled = true
	cfg.Sinks.Forward = []config.Forward{{Name: "a", Destination: config.Destination{Network: "tcp", Address: "127.0.0.1:1", Protocol: "rfc5424", Facility: "user"}}}
	peers, err := Peers(&cfg)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range peers {
		names = append(names, p.Sink)
		if (p.Probe == nil) != (p.Network == "stdout" || p.Network == "file") {
			t.Errorf("%s: probe %v", p.Sink, p.Probe != nil)
		}
	}
	want := []string{"stdout", "file " + cfg.Sinks.File.Path, "syslog unix /dev/log", "syslog tcp 127.0.0.1:1"}
	for i := range want {
		if i >= len(names) || names[i] != want[i] {
			t.Fatalf("sinks %q, want %q", names, want)
		}
	}
	if err := peers[3].Probe(t.Context()); err == nil {
		t.Error("nobody listens, and the probe connects")
	}
}

func privateDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestRunningAmongLocks: an agent is not missed while other locks come and go: the list is read in pieces, between which it moves.
func TestRunningAmongLocks(t *testing.T) {
	if _, err := os.Stat("/proc/locks"); err != nil {
		t.Skip("no /proc/locks here")
	}
	dir := t.TempDir()
	lock, err := lockState(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() { comeAndGo(t, filepath.Join(dir, strconv.Itoa(i)), stop) })
	}
	for range 1000 {
		if pid, err := Running(dir); pid != os.Getpid() || err != nil {
			t.Errorf("Running: %d, %v; want %d", pid, err, os.Getpid())
			break
		}
	}
	close(stop)
	wg.Wait()
}

// comeAndGo takes and gives back many locks.
func comeAndGo(t *testing.T, name string, stop chan struct{}) {
	files := make([]*os.File, 150)
	for n := 0; ; n++ {
		select {
		case <-stop:
			for _, f := range files {
				_ = f.Close()
			}
			return
		default:
		}
		i := n % len(files)
		_ = files[i].Close()
		f, err := os.Create(name + "." + strconv.Itoa(i))
		if err != nil {
			t.Error(err)
			return
		}
		_ = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		files[i] = f
	}
}
