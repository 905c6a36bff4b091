//go:build e2e

package e2e

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestArgv executes a thousand random command lines a format, and holds auditpy to each byte of them, read from
// the log and from netlink at the same time. AUDITPY_SEED repeats a run.
func TestArgv(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("AUDITPY_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	for _, format := range []string{"RAW", "ENRICHED"} {
		t.Run(format, func(t *testing.T) {
			t.Logf("AUDITPY_SEED=%d", seed)
			dir := t.TempDir()
			log := startAuditd(t, dir, format)
			live, ps := start(t, binary, "events", "netlink:"), programs(t, dir)
			reach(t, live, "argv-begins")
			want := executeAll(t, ps, argvs(rand.New(rand.NewPCG(seed, 0)), 1000))
			reach(t, live, "argv-ends")
			if err := live.stop(t); err != nil {
				t.Errorf("auditpy ended with %v: %s", err, live.stderr)
			}
			logged(t, log, "argv-ends")
			checkArgv(t, "netlink", executions(t, live.stdout.Bytes()), want)
			checkArgv(t, "log", executions(t, eventsOf(t, log)), want)
			checkLogged(t, ps, read(log))
		})
	}
}

// program is executed with some arguments, and may execute the next with them: n times in all.
type program struct {
	path   string
	n      int
	logged string // in the log, if it took the way that it is for
}

// programs are the ways to execute /bin/true: by execve, and where the machine can, by execveat and by the 32-bit ABI.
func programs(t *testing.T, dir string) []program {
	t.Helper()
	all := []program{{"/bin/true", 1, "success=yes"}}
	if runtime.GOARCH != "amd64" {
		return all
	}
	for _, p := range []struct {
		name, logged string
		image        []byte
	}{
		{"execveat", "arch=c000003e syscall=322 success=yes", execveat64("/bin/true")},
		{"i386", "arch=40000003 syscall=11 success=yes", execve32("/bin/true")},
	} {
		path := filepath.Join(dir, p.name)
		writeExecutable(t, path, string(p.image))
		if err := exec.Command(path).Run(); err != nil {
			t.Logf("not tested: %v", err)
			continue
		}
		all = append(all, program{path, 2, p.logged})
	}
	return all
}

// executed is what processes were given, by pid, in the order of their executions.
type executed struct {
	mu    sync.Mutex
	byPID map[int][][]string
}

// executeAll executes all, four at a time.
func executeAll(t *testing.T, ps []program, all [][]string) map[int][][]string {
	t.Helper()
	e := executed{byPID: make(map[int][][]string)}
	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() {
			for i := w; i < len(all); i += 4 {
				e.execute(t, ps[i/4%len(ps)], all[i])
			}
		})
	}
	workers.Wait()
	return e.byPID
}

// execute runs one process to its end. os/exec is not used: it takes no empty argv.
func (e *executed) execute(t *testing.T, p program, argv []string) {
	pid, err := syscall.ForkExec(p.path, argv, &syscall.ProcAttr{})
	if err != nil {
		t.Errorf("execute %s with %d arguments: %v", p.path, len(argv), err)
		return
	}
	if len(argv) == 0 {
		argv = []string{""} // the kernel's doing, since 5.18
	}
	e.mu.Lock()
	for range p.n {
		e.byPID[pid] = append(e.byPID[pid], argv)
	}
	e.mu.Unlock()
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil || status != 0 {
		t.Errorf("%s with %d arguments ended with %v (%v)", p.path, len(argv), status, err)
	}
}

// checkArgv wants each execution once, whole, and the same to the byte.
func checkArgv(t *testing.T, from string, docs []*document, want map[int][][]string) {
	t.Helper()
	got, all, bad := make(map[int][][]string), 0, 0
	for _, d := range docs {
		if want[d.Process.PID] == nil {
			continue
		}
		got[d.Process.PID] = append(got[d.Process.PID], d.args(t))
		if !d.Auditpy.Complete {
			t.Errorf("%s: argv_complete is false for event %d: %.80q", from, d.Auditd.Sequence, d.args(t))
		}
	}
	for pid, argvs := range want {
		all += len(argvs)
		if slices.EqualFunc(got[pid], argvs, slices.Equal) {
			continue
		}
		if bad++; bad <= 20 {
			t.Errorf("%s: pid %d: %s", from, pid, difference(got[pid], argvs))
		}
	}
	t.Logf("%s: %d executions of %d processes, %d processes differ", from, all, len(want), bad)
}

// checkLogged makes sure that what the test is about took place.
func checkLogged(t *testing.T, ps []program, log string) {
	t.Helper()
	parts := []string{`a6_len=7000 a6[0]="y`, "a1_len=262142 ", "argc=5000 "}
	for _, p := range ps {
		parts = append(parts, p.logged)
	}
	for _, part := range parts {
		if !strings.Contains(log, part) {
			t.Errorf("the log has no %q", part)
		}
	}
}
