package agent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestD6EveryWrite fills the disk of the state directory so that each page, and then each file, that the agent wants in turn is the one too many, while
// its sink is away. Every second one is killed and started again on the full disk. Nothing is lost, and within seconds of there
// being room, or the sink, all is sent.
func TestD6EveryWrite(t *testing.T) {
	probe := t.TempDir()
	if err := syscall.Mount("tmpfs", probe, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("needs root to mount a small tmpfs: %v", err)
	}
	must(t, syscall.Unmount(probe, 0))
	pages, inodes := 24, 12
	if testing.Short() {
		pages, inodes = 4, 4
	}
	for k := range pages {
		t.Run(fmt.Sprintf("%d pages", k), func(t *testing.T) { t.Parallel(); fullDisk(t, "size=4m", k, fillPages) })
	}
	for k := range inodes {
		t.Run(fmt.Sprintf("%d files", k), func(t *testing.T) { t.Parallel(); fullDisk(t, "size=64m,nr_inodes=64", k, fillInodes) })
	}
}

// fullDisk is one run with room for k more pages, or files.
func fullDisk(t *testing.T, disk string, k int, fill func(t *testing.T, dir string, free int) (room func())) {
	h := newHost(t, "AUDITPY_TEST_OFTEN=1")
	state := filepath.Join(h.dir, "state")
	must(t, os.Mkdir(state, 0o700))
	must(t, syscall.Mount("tmpfs", state, "tmpfs", 0, disk))
	t.Cleanup(func() { syscall.Unmount(state, syscall.MNT_DETACH) })
	kill := h.start()
	h.write(attack(0))
	wait(t, "the first alert", func() bool { return h.count("Program") == 1 })
	must(t, os.Rename(h.dir+"/socket", h.dir+"/away"))
	room := fill(t, state, k)
	for i := range padded {
		h.write(strings.Replace(attack(1+i), "'n0", "'"+strings.Repeat("x", 30_000)+"n0", 1)) // more than the reserve has room for
	}
	still(state)
	if k%2 == 1 {
		kill()
		kill = h.start()
		still(state)
	}
	if k%4 < 2 { // the sink is back before there is room: what is acknowledged makes some
		must(t, os.Rename(h.dir+"/away", h.dir+"/socket"))
		wait(t, "an alert from the full disk", func() bool { return h.count("Program") > 1 })
		room()
	} else {
		room()
		must(t, os.Rename(h.dir+"/away", h.dir+"/socket"))
	}
	begin := time.Now()
	wait(t, "all alerts", func() bool { return h.count("Program") >= 1+padded })
	took := time.Since(begin)
	kill()
	if n := h.count("Program"); n != 1+padded || took > 5*time.Second+slack {
		t.Errorf("%d alerts came, want %d; the last after %v", n, 1+padded, took)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	doubled := 0
	for _, n := range h.came {
		doubled += n - 1
	}
	t.Logf("%d alerts came twice, the last %v after there was room", doubled, took.Round(time.Millisecond))
}

const (
	padded = 16
	slack  = 5 * time.Second // for a machine that does other things too
)

// still waits until nothing in dir has changed for a while.
func still(dir string) {
	for same, last := 0, ""; same < 10; time.Sleep(20 * time.Millisecond) {
		now := ""
		_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if info, ierr := os.Lstat(path); ierr == nil {
				now += fmt.Sprint(path, info.Size(), info.ModTime())
			}
			return nil
		})
		if same++; now != last {
			same, last = 0, now
		}
	}
}

const page = 4096

// fillPages leaves room for free pages.
func fillPages(t *testing.T, dir string, free int) (room func()) {
	t.Helper()
	name := filepath.Join(dir, "filling")
	f, err := os.Create(name)
	must(t, err)
	defer f.Close()
	n := int64(0)
	for b := make([]byte, page); ; n++ {
		if _, err := f.WriteAt(b, n*page); errors.Is(err, syscall.ENOSPC) {
			break
		} else {
			must(t, err)
		}
	}
	must(t, f.Truncate(max(0, n-int64(free))*page))
	return func() { must(t, os.Remove(name)) }
}

// fillInodes leaves room for free files.
func fillInodes(t *testing.T, dir string, free int) (room func()) {
	t.Helper()
	names := []string{}
	for {
		name := filepath.Join(dir, fmt.Sprint("filling", len(names)))
		err := os.WriteFile(name, nil, 0o600)
		if errors.Is(err, syscall.ENOSPC) {
			break
		}
		must(t, err)
		names = append(names, name)
	}
	remove := func(names []string) {
		for _, n := range names {
			must(t, os.Remove(n))
		}
	}
	free = min(free, len(names))
	remove(names[:free])
	return func() { remove(names[free:]) }
}
