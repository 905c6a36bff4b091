//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// trace is a tracing instance of the test's own: the scheduler's account of forks and executions, which knows
// nothing of audit.
type trace struct{ dir string }

const tracefs = "/sys/kernel/tracing"

// startTrace begins to trace; the instance is gone when the test ends.
func startTrace(t *testing.T) trace {
	t.Helper()
	if _, err := os.Stat(tracefs + "/instances"); err != nil {
		if err := syscall.Mount("tracefs", tracefs, "tracefs", 0, ""); err != nil {
			t.Skipf("no truth without the scheduler's tracepoints: mount %s: %v", tracefs, err)
		}
		t.Cleanup(func() { syscall.Unmount(tracefs, 0) })
	}
	tr := trace{tracefs + "/instances/auditpy-e2e"}
	os.Remove(tr.dir) // of a test that was killed
	if err := os.Mkdir(tr.dir, 0o700); err != nil {
		t.Skipf("no truth without the scheduler's tracepoints: %v", err)
	}
	t.Cleanup(func() { tr.stop(); os.Remove(tr.dir) })
	tr.set(t, "buffer_size_kb", "16384")
	tr.set(t, "trace_clock", "mono")
	for _, name := range traced {
		tr.set(t, "events/sched/"+name+"/enable", "1")
	}
	return tr
}

var traced = []string{"sched_process_fork", "sched_process_exec"}

func (tr trace) set(t *testing.T, name, value string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(tr.dir, name), []byte(value), 0); err != nil {
		t.Fatal(err)
	}
}

func (tr trace) stop() { _ = os.WriteFile(filepath.Join(tr.dir, "tracing_on"), []byte("0"), 0) }

// Lines of the trace. A name in them may hold anything, so the numbers are taken from the end. A new thread
// is a fork too, and its number is a child's like any other; a thread that executes has its own as old_pid.
var (
	forkLine = regexp.MustCompile(` (\d+\.\d+): sched_process_fork: .* pid=(\d+) child_comm=.* child_pid=(\d+)$`)
	execLine = regexp.MustCompile(` (\d+\.\d+): sched_process_exec: filename=(.*) pid=(\d+) old_pid=\d+$`)
	lostLine = regexp.MustCompile(`entries-in-buffer/entries-written: (\d+)/(\d+)`)
)

// task is a process or a thread.
type task struct {
	pid    int
	born   string     // when
	forker *task      // nil: before the trace began
	at     *execution // what forker ran then; nil: it had only been forked
	runs   *execution // its latest; nil: it was only forked
	ours   bool       // root or a descendant
}

// execution is one successful execve, as the scheduler saw it.
type execution struct {
	task     *task
	pid      int
	when     string
	file     string
	replaces *execution
	doc      *document // what auditpy says of it
}

// from is the execution whose fork made the task, over forked children that executed nothing.
func (k *task) from() *execution {
	for ; k != nil; k = k.forker {
		if k.at != nil {
			return k.at
		}
	}
	return nil
}

// chain is the way to from, for people.
func (e *execution) chain() string {
	b := fmt.Sprintf("%s pid %d executed %s", e.when, e.pid, e.file)
	for k := e.task; k != nil && k.forker != nil; k = k.forker {
		b += fmt.Sprintf("\n\t%s %d was forked by %d", k.born, k.pid, k.forker.pid)
		if k.at != nil {
			return b + fmt.Sprintf(", which ran %s (serial %d) since %s", k.at.file, k.at.serial(), k.at.when)
		}
	}
	return b
}

func (e *execution) serial() uint64 {
	if e == nil || e.doc == nil {
		return 0
	}
	return e.doc.Auditd.Sequence
}

// lane is the program that root started and e descends from.
func (e *execution) lane() string {
	for from := e.task.from(); from != nil && from.task.from() != nil; from = e.task.from() {
		e = from
	}
	for e.replaces != nil {
		e = e.replaces
	}
	return filepath.Base(e.file)
}

// truth is what the scheduler did.
type truth struct {
	byPID  map[int][]*execution // in their order
	reused int                  // numbers of our processes that were given again
}

// read returns what was traced, with root and its descendants marked as ours.
func (tr trace) read(t *testing.T, root int) truth {
	t.Helper()
	tr.stop()
	text := read(filepath.Join(tr.dir, "trace"))
	if m := lostLine.FindStringSubmatch(text); m == nil || m[1] != m[2] {
		t.Fatalf("the trace is not whole: %q", m)
	}
	tasks, all := map[int]*task{}, truth{byPID: map[int][]*execution{}}
	get := func(number string) *task {
		pid, _ := strconv.Atoi(number)
		if tasks[pid] == nil {
			tasks[pid] = &task{pid: pid}
		}
		return tasks[pid]
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if m := forkLine.FindStringSubmatch(line); m != nil {
			k, old := get(m[2]), get(m[3])
			if old.ours {
				all.reused++
			}
			tasks[old.pid] = &task{pid: old.pid, born: m[1], forker: k, at: k.runs, ours: k.ours || old.pid == root}
		} else if m := execLine.FindStringSubmatch(line); m != nil {
			k := get(m[3])
			k.runs = &execution{task: k, pid: k.pid, when: m[1], file: m[2], replaces: k.runs}
			all.byPID[k.pid] = append(all.byPID[k.pid], k.runs)
		}
	}
	return all
}
