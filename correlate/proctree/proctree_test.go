package proctree

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

var serial uint64

// syscall makes an event of process pid; args makes it an exec.
func syscall(pid, ppid int, exe string, args ...string) *event.Event {
	serial++
	ev := &event.Event{ID: audit.ID{Msec: int64(serial), Serial: serial}}
	ev.Records = []audit.Record{
		{ID: ev.ID, Type: audit.Syscall, Body: fmt.Sprintf(`success=yes ppid=%d pid=%d auid=4294967295 uid=1001 euid=0 tty=pts0 ses=4 comm="c" exe=%q`, ppid, pid, exe), Enriched: `UID="alice" EUID="root"`},
		{ID: ev.ID, Type: audit.CWD, Body: `cwd="/srv"`},
	}
	if args != nil {
		ev.Exec = &event.Exec{Args: args, CommandLine: strings.Join(args, " "), Complete: true}
	}
	return ev
}

func TestExec(t *testing.T) {
	tree := New(Options{})
	ev := syscall(10, 5, "/bin/sh", "sh", "-c", "x")
	tree.Annotate(ev)
	p := ev.Process
	if p.PID != 10 || p.PPID != 5 || p.UID != 1001 || p.EUID != 0 || p.AUID != -1 || p.Session != 4 || p.User != "alice" ||
		p.EffectiveUser != "root" || p.CWD != "/srv" || p.TTY != "pts0" || p.CommandLine != "sh -c x" || p.Source != event.FromExec {
		t.Errorf("process = %+v", p)
	}
	if p.Parent != nil {
		t.Errorf("parent = %+v, want unknown", p.Parent)
	}
}

func TestParentIsLatestExec(t *testing.T) {
	tree := New(Options{})
	for _, ev := range []*event.Event{syscall(10, 5, "/bin/env", "env", "sh"), syscall(10, 5, "/bin/sh", "sh")} {
		tree.Annotate(ev)
	}
	ev := syscall(11, 10, "/bin/ls", "ls")
	tree.Annotate(ev)
	if p := ev.Process.Parent; p == nil || p.Exe != "/bin/sh" {
		t.Errorf("parent = %+v, want the shell that env became", p)
	}
	other := syscall(12, 10, "/bin/ls", "ls")
	other.ID.Node = "web"
	tree.Annotate(other)
	if p := other.Process.Parent; p != nil {
		t.Errorf("parent = %+v, want unknown: pid 10 is of another node", p)
	}
	if s := tree.Stats(); s.ParentKnown != 1 || s.ParentUnknown != 3 {
		t.Errorf("stats = %+v", s)
	}
}

func TestExecChainKeepsIdentity(t *testing.T) {
	tree := New(Options{})
	a, b, c := syscall(10, 5, "/bin/env", "env"), syscall(10, 5, "/bin/sh", "sh"), syscall(10, 6, "/bin/sh", "sh")
	for _, ev := range []*event.Event{a, b, c} {
		tree.Annotate(ev)
	}
	if a.Process.EntityID != b.Process.EntityID || a.Process.Start != b.Process.Start {
		t.Error("an exec chain in one pid changed its entity id")
	}
	if c.Process.EntityID == b.Process.EntityID {
		t.Error("a pid used again, with another parent, kept its entity id")
	}
}

func TestSyscallOfKnownProcess(t *testing.T) {
	tree := New(Options{})
	exec, connect, reused := syscall(10, 5, "/bin/sh", "sh"), syscall(10, 5, "/bin/sh"), syscall(10, 5, "/bin/other")
	for _, ev := range []*event.Event{exec, connect, reused} {
		tree.Annotate(ev)
	}
	if connect.Process != exec.Process {
		t.Error("a system call of a known process got another process")
	}
	if p := reused.Process; p.Source != event.FromSyscall || p.Args != nil || p.Exe != "/bin/other" {
		t.Errorf("a pid used again: process = %+v", p)
	}
}

func TestNoSyscall(t *testing.T) {
	ev := &event.Event{Records: []audit.Record{{Type: audit.Execve, Body: "argc=0"}}}
	New(Options{}).Annotate(ev)
	if ev.Process != nil {
		t.Errorf("process = %+v without a SYSCALL record", ev.Process)
	}
}

