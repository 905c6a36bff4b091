package proctree

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// FuzzTree holds a Tree to its book-keeping, whatever a log says and in whatever order of time: each node is held as
// often as it counts, memory is charged once, ancestors end, and no string is of memory that was given back.
func FuzzTree(f *testing.F) {
	f.Add([]byte{0x31, 0x22, 0x05, 0x31, 0x22, 0x02, 0x13, 0x22, 0x44}, uint8(0))
	f.Add([]byte("a process that forks its own parent"), uint8(1))
	f.Add([]byte{0x31, 0, 0, 0x31, 0x12, 0x33, 0x21, 0x10, 0x20, 0x31, 0x21, 0x33}, uint8(3))
	f.Fuzz(func(t *testing.T, ops []byte, how uint8) {
		if len(ops) > 1500 {
			return
		}
		o := Options{}
		if how&1 != 0 {
			o.Max, o.MaxBytes = 1+int(how>>4), 8000
		}
		if how&2 != 0 {
			o.Proc = proc(running(3, 2, "/bin/a", "a", "b"), running(5, 3, "/bin/b", "b"), running(7, 1, "/bin/a", "a", "b"))
		}
		tree := New(o)
		k := kernel{msec: 100_000}
		for ; len(ops) >= 3; ops = ops[3:] {
			ev := k.random(ops)
			tree.Annotate(ev)
			check(t, tree)
			whole(t, ev.Process)
		}
	})
}

// random makes an event of three bytes: what it is and when, of whom, and of what.
func (k *kernel) random(b []byte) *event.Event {
	k.msec += int64(b[0]>>4) - 3 // time may go back
	if b[0] == 0xff {
		k.serial, k.msec = 0, k.msec+20_000
	}
	pid, ppid, child := 1+int(b[1]%12), 1+int(b[1]/12%12), 1+int(b[2]%12)
	exe := [...]string{"/bin/a", "/bin/b"}[b[2]>>7]
	switch b[0] % 8 {
	case 0:
		args := strings.SplitAfter(strings.Repeat("y", int(b[2])), "yyyyyyy")
		ev := k.exec(pid, ppid, exe, args...)
		return ev
	case 1:
		return k.other(pid, ppid, exe)
	case 2:
		return k.call(nrClone, pid, ppid, exe, fmt.Sprintf("success=yes exit=%d a0=8011", child))
	case 3:
		return k.exit(pid, ppid, exe)
	case 6:
		ev := k.call(nrConnect, pid, ppid, exe, fmt.Sprintf("success=yes exit=0 a0=%x", b[2]%8))
		ev.Records = append(ev.Records, audit.Record{ID: ev.ID, Type: audit.Sockaddr, Body: fmt.Sprintf("saddr=0200%04XC0000207", b[2])})
		return ev
	case 7:
		return k.call(nrDup2, pid, ppid, exe, fmt.Sprintf("success=yes exit=0 a0=%x a1=%x", b[2]%8, b[2]/8%4))
	}
	return k.fork(pid, ppid, child, exe)
}

// check counts anew what the tree keeps count of.
func check(t *testing.T, tree *Tree) {
	t.Helper()
	holds := make(map[*node]int)
	var hold func(n *node)
	hold = func(n *node) {
		if n == nil {
			return
		}
		if holds[n]++; holds[n] == 1 {
			hold(n.parent)
			hold(n.previous)
		}
	}
	for e := range tree.table.all() {
		hold(e.node)
		for _, c := range e.claims {
			hold(c)
		}
	}
	hold(tree.shown)
	bytes := pageSize * len(tree.table.pages)
	lives := make(map[*life]int)
	open := make(map[*descriptors]bool)
	for n, held := range holds {
		if n.refs != held {
			t.Fatalf("pid %d is held %d times and counts %d", n.proc.PID, held, n.refs)
		}
		bytes += n.bytes
		if n.open != nil && (open[n.open] || n.proc.Streams != &n.open.Streams) || n.open == nil && n.proc.Streams != nil {
			t.Fatalf("pid %d has descriptors that are another's", n.proc.PID)
		}
		open[n.open] = true
		lives[n.life]++
		ancestors := 0
		for a := n.parent; a != nil; a = a.parent {
			if ancestors++; ancestors > maxDepth {
				t.Fatalf("pid %d has over %d ancestors", n.proc.PID, maxDepth)
			}
		}
	}
	for _, d := range tree.closed {
		if open[d] || *d != (descriptors{}) {
			t.Fatal("descriptors that are free are in use")
		}
	}
	for l, held := range lives {
		if l.refs != held {
			t.Fatalf("a life is held %d times and counts %d", held, l.refs)
		}
	}
	if bytes != tree.bytes {
		t.Fatalf("%d bytes held, %d charged", bytes, tree.bytes)
	}
	for _, n := range tree.free {
		if holds[n] != 0 {
			t.Fatalf("pid %d is held and free", n.proc.PID)
		}
	}
}

