package proctree

import (
	"strconv"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// effects records what the call did: a fork, an end, or a change of descriptors.
func (t *Tree) effects(x *call, n *node) {
	c := x.ev.Call
	switch name := c.Name(); name {
	case "clone", "clone3", "fork", "vfork":
		if c.Success() && c.Exit() > 0 {
			t.fork(x, n)
		}
	case "exit_group": // exit alone ends a thread: its record has the pid of the whole process
		x.exit(n)
		t.bury(x.key())
	case "connect", "accept", "accept4", "dup", "dup2", "dup3", "fcntl":
		t.streams(x, n, name)
	}
}

// ended takes the record of a process that a signal ends.
func (t *Tree) ended(h *host, ev *event.Event) {
	r := ev.Find(abend)
	if r == nil {
		return
	}
	value, _ := r.Field("pid")
	pid, err := strconv.Atoi(value)
	if e := t.table.get(h.key(pid)); err == nil && possible(pid) && e != nil && e.node != nil {
		x := call{ev: ev, host: h}
		x.exit(e.node)
		t.bury(h.key(pid))
	}
}

// Flags of clone(2): include/uapi/linux/sched.h. Those of clone3 lie in memory that no record shows.
const (
	cloneParent = 0x8000
	cloneThread = audit.CloneThread
)

// fork records that n made a process.
func (t *Tree) fork(x *call, n *node) {
	var flags uint64
	if x.ev.Call.Name() == "clone" {
		flags = x.ev.Call.Arg(audit.CallA0)
	}
	if flags&cloneThread != 0 {
		return
	}
	ppid := n.proc.PID
	if flags&cloneParent != 0 {
		ppid = n.proc.PPID
	}
	child := x.ev.Call.Exit()
	if child > maxPID {
		return
	}
	e := t.at(x.host.key(int(child)))
	if x.before(e.node, ppid) {
		t.late(e.node, n)
		return
	}
	c := t.child(x, n)
	c.proc.PID, c.proc.PPID = e.key.pid(), ppid
	c.life.position, c.life.likely = x.host.allocated(e.key.pid()), x.host.isNear(e.key.pid())
	c.refs++
	t.charge(c)
	t.claim(e, c)
	n.life.same++
}

// before reports whether the process c is the one that the call forked, and showed itself before the record of that:
// the parent of a vfork sleeps until its child has exec-ed. The time of a fork's record is that of its begin.
func (x *call) before(c *node, ppid int) bool {
	return c != nil && !c.life.matched && c.proc.Start.Msec >= x.ev.ID.Msec && (c.proc.PPID == ppid || c.parent != nil && c.parent.proc.PID == ppid)
}

// late gives a process the parent that the late record of its fork tells; but not if it has children, whose ancestors
// are counted already, and of which n may be one in a log that somebody wrote.
func (t *Tree) late(c, n *node) {
	c.life.matched = true
	const table = 1
	if c.parent == nil && c != n && c.refs == table {
		t.link(c, n)
		t.charge(c)
	}
}

// child is a process that n forked: the same image, in other words.
func (t *Tree) child(x *call, n *node) *node {
	c := t.fresh()
	t.born(c, x.ev.ID.Msec, 0)
	t.link(c, n)
	p := c.parent // n, or a copy of it: whose strings the child has
	c.proc = p.proc
	c.proc.Source, c.proc.Start = event.FromFork, x.ev.ID
	c.proc.Boot, c.proc.Ticks, c.proc.Parent, c.proc.Previous, c.proc.Streams = "", 0, &p.proc, nil, nil
	t.inheritStreams(c, p)
	return c
}