func TestLookup(t *testing.T) {
	asked := 0
	tree := New(Options{Lookup: func(pid int) *event.Process {
		if asked++; pid == 5 {
			return &event.Process{PID: 5, Exe: "/bin/bash", Source: event.FromProc}
		}
		return nil
	}})
	for range 3 {
		ev := syscall(10, 5, "/bin/ls", "ls")
		tree.Annotate(ev)
		if p := ev.Process.Parent; p == nil || p.Source != event.FromProc {
			t.Fatalf("parent = %+v, want that of Lookup", p)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times for one process", asked)
	}
}

// TestLookupOfLaterProcess: the pid was used again since the record was written.
func TestLookupOfLaterProcess(t *testing.T) {
	tree := New(Options{Lookup: func(pid int) *event.Process {
		return &event.Process{PID: pid, Exe: "/bin/bash", Source: event.FromProc, Start: audit.ID{Msec: 1 << 40}}
	}})
	ev := syscall(10, 5, "/bin/ls", "ls")
	tree.Annotate(ev)
	if ev.Process.Parent != nil {
		t.Errorf("parent = %+v, which started after its child", ev.Process.Parent)
	}
}

// TestDaemon: a daemon older than the agent connects, and is then a parent; its command line is asked for.
func TestDaemon(t *testing.T) {
	tree := New(Options{Lookup: func(pid int) *event.Process {
		return &event.Process{PID: pid, Exe: "/bin/gunicorn", CommandLine: "gunicorn app:app", Source: event.FromProc}
	}})
	tree.Annotate(syscall(5, 1, "/bin/gunicorn"))
	ev := syscall(10, 5, "/bin/sh", "sh")
	tree.Annotate(ev)
	if p := ev.Process.Parent; p == nil || p.CommandLine != "gunicorn app:app" {
		t.Errorf("parent = %+v", p)
	}
}

// TestUserChanges: a daemon that gives up root is the same process, under its new user.
func TestUserChanges(t *testing.T) {
	tree := New(Options{})
	tree.Annotate(syscall(10, 5, "/sbin/named", "named", "-u", "bind"))
	ev := syscall(10, 5, "/sbin/named")
	ev.Records[0].Body = strings.Replace(ev.Records[0].Body, "uid=1001", "uid=105", 1)
	tree.Annotate(ev)
	if p := ev.Process; p.CommandLine != "named -u bind" || p.UID != 105 {
		t.Errorf("process = %+v", p)
	}
}

// TestBytes: whatever is large about processes, their children do not keep it beyond the bound.
func TestBytes(t *testing.T) {
	tree := New(Options{MaxBytes: 1 << 20})
	for i := range 1000 {
		ev := syscall(2*i+2, 1, "/"+strings.Repeat("x", 3000), make([]string, 1000)...)
		tree.Annotate(ev)
		tree.Annotate(syscall(2*i+3, 2*i+2, "/bin/child"))
	}
	held := make(map[*event.Process]bool)
	bytes := 0
	for _, e := range tree.procs {
		for p := e.proc; p != nil && !held[p]; p = p.Parent {
			held[p] = true
			bytes += own(p)
		}
	}
	if bytes > 1<<20 {
		t.Errorf("%d bytes held", bytes)
	}
}

func TestBounds(t *testing.T) {
	tree := New(Options{Max: 100, MaxBytes: 2000})
	for i := range 5000 { // each the parent of the next
		ev := syscall(i+2, i+1, "/bin/sh", "sh", strings.Repeat("x", i%40))
		tree.Annotate(ev)
		depth := 0
		for p := ev.Process; p != nil; p = p.Parent {
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
	if s.Processes > 100 || tree.bytes > 2000 || s.Evicted == 0 {
		t.Errorf("stats = %+v, bytes %d", s, tree.bytes)
	}
}

func TestOwnParent(t *testing.T) {
	tree := New(Options{})
	for range 2 {
		ev := syscall(10, 10, "/bin/sh", "sh")
		tree.Annotate(ev)
		if ev.Process.Parent != nil {
			t.Error("a process is its own parent")
		}
	}
}

func BenchmarkAnnotate(b *testing.B) {
	tree := New(Options{})
	ev := syscall(10, 5, "/usr/bin/python3.11", "python3", "-c", "print()")
	b.ReportAllocs()
	for b.Loop() {
		tree.Annotate(ev)
	}
}