// whole reports strings of memory that was given back, and arguments that are not those of the command line.
func whole(t *testing.T, p *event.Process) {
	t.Helper()
	for ; p != nil; p = p.Parent {
		if text := p.Exe + p.CommandLine + p.CWD + p.TTY + p.Comm; strings.IndexByte(text, 0xdb) >= 0 {
			t.Fatalf("pid %d has text of memory given back: %q", p.PID, text)
		}
		if len(p.Args) > 0 && p.CommandLine != strings.Join(p.Args, " ") {
			t.Fatalf("pid %d: arguments %q of %q", p.PID, p.Args, p.CommandLine)
		}
		if q := p.Previous; q != nil && q.Previous != nil {
			t.Fatalf("pid %d keeps all that it ever ran", p.PID)
		}
	}
}

// TestOwnAncestor: a log says that a process forked its own grandparent.
func TestOwnAncestor(t *testing.T) {
	tree := New(Options{})
	k := kernel{msec: 1000}
	see(tree, k.exec(100, 200, "/bin/a", "a"), k.fork(100, 200, 200, "/bin/a"), k.exec(200, 100, "/bin/b", "b"))
	k.msec = 900
	tree.Annotate(k.fork(200, 100, 100, "/bin/b"))
	check(t, tree)
}

// TestAbend: a process that a signal ended is nobody's parent, and its pid another's.
func TestAbend(t *testing.T) {
	tree := New(Options{})
	var k kernel
	see(tree, k.exec(10, 5, "/bin/bash", "bash"))
	abended := func(pid string) {
		k.serial++
		k.msec++
		id := audit.ID{Msec: k.msec, Serial: k.serial}
		tree.Annotate(&event.Event{ID: id, Records: []audit.Record{{ID: id, Type: abend, Body: "auid=1 pid=" + pid + " comm=\"x\" sig=11"}}})
	}
	for _, pid := range []string{"4294967306", "-1", "x", "11"} { // of nobody: the first is 10 in 32 bits
		abended(pid)
	}
	if p := see(tree, k.other(10, 5, "/bin/bash")); p.CommandLine != "bash" {
		t.Errorf("process = %+v after the end of others", p)
	}
	abended("10")
	k.msec += grace + 1
	if p := see(tree, k.exec(11, 10, "/bin/ls", "ls")); p.Parent != nil {
		t.Errorf("parent = %+v, which a signal ended", p.Parent)
	}
}

// TestCloneParent: CLONE_PARENT makes the child of another.
func TestCloneParent(t *testing.T) {
	tree := New(Options{})
	var k kernel
	see(tree, k.exec(10, 5, "/bin/bash", "bash"), k.fork(10, 5, 11, "/bin/bash"), k.exec(11, 10, "/bin/b", "b"))
	see(tree, k.call(nrClone, 11, 10, "/bin/b", "success=yes exit=12 a0=8011"))
	if p := see(tree, k.exec(12, 10, "/bin/ls", "ls")); p.Parent == nil || p.Parent.PID != 11 || p.Parent.Exe != "/bin/b" {
		t.Errorf("parent = %+v, want the forker", p.Parent)
	}
}

// TestDoubt: two processes that have ended forked the pid, as they saw it, and ran different things.
func TestDoubt(t *testing.T) {
	tree := New(Options{})
	var k kernel
	for pid, exe := range map[int]string{20: "/bin/a", 30: "/bin/b"} {
		see(tree, k.exec(pid, 1, exe, exe), k.fork(pid, 1, 40, exe), k.exit(pid, 1, exe))
	}
	if p := see(tree, k.exec(40, 1, "/bin/ls", "ls")); p.Parent != nil {
		t.Errorf("parent = %+v, want unknown", p.Parent)
	}
	// The same with what the reaper runs: forks of what has ended wait for their processes.
	see(tree, k.exec(50, 1, "/bin/sh", "sh"), k.fork(50, 1, 51, "/bin/sh"), k.exec(51, 50, "/bin/c", "c"), k.fork(51, 50, 99, "/bin/c"), k.exit(51, 50, "/bin/c"))
	if p := see(tree, k.exec(52, 50, "/bin/ls", "ls")); p.Parent != nil {
		t.Errorf("parent = %+v, but it may have been %s", p.Parent, "/bin/c")
	}
	k.msec += forget + 1
	if p := see(tree, k.exec(53, 50, "/bin/ls", "ls")); p.Parent == nil || p.Parent.Exe != "/bin/sh" {
		t.Errorf("parent = %+v long after", p.Parent)
	}
}
