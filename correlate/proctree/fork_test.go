package proctree

import (
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// TestForkedSubshell: a subshell that never exec-s is a copy of its shell.
func TestForkedSubshell(t *testing.T) {
	var k kernel
	tree := New(Options{})
	see(tree, k.exec(10, 5, "/bin/bash", "bash", "x.sh"), k.fork(10, 5, 11, "/bin/bash"), k.fork(11, 10, 12, "/bin/bash"))
	p := see(tree, k.exec(12, 11, "/bin/ls", "ls"))
	if f := p.Parent; f == nil || f.PID != 11 || f.Source != event.FromFork || f.CommandLine != "bash x.sh" || f.Image.Serial != 1 || f.Parent == nil || f.Parent.PID != 10 {
		t.Errorf("parent = %+v", p.Parent)
	}
	if p.Previous != nil {
		t.Errorf("previous = %+v, but it ran nothing of its own before", p.Previous)
	}
}

// TestVfork: the parent's record comes after the execution of the child.
func TestVfork(t *testing.T) {
	var k kernel
	tree := New(Options{})
	see(tree, k.exec(10, 5, "/bin/bash", "bash"), k.fork(10, 5, 11, "/bin/bash"))
	fork := k.call(nrVfork, 11, 10, "/bin/bash", "success=yes exit=12")
	exec := k.exec(12, 11, "/bin/ls", "ls")
	if p := see(tree, exec, fork, k.other(12, 11, "/bin/ls")); p.Parent == nil || p.Parent.PID != 11 || p.Parent.Image.Serial != 1 {
		t.Errorf("parent = %+v", p.Parent)
	}
}

// TestReparented: the record of the child names init, that of the fork the true parent.
func TestReparented(t *testing.T) {
	var k kernel
	tree := New(Options{})
	see(tree, k.exec(10, 5, "/bin/bash", "bash"), k.fork(10, 5, 11, "/bin/bash"), k.fork(11, 10, 12, "/bin/bash"), k.exit(11, 10, "/bin/bash"))
	p := see(tree, k.exec(12, 1, "/bin/ls", "ls"))
	if p.PPID != 1 || p.Parent == nil || p.Parent.PID != 11 || p.Parent.Image.Serial != 1 {
		t.Errorf("process = %+v, parent %+v", p, p.Parent)
	}
}

// TestThread: a thread is no process, and ends without ending one.
func TestThread(t *testing.T) {
	var k kernel
	tree := New(Options{})
	see(tree, k.exec(10, 5, "/bin/java", "java"), k.call(nrClone, 10, 5, "/bin/java", "success=yes exit=11 a0=3d0f00"))
	if tree.table.count != 1 {
		t.Errorf("%d processes, want 1", tree.table.count)
	}
	see(tree, k.call(60, 10, 5, "/bin/java", "a0=0"))
	k.msec += grace * 2
	if p := see(tree, k.exec(12, 10, "/bin/ls", "ls")); p.Parent == nil || p.Parent.PID != 10 {
		t.Errorf("parent = %+v after the end of a thread", p.Parent)
	}
}

// TestNamespace: what fork returns in a container names another process of the host.
func TestNamespace(t *testing.T) {
	var k kernel
	tree := New(Options{})
	see(tree, k.exec(7, 1, "/sbin/sshd", "sshd"), k.exec(9000, 1, "/bin/bash", "bash"), k.fork(9000, 1, 9001, "/bin/bash"))
	see(tree, k.fork(9001, 9000, 7, "/bin/bash")) // its child is 9002 on the host, and 7 to itself
	see(tree, k.exec(9002, 9001, "/bin/ls", "ls"))
	if p := see(tree, k.other(7, 1, "/sbin/sshd")); p.CommandLine != "sshd" || p.Parent != nil {
		t.Errorf("sshd = %+v", p)
	}
	see(tree, k.fork(9001, 9000, 8, "/bin/bash"))
	if p := see(tree, k.exec(9050, 8, "/bin/id", "id")); p.Parent != nil {
		t.Errorf("parent = %+v, want unknown: the pid is of another namespace", p.Parent)
	}
}

// TestInherited: without fork records a copy shows by what it runs.
func TestInherited(t *testing.T) {
	var k kernel
	tree := New(Options{})
	copied := see(tree, k.exec(10, 5, "/bin/bash", "bash", "x"), k.other(11, 10, "/bin/bash"))
	if copied.Source != event.Inherited || copied.CommandLine != "bash x" || copied.Image.Serial != 1 || len(copied.Args) != 2 {
		t.Errorf("process = %+v", copied)
	}
	if p := see(tree, k.exec(12, 11, "/bin/ls", "ls")); p.Parent == nil || p.Parent.Image.Serial != 1 || p.Parent.Source != event.Inherited {
		t.Errorf("parent = %+v", p.Parent)
	}
	if p := see(tree, k.other(13, 10, "/bin/zsh")); p.Source != event.FromSyscall || p.CommandLine != "" {
		t.Errorf("process = %+v, which runs something else", p)
	}
}

// TestEnded: a process that has ended is nobody's parent, and its pid another's.
func TestEnded(t *testing.T) {
	var k kernel
	tree := New(Options{})
	old := see(tree, k.exec(10, 5, "/bin/bash", "bash"))
	see(tree, k.exit(10, 5, "/bin/bash"))
	if p := see(tree, k.exec(11, 10, "/bin/ls", "ls")); p.Parent == nil {
		t.Error("no parent a moment after its end: its children are given away a little later")
	}
	k.msec += grace
	if p := see(tree, k.exec(12, 10, "/bin/ls", "ls")); p.Parent != nil {
		t.Errorf("parent = %+v, which ended long ago", p.Parent)
	}
	if p := see(tree, k.exec(10, 5, "/bin/bash", "bash")); p.EntityID() == old.EntityID() || p.Previous != nil {
		t.Errorf("process = %+v, want a new one", p)
	}
}

// TestBoot: serials begin anew, and no process is left. A boot that only user space tells of counts after a silence.
func TestBoot(t *testing.T) {
	boot := func(k *kernel) *event.Event {
		k.serial++
		id := audit.ID{Msec: k.msec, Serial: k.serial}
		return &event.Event{ID: id, Records: []audit.Record{{ID: id, Type: audit.SystemBoot}}}
	}
	tests := []struct {
		name   string
		before uint64 // serials of the boot before
		after  kernel // the next record but one
		tell   bool   // SYSTEM_BOOT comes first
		want   uint64
	}{
		{"serials fell", 1_000_000, kernel{msec: 60_000}, false, 1},
		{"short boot", 60, kernel{msec: 60_000}, false, 1},
		{"told, and serials fell", 1_000_000, kernel{msec: 60_000}, true, 1},
		{"told after a silence", 10, kernel{msec: 60_000, serial: 90}, true, 1},
		{"forged", 1000, kernel{msec: 10, serial: 990}, true, 0},
		{"out of order", 1000, kernel{msec: 10, serial: 980}, false, 0},
	}
	for _, tt := range tests {
		tree := New(Options{})
		k := kernel{serial: tt.before}
		see(tree, k.exec(10, 5, "/bin/bash", "bash"))
		if tt.tell {
			tree.Annotate(boot(&tt.after))
		}
		p := see(tree, tt.after.exec(11, 10, "/bin/ls", "ls"))
		if tree.Stats().Boots != tt.want || (p.Parent == nil) != (tt.want > 0) {
			t.Errorf("%s: parent %+v, %d boots, want %d", tt.name, p.Parent, tree.Stats().Boots, tt.want)
		}
	}
}

// TestPidsWrap: once the kernel has given out all pids, one may be another process's.
func TestPidsWrap(t *testing.T) {
	var k kernel
	tree := New(Options{})
	see(tree, k.exec(5000, 7, "/bin/bash", "bash"))
	for pid := 5001; pid < 32768; pid += 500 {
		see(tree, k.exec(pid, 6, "/bin/true", "true"))
	}
	if p := see(tree, k.exec(32700, 5000, "/bin/ls", "ls")); p.Parent == nil {
		t.Error("no parent before its pid can have come back")
	}
	for pid := 300; pid < 6000; pid += 500 {
		k.msec += 1000
		see(tree, k.exec(pid, 6, "/bin/true", "true"))
	}
	if p := see(tree, k.exec(5900, 5000, "/bin/ls", "ls")); p.Parent != nil {
		t.Errorf("parent = %+v, whose pid may be another's", p.Parent)
	}
	if p := see(tree, k.exec(5000, 7, "/bin/id", "id")); p.Previous != nil {
		t.Errorf("previous = %+v, whose pid may be another's", p.Previous)
	}
}
