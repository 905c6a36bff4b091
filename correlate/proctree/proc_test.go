package proctree

import (
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// fakeProc is a /proc of the processes in it.
type fakeProc struct {
	procs map[int]*event.Process
	asked int
}

func (f *fakeProc) Process(pid int) *event.Process { f.asked++; return f.procs[pid] }
func (f *fakeProc) Boot() string                   { return "b1" }
func (f *fakeProc) Start(pid int) (ticks, msec int64) {
	if p := f.procs[pid]; p != nil {
		return p.Ticks, p.Start.Msec
	}
	return 0, 0
}

func running(pid, ppid int, exe string, args ...string) *event.Process {
	return &event.Process{PID: pid, PPID: ppid, Exe: exe, Args: args, CommandLine: strings.Join(args, " "), ArgsWhole: true, Source: event.FromProc, Ticks: int64(pid), Start: audit.ID{Msec: 1}}
}

func proc(ps ...*event.Process) *fakeProc {
	f := &fakeProc{procs: make(map[int]*event.Process)}
	for _, p := range ps {
		f.procs[p.PID] = p
	}
	return f
}

func TestLookup(t *testing.T) {
	f := proc(running(5, 1, "/bin/bash", "bash"))
	tree := New(Options{Proc: f})
	var k kernel
	for pid := range 3 {
		if p := see(tree, k.exec(10+pid, 5, "/bin/ls", "ls")); p.Parent == nil || p.Parent.Source != event.FromProc || p.Parent.Exe != "/bin/bash" {
			t.Fatalf("parent = %+v, want that of /proc", p.Parent)
		}
	}
	if f.asked != 1 {
		t.Errorf("asked %d times for one process", f.asked)
	}
	k.node = "web"
	if p := see(tree, k.exec(10, 5, "/bin/ls", "ls")); p.Parent != nil {
		t.Errorf("parent = %+v, of another host", p.Parent)
	}
}

// TestLookupOfLaterProcess: the pid was used again since the record was written.
func TestLookupOfLaterProcess(t *testing.T) {
	later := running(5, 1, "/bin/bash", "bash")
	later.Start.Msec = 1 << 40
	var k kernel
	if p := see(New(Options{Proc: proc(later)}), k.exec(10, 5, "/bin/ls", "ls")); p.Parent != nil {
		t.Errorf("parent = %+v, which started after its child", p.Parent)
	}
}

// TestForkedCopyInProc: a subshell whose fork nobody recorded runs the execution of its parent.
func TestForkedCopyInProc(t *testing.T) {
	var k kernel
	tree := New(Options{Proc: proc(running(11, 10, "/bin/bash", "bash", "x"))})
	see(tree, k.exec(10, 5, "/bin/bash", "bash", "x"))
	if p := see(tree, k.exec(12, 11, "/bin/ls", "ls")); p.Parent == nil || p.Parent.Source != event.FromProc || p.Parent.Image.Serial != 1 {
		t.Errorf("parent = %+v", p.Parent)
	}
}

// TestDaemon: a daemon older than the agent connects, and is then a parent; its command line is asked for.
func TestDaemon(t *testing.T) {
	var k kernel
	tree := New(Options{Proc: proc(running(5, 1, "/bin/gunicorn", "gunicorn", "app:app"))})
	see(tree, k.other(5, 1, "/bin/gunicorn"))
	if p := see(tree, k.exec(10, 5, "/bin/sh", "sh")); p.Parent == nil || p.Parent.CommandLine != "gunicorn app:app" {
		t.Errorf("parent = %+v", p.Parent)
	}
}

// TestRestart: a process that lives through a restart of the agent keeps its entity id.
func TestRestart(t *testing.T) {
	var k kernel
	f := proc(running(10, 5, "/bin/bash", "bash"), running(11, 10, "/bin/cat", "cat"))
	before := see(New(Options{Proc: f}), k.exec(10, 5, "/bin/bash", "bash"))
	tree := New(Options{Proc: f})
	tree.Seed([]*event.Process{f.procs[11], f.procs[10]})
	child := see(tree, k.exec(12, 10, "/bin/ls", "ls"))
	after := see(tree, k.other(10, 5, "/bin/bash"))
	if before.EntityID() != after.EntityID() || child.Parent == nil || child.Parent.EntityID() != before.EntityID() {
		t.Errorf("entity id %s, then %s, as a parent %+v", before.EntityID(), after.EntityID(), child.Parent)
	}
}
