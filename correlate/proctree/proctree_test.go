package proctree

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// kernel makes events with growing serials and times, a millisecond apart.
type kernel struct {
	serial uint64
	msec   int64
	node   string
}

const (
	nrExecve  = 59
	nrDup2    = 33
	nrConnect = 42
	nrClone   = 56
	nrVfork   = 58
	nrExit    = 231
)

// call makes an event of a system call on x86-64.
func (k *kernel) call(nr, pid, ppid int, exe, more string) *event.Event {
	k.serial++
	k.msec++
	ev := &event.Event{ID: audit.ID{Node: k.node, Msec: k.msec, Serial: k.serial}}
	body := fmt.Sprintf(`arch=c000003e syscall=%d %s ppid=%d pid=%d auid=4294967295 uid=1001 gid=100 euid=0 egid=50 tty=pts0 ses=4 comm="c" exe=%q`, nr, more, ppid, pid, exe)
	ev.Records = []audit.Record{
		{ID: ev.ID, Type: audit.Syscall, Body: body, Enriched: `AUID="unset" UID="alice" GID="x" EUID="root"`},
		{ID: ev.ID, Type: audit.CWD, Body: `cwd="/srv"`},
	}
	ev.Call = new(audit.Call)
	ev.Call.Parse(body)
	return ev
}

func (k *kernel) exec(pid, ppid int, exe string, args ...string) *event.Event {
	ev := k.call(nrExecve, pid, ppid, exe, "success=yes exit=0")
	ev.Exec = &event.Exec{Args: args, CommandLine: strings.Join(args, " "), Complete: true, Argc: len(args)}
	return ev
}

// other is a system call of no interest.
func (k *kernel) other(pid, ppid int, exe string) *event.Event {
	return k.call(nrDup2, pid, ppid, exe, "success=yes exit=0")
}

func (k *kernel) fork(pid, ppid, child int, exe string) *event.Event {
	return k.call(nrClone, pid, ppid, exe, fmt.Sprintf("success=yes exit=%d a0=1200011", child))
}

func (k *kernel) exit(pid, ppid int, exe string) *event.Event {
	return k.call(nrExit, pid, ppid, exe, "a0=0")
}

// see annotates the events and returns a copy of the last one's process.
func see(tree *Tree, evs ...*event.Event) *event.Process {
	var p *event.Process
	for _, ev := range evs {
		tree.Annotate(ev)
		p = ev.Process.Clone()
	}
	return p
}

func TestExec(t *testing.T) {
	var k kernel
	p := see(New(Options{}), k.exec(10, 5, "/bin/sh", "sh", "-c", "x"))
	if p.PID != 10 || p.PPID != 5 || p.UID != 1001 || p.EUID != 0 || p.GID != 100 || p.EGID != 50 || p.AUID != -1 || p.Session != 4 || p.User != "alice" || p.Group != "x" ||
		p.EffectiveUser != "root" || p.CWD != "/srv" || p.TTY != "pts0" || p.CommandLine != "sh -c x" || p.Source != event.FromExec || p.Image.Serial != 1 {
		t.Errorf("process = %+v", p)
	}
	if p.Parent != nil || p.Previous != nil {
		t.Errorf("parent = %+v, previous %+v, want unknown", p.Parent, p.Previous)
	}
}

func TestParentIsLatestExec(t *testing.T) {
	var k kernel
	tree := New(Options{})
	p := see(tree, k.exec(10, 5, "/bin/env", "env", "sh"), k.exec(10, 5, "/bin/sh", "sh"), k.exec(11, 10, "/bin/ls", "ls"))
	if p.Parent == nil || p.Parent.Exe != "/bin/sh" || p.Parent.Image.Serial != 2 {
		t.Errorf("parent = %+v, want the shell that env became", p.Parent)
	}
	other := k
	other.node = "web"
	if p := see(tree, other.exec(12, 10, "/bin/ls", "ls")); p.Parent != nil {
		t.Errorf("parent = %+v, want unknown: pid 10 is of another node", p.Parent)
	}
	if s := tree.Stats(); s.ParentKnown != 1 || s.ParentUnknown != 3 {
		t.Errorf("stats = %+v", s)
	}
}

