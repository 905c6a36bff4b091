package proctree

import (
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
)

// held returns the memory that the table and what it holds are charged for, counted anew.
func held(tree *Tree) int {
	seen := make(map[*node]bool)
	bytes := pageSize * len(tree.table.pages)
	var walk func(n *node)
	walk = func(n *node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		bytes += n.bytes
		walk(n.parent)
		walk(n.previous)
	}
	for e := range tree.table.all() {
		walk(e.node)
		walk(tree.shown)
		for _, c := range e.claims {
			walk(c)
		}
	}
	return bytes
}

// TestBytes: whatever is large about processes, their children do not keep it beyond the bound.
func TestBytes(t *testing.T) {
	tree := New(Options{MaxBytes: 1 << 20})
	var k kernel
	for i := range 1000 {
		pid := 2*i + 2
		see(tree, k.exec(pid, 1, "/"+strings.Repeat("x", 3000), make([]string, 1000)...), k.exec(pid+1, pid, "/bin/child", "child"))
		if got := held(tree); i%100 == 0 && (got != tree.bytes || got > 1<<20) {
			t.Fatalf("%d bytes held, %d charged", got, tree.bytes)
		}
	}
}

func TestBounds(t *testing.T) {
	tree := New(Options{Max: 100, MaxBytes: 100 * 1024})
	var k kernel
	for i := range 5000 { // each the parent of the next
		p := see(tree, k.exec(i+2, i+1, "/bin/sh", "sh", strings.Repeat("x", i%40)))
		depth := 0
		for a := p; a != nil; a = a.Parent {
			depth++
		}
		if depth > maxDepth+1 {
			t.Fatalf("a chain of %d ancestors", depth)
		}
		if i > 0 && depth < 2 {
			t.Fatalf("process %d lost its parent", i)
		}
	}
	s := tree.Stats()
	if s.Processes > 100 || s.Bytes > 100*1024 || s.Evicted == 0 || held(tree) != tree.bytes {
		t.Errorf("stats = %+v, held %d", s, held(tree))
	}
}

// TestMillion: a million forks and executions with pids that come back pass through the table, with their parents.
func TestMillion(t *testing.T) {
	million := 1_000_000
	if testing.Short() {
		million = 100_000
	}
	tree := New(Options{})
	var k kernel
	see(tree, k.exec(299, 1, "/bin/make", "make"))
	wrong := 0
	fork, exec := k.fork(299, 1, 300, "/bin/make"), k.exec(300, 299, "/bin/cc", "cc", "-c")
	again := func(ev *event.Event, old, now string) { // as k makes it, without its cost
		k.serial++
		k.msec++
		ev.ID.Msec, ev.ID.Serial = k.msec, k.serial
		ev.Call.Parse(strings.Replace(ev.Records[0].Body, old, now, 1))
	}
	var half runtime.MemStats
	for i, pid := 0, 300; i < million; i++ {
		k.msec += int64(i % 2) // 20,000 a second, with the two of kernel
		number := strconv.Itoa(pid)
		again(fork, "exit=300", "exit="+number)
		again(exec, " pid=300", " pid="+number)
		tree.Annotate(fork)
		tree.Annotate(exec)
		if p := exec.Process.Parent; p == nil || p.PID != 299 || p.CommandLine != "make" {
			wrong++
		}
		if pid++; pid == 32768 {
			pid = 300
		}
		if i == million/2 {
			runtime.GC()
			runtime.ReadMemStats(&half)
		}
	}
	var end runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&end)
	t.Logf("%d of %d executions with another parent than the true one; %+v; heap %d KiB", wrong, million, tree.Stats(), end.HeapAlloc>>10)
	if wrong > million/1000 || end.HeapAlloc > half.HeapAlloc+1<<20 || end.HeapAlloc > 64<<20 {
		t.Errorf("%d wrong, heap %d KiB at half, %d at the end", wrong, half.HeapAlloc>>10, end.HeapAlloc>>10)
	}
	runtime.KeepAlive(tree)
}

// TestEndedProcessIsShown: the table is full, and the process of the event is the first to be evicted.
func TestEndedProcessIsShown(t *testing.T) {
	tree := New(Options{Max: 1})
	var k kernel
	see(tree, k.exec(10, 5, "/bin/bash", "bash"))
	ev := k.exit(10, 5, "/bin/bash")
	tree.Annotate(k.fork(11, 5, 12, "/bin/zsh"))
	tree.Annotate(ev)
	if ev.Process.PID != 10 || ev.Process.Exe != "/bin/bash" {
		t.Errorf("process = %+v", ev.Process)
	}
}
