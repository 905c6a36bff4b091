package confine

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// child is the environment variable that names what the test program is to do in a process of its own: what is given up
// here never comes back.
const child = "AUDITPY_CONFINE_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(child); what != "" {
		if err := children[what](); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var children = map[string]func() error{"harden": harden, "keep": keep, "landlock": landlock}

// inChild runs a part of the test in another process.
func inChild(t *testing.T, what string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), child+"="+what, "AUDITPY_CONFINE_DIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if bytes.Contains(out, []byte(errors.ErrUnsupported.Error())) {
		t.Skipf("%s", out) // the race detector needs cgo; an old kernel has no Landlock
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestHarden(t *testing.T)   { inChild(t, "harden") }
func TestKeep(t *testing.T)     { inChild(t, "keep") }
func TestLandlock(t *testing.T) { inChild(t, "landlock") }

// statuses returns one line of the status of each thread.
func statuses(key string) (values []string, err error) {
	names, err := filepath.Glob("/proc/self/task/*/status")
	for _, n := range names {
		b, rerr := os.ReadFile(n)
		err = errors.Join(err, rerr)
		for l := range strings.Lines(string(b)) {
			if v, ok := strings.CutPrefix(l, key+":"); ok {
				values = append(values, strings.TrimSpace(v))
			}
		}
	}
	return values, err
}

// threads starts some threads and lets them wait.
func threads() (stop func()) {
	done, up := make(chan struct{}), new(sync.WaitGroup)
	for range 4 {
		up.Add(1)
		go func() {
			var p [2]int
			if unix.Pipe2(p[:], unix.O_CLOEXEC) == nil {
				up.Done()
				unix.Read(p[0], make([]byte, 1)) // a thread of its own, for as long as it blocks
			}
			<-done
		}()
	}
	up.Wait()
	return func() { close(done) }
}

func all(key, want string) error {
	values, err := statuses(key)
	if err != nil {
		return err
	}
	if len(values) < 4 {
		return fmt.Errorf("%d threads, want more", len(values))
	}
	for _, v := range values {
		if v != want {
			return fmt.Errorf("%s of the threads: %q, want %q", key, values, want)
		}
	}
	return nil
}

func harden() error {
	defer threads()()
	if err := Harden(); err != nil {
		return err
	}
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil || dumpable != 0 {
		return fmt.Errorf("dumpable %d, %v", dumpable, err)
	}
	return all("NoNewPrivs", "1")
}

func keep() error {
	defer threads()()
	had, err := Effective()
	if err != nil {
		return err
	}
	want := had & Of(unix.CAP_AUDIT_READ, unix.CAP_DAC_READ_SEARCH)
	left, err := Keep(Of(unix.CAP_AUDIT_READ, unix.CAP_DAC_READ_SEARCH))
	if err != nil || left != want {
		return fmt.Errorf("left %x, %v, want %x", left, err, want)
	}
	text := fmt.Sprintf("%016x", uint64(want))
	err = errors.Join(all("CapEff", text), all("CapPrm", text), all("CapAmb", strings.Repeat("0", 16)), all("CapInh", strings.Repeat("0", 16)))
	if had.Has(Of(unix.CAP_SETPCAP)) {
		err = errors.Join(err, all("CapBnd", text))
	}
	return err
}

func landlock() error {
	dir := os.Getenv("AUDITPY_CONFINE_DIR")
	for _, d := range []string{"/r", "/w", "/none"} {
		if err := errors.Join(os.Mkdir(dir+d, 0o755), os.WriteFile(dir+d+"/f", nil, 0o600)); err != nil {
			return err
		}
	}
	if _, err := LandlockVersion(); err != nil {
		return err
	}
	if err := Harden(); err != nil {
		return err
	}
	if err := Landlock(Files{Read: []string{dir + "/r", "/proc"}, Execute: []string{"/usr"}, Write: []string{dir + "/w/later/file"}}); err != nil {
		return err
	}
	stop := threads()
	defer stop()
	return errors.Join(
		may(true, "read", func() error { _, err := os.ReadFile(dir + "/r/f"); return err }),
		may(false, "write what is to be read", func() error { return os.WriteFile(dir+"/r/f", nil, 0o600) }),
		may(true, "write", func() error { return os.WriteFile(dir+"/w/g", nil, 0o600) }),
		may(true, "rename", func() error { return os.Rename(dir+"/w/g", dir+"/w/h") }),
		may(true, "remove", func() error { return os.Remove(dir + "/w/h") }),
		may(false, "read another", func() error { _, err := os.ReadFile(dir + "/none/f"); return err }),
		may(false, "list another", func() error { _, err := os.ReadDir("/etc"); return err }),
		may(false, "execute what is to be written", func() error { return exec.Command(dir + "/w/f").Run() }),
	)
}

func may(want bool, what string, f func() error) error {
	err := f()
	if want && err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if !want && !errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%s: %v, want that it is denied", what, err)
	}
	return nil
}

func TestNearest(t *testing.T) {
	dir := t.TempDir()
	for path, ok := range map[string]bool{dir: true, dir + "/a/b/c": true, "/": true, "/none-of-this": false, "rel/ative": false} {
		fd, err := nearest(path)
		if err == nil {
			unix.Close(fd)
		}
		if (err == nil) != ok {
			t.Errorf("nearest(%q): %v", path, err)
		}
	}
}

func TestHandled(t *testing.T) {
	for version, without := range map[int]uint64{1: refer | truncate | ioctl, 2: truncate | ioctl, 3: ioctl, 4: ioctl, 5: 0, 9: 0} {
		if got := handled(version); got != allRights&^without {
			t.Errorf("handled(%d) = %x", version, got)
		}
	}
}