func TestExecChain(t *testing.T) {
	var k kernel
	tree := New(Options{})
	a, b := see(tree, k.exec(10, 5, "/bin/env", "env")), see(tree, k.exec(10, 5, "/bin/sh", "sh"))
	c := see(tree, k.exec(10, 1, "/bin/id", "id")) // the parent has ended meanwhile
	if a.EntityID() != b.EntityID() || b.EntityID() != c.EntityID() {
		t.Error("an exec chain in one pid changed its entity id")
	}
	if b.Previous == nil || b.Previous.Exe != "/bin/env" || c.Previous == nil || c.Previous.Exe != "/bin/sh" || c.Previous.Previous != nil {
		t.Errorf("previous = %+v, %+v", b.Previous, c.Previous)
	}
}

// TestChildKeepsItsParent: what the parent execs later is not what forked the child.
func TestChildKeepsItsParent(t *testing.T) {
	var k kernel
	tree := New(Options{})
	see(tree, k.exec(10, 5, "/bin/sh", "sh"), k.exec(11, 10, "/bin/env", "env"), k.exec(10, 5, "/bin/cat", "cat"))
	if p := see(tree, k.exec(11, 10, "/bin/ls", "ls")); p.Parent == nil || p.Parent.Exe != "/bin/sh" {
		t.Errorf("parent = %+v, want the shell", p.Parent)
	}
}

func TestSyscallOfKnownProcess(t *testing.T) {
	var k kernel
	tree := New(Options{})
	exec, connect := see(tree, k.exec(10, 5, "/bin/sh", "sh")), see(tree, k.other(10, 5, "/bin/sh (deleted)"))
	if connect.EntityID() != exec.EntityID() || connect.CommandLine != "sh" {
		t.Errorf("a system call of a known process: process = %+v", connect)
	}
	if p := see(tree, k.other(10, 5, "/bin/other")); p.Source != event.FromSyscall || p.CommandLine != "" || p.Exe != "/bin/other" || p.Image.Serial != 0 {
		t.Errorf("an exec that was not seen: process = %+v", p)
	}
}

func TestNoSyscall(t *testing.T) {
	ev := &event.Event{Records: []audit.Record{{Type: audit.Execve, Body: "argc=0"}}}
	New(Options{}).Annotate(ev)
	if ev.Process != nil {
		t.Errorf("process = %+v without a SYSCALL record", ev.Process)
	}
	New(Options{}).Annotate(&event.Event{}) // all its records were over a bound
}

// TestUserChanges: a daemon that gives up root is the same process, under its new user.
func TestUserChanges(t *testing.T) {
	var k kernel
	tree := New(Options{})
	see(tree, k.exec(10, 5, "/sbin/named", "named", "-u", "bind"))
	ev := k.other(10, 5, "/sbin/named")
	ev.Call.Parse(strings.Replace(ev.Records[0].Body, "uid=1001", "uid=105", 1))
	if p := see(tree, ev); p.CommandLine != "named -u bind" || p.UID != 105 {
		t.Errorf("process = %+v", p)
	}
}

func TestOwnParent(t *testing.T) {
	var k kernel
	tree := New(Options{})
	for range 2 {
		if p := see(tree, k.exec(10, 10, "/bin/sh", "sh")); p.Parent != nil {
			t.Error("a process is its own parent")
		}
	}
}

// TestUserNames: a RAW log has numbers only; a live agent knows names.
func TestUserNames(t *testing.T) {
	tests := []struct {
		enriched string
		user     func(int) string
		want     string
	}{
		{`UID="alice"`, nil, ""}, // no blank before it: not what auditd writes
		{`AUID="bob" UID="alice"`, nil, "alice"},
		{`AUID="bob" UID="unknown(1001)"`, nil, ""},
		{"", nil, ""},
		{"", func(uid int) string { return fmt.Sprint("u", uid) }, "u1001"},
	}
	for _, tt := range tests {
		var k kernel
		ev := k.exec(10, 5, "/bin/sh", "sh")
		ev.Records[0].Enriched = tt.enriched
		if p := see(New(Options{User: tt.user}), ev); p.User != tt.want || p.EffectiveUser != "root" {
			t.Errorf("User of %q = %q, want %q", tt.enriched, p.User, tt.want)
		}
	}
}

func BenchmarkAnnotate(b *testing.B) {
	var k kernel
	tree := New(Options{})
	evs := []*event.Event{k.exec(10, 5, "/bin/bash", "bash"), k.exec(11, 10, "/usr/bin/python3.11", "python3", "-c", "print()")}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		tree.Annotate(evs[i%2])
	}
}
