package proctree

import (
	"strconv"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// current returns the process that made the call, as the table knows it; nil if it is a new one. That is the question
// of whether a pid is still the same process: see still.
func (t *Tree) current(x *call) *node {
	e := t.get(x.key())
	if e == nil {
		return nil
	}
	if t.claimed(x, e) {
		t.adopt(e)
		t.start(x.host, e.node, x.ev.ID.Msec)
		x.host.fresh(x.pid)
		return e.node
	}
	if e.node != nil && x.still(e.node) {
		return e.node
	}
	if e.node != nil {
		t.stats.Reused++
	}
	return nil
}

// claimed reports whether the caller is the process that a fork was said to have made. The parent's pid proves it. If
// that is another the parent may have ended, or the claim may come from another pid namespace and mean another
// process.
func (t *Tree) claimed(x *call, e *entry) bool {
	c := e.claim
	switch {
	case c == nil:
		return false
	case c.proc.PPID == x.ppid:
		c.parent.trust = proven
		return true
	case e.node != nil && e.node.proc.PPID == x.ppid && x.still(e.node):
	case x.host.trusts(c):
		return true
	}
	t.replace(&e.claim, nil)
	return false
}

// adopt makes the claim the process of its pid.
func (t *Tree) adopt(e *entry) {
	n := e.claim
	e.claim = nil
	if n.parent.trust > 0 && n.trust == untold {
		n.trust = likely
	}
	t.replace(&e.node, n)
}

// trusts reports whether a claim can be believed without the word of the process itself: its parent's pids are
// those of the host, and the pid is one that the host gives out now.
func (h *host) trusts(claim *node) bool {
	switch claim.parent.trust {
	case foreign:
		return false
	case untold:
		return h.isNear(claim.proc.PID, 256)
	}
	return h.isNear(claim.proc.PID, 2*near)
}

// How long a process may have been silent, in milliseconds of event time, and still be thought the same.
const (
	briefly = 1_000   // its pid may have been given out again: it takes over a second to use all up
	recent  = 10_000  // it has another parent now
	lately  = 600_000 // its parent is init now
	grace   = 5_000   // its end was recorded: it is some time before the kernel gives its children to another
)

// still reports whether the caller is the process n, of the same pid.
func (x *call) still(n *node) bool {
	now := x.ev.ID.Msec
	silent := now - n.seen
	switch {
	case n.exited != 0:
		return now <= n.exited
	case x.host.passed(x.pid, n.evidence):
		return n.proc.PPID == x.ppid && silent <= briefly
	case n.proc.PPID == x.ppid:
		return true
	}
	return silent <= recent || x.ppid == 1 && silent <= lately
}

// effects records what the call did: a fork or an end.
func (t *Tree) effects(x *call, n *node) {
	c := x.ev.Call
	switch c.Name() {
	case "clone", "clone3", "fork", "vfork":
		if c.Success() && c.Exit() > 0 {
			t.fork(x, n)
		}
	case "exit_group":
		// exit alone ends a thread: its record has the pid of the whole process.
		n.exited = max(x.ev.ID.Msec, 1)
	}
}

// Flags of clone(2): include/uapi/linux/sched.h. Those of clone3 lie in memory that no record shows.
const (
	cloneParent = 0x8000
	cloneThread = 0x10000
	cloneNewPID = 0x20000000
)

// ended takes the record of a process that a signal ends.
func (t *Tree) ended(h *host, ev *event.Event) {
	r := ev.Find(abend)
	if r == nil {
		return
	}
	value, _ := r.Field("pid")
	pid, err := strconv.Atoi(value)
	if e := t.table[key{h, pid}]; err == nil && e != nil && e.node != nil {
		e.node.exited = max(ev.ID.Msec, 1)
	}
}

// fork records that n made a process. The record may come after what the child did first: the parent of a vfork
// sleeps until its child has exec-ed.
func (t *Tree) fork(x *call, n *node) {
	var flags uint64
	if x.ev.Call.Name() == "clone" {
		flags = x.ev.Call.Arg(audit.CallA0)
	}
	if flags&cloneThread != 0 {
		return
	}
	n.forks = true
	ppid := n.proc.PID
	if flags&cloneParent != 0 {
		ppid = n.proc.PPID
	}
	k := key{x.host, int(x.ev.Call.Exit())}
	e := t.at(k)
	if c := e.node; c != nil && c.exited == 0 && c.proc.Start.Msec >= x.ev.ID.Msec && c.proc.PPID == ppid {
		n.trust = proven
		if c.parent == nil {
			t.link(c, n)
		}
		return
	}
	c := t.child(x, n)
	c.proc.PID, c.proc.PPID, c.evidence = k.pid, ppid, x.host.allocated(k.pid)
	if flags&cloneNewPID != 0 {
		c.trust = foreign
	}
	c.refs++
	t.charge(c)
	t.replace(&e.claim, c)
}

// child is a process that n forked: the same image, in other words.
func (t *Tree) child(x *call, n *node) *node {
	c := t.fresh()
	c.seen = x.ev.ID.Msec
	t.link(c, n)
	p := c.parent // n, or a copy of it: whose strings the child has
	c.proc = p.proc
	c.proc.Source, c.proc.Start = event.FromFork, x.ev.ID
	c.proc.Boot, c.proc.Ticks, c.proc.Parent, c.proc.Previous = "", 0, &p.proc, nil
	return c
}
