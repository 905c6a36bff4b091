// Package proctree knows who started whom.
//
// The log has only ppid, and most executions have a parent that never exec-ed: a forked subshell. Where forks are
// recorded the parent is the process that forked; else it is the latest process seen with that pid; and where none
// was seen it is nil: unknown, never a guess. What surprised us: the pid that fork returns is that of the caller's
// pid namespace, so in a container it names another process of the host; vfork is recorded after the execution of
// its child; and a pid comes back within seconds on a busy host, so a Tree follows the kernel's allocation of pids
// to know when it may have.
//
// A Tree never reads the clock, and never /proc unless Options.Proc does; it is bounded by number and by bytes.
// Processes lie in memory that is used again: what Annotate gave is valid until its next call.
package proctree

import (
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// Options bound a Tree. Zero fields take the default in brackets.
type Options struct {
	Max      int // processes [65536]
	MaxBytes int // of memory [20 MiB]
	// Proc asks the running kernel for what no record told. Nil in scan: an old file's pids are not this host's.
	Proc Proc
	// User and Group return the name of an id that a record has no name for, or "". Nil in scan.
	User  func(uid int) string
	Group func(gid int) string
}

// Proc is what /proc knows. It is asked about processes of this host only, those of records without a node.
type Proc interface {
	// Process returns a process as it is now, or nil. Start.Msec tells when it started.
	Process(pid int) *event.Process
	// Start returns when a process started: ticks since boot, 0 if there is none, and Unix milliseconds.
	Start(pid int) (ticks, msec int64)
	// Boot identifies the running boot.
	Boot() string
}

// Stats count what the tree did and what its bounds cost.
type Stats struct {
	Processes     int    `json:"processes"` // in the table now
	Bytes         int    `json:"bytes"`     // of memory now
	Evicted       uint64 `json:"evicted"`
	Reused        uint64 `json:"reused"`  // pids seen in use by another process than before
	Boots         uint64 `json:"boots"`   // times that a host was seen to have started anew
	Crowded       uint64 `json:"crowded"` // events of hosts over the bound, which share one
	ParentKnown   uint64 `json:"parent_known"`
	ParentUnknown uint64 `json:"parent_unknown"` // of executions
}

// Tree is a table of processes. It is for one goroutine.
type Tree struct {
	opts    Options
	hosts   map[string]*host
	last    *host // of the event before
	table   pids
	names   map[string]string
	ring    entry // sentinel of a list, the least recently seen first
	gone    entry // the same of those whose end was seen: they are evicted first
	shown   *node // of the last event, which holds it
	numbers int   // given to hosts
	free    []*node
	dead    []*life // to be used again
	spare   []*entry
	closed  []*descriptors // to be used again
	bytes   int
	idle    int // bytes of the strings that free nodes keep
	stats   Stats
}

// New returns an empty Tree.
func New(o Options) *Tree {
	if o.Max <= 0 {
		o.Max = 65536
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 20 << 20
	}
	t := &Tree{opts: o, hosts: make(map[string]*host), table: newPids(), names: make(map[string]string)}
	t.ring.prev, t.ring.next = &t.ring, &t.ring
	t.gone.prev, t.gone.next = &t.gone, &t.gone
	t.hostNamed("")
	t.hostNamed(manyHosts)
	return t
}

// Stats returns the counters.
func (t *Tree) Stats() Stats {
	t.stats.Processes, t.stats.Bytes = t.table.count, t.bytes
	return t.stats
}

// Annotate sets ev.Process. Events must come in the order in which they were closed.
func (t *Tree) Annotate(ev *event.Event) {
	h := t.host(ev)
	if ev.Call == nil {
		t.ended(h, ev)
		return
	}
	pid := ev.Call.Num(audit.CallPID)
	if !possible(pid) {
		return
	}
	x := call{ev: ev, host: h, pid: pid, ppid: ev.Call.Num(audit.CallPPID)}
	if h.name == manyHosts {
		t.stranger(&x)
		return
	}
	n := t.current(&x)
	switch {
	case ev.Exec != nil:
		n = t.exec(&x, n)
	case n == nil:
		n = t.first(&x)
	default:
		n = t.again(&x, n)
	}
	n.life.seen, n.life.position = max(n.life.seen, ev.ID.Msec), h.allocated(pid)
	ev.Process = &n.proc
	n.refs++
	t.replace(&t.shown, n)
	t.effects(&x, n)
	t.bound()
}

// stranger is a process of a host over the bound: it is what its record says, and has no parent.
func (t *Tree) stranger(x *call) {
	n := t.node(x)
	n.proc.Node, n.proc.Start, n.proc.Source = x.ev.ID.Node, x.ev.ID, event.FromSyscall
	t.born(n, x.ev.ID.Msec, 0)
	if x.ev.Exec != nil {
		n.proc.Source, n.proc.Image = event.FromExec, x.ev.ID
		n.args(x.ev.Exec)
	}
	n.refs++
	t.charge(n)
	t.replace(&t.shown, n)
	x.ev.Process = &n.proc
}

// call is a system call with what is asked of it most.
type call struct {
	ev        *event.Event
	host      *host
	pid, ppid int
}

func (x *call) key() key { return x.host.key(x.pid) }

// exec is the process after a successful execve. An exec chain in one pid is one process: old, if it is not nil.
func (t *Tree) exec(x *call, old *node) *node {
	n := t.node(x)
	n.proc.Source, n.proc.Image = event.FromExec, x.ev.ID
	n.args(x.ev.Exec)
	if old != nil {
		t.succeed(n, old)
	} else {
		t.begin(x, n)
		t.executed(n)
	}
	if n.proc.Parent != nil {
		t.stats.ParentKnown++
	} else {
		t.stats.ParentUnknown++
	}
	t.put(x.key(), n)
	return n
}

// first is a process that no exec or fork was seen of. If it runs what its parent runs, it is a forked copy of it.
func (t *Tree) first(x *call) *node {
	n := t.node(x)
	n.proc.Source = event.FromSyscall
	t.begin(x, n)
	if p := n.parent; p != nil && p.runs(n.proc.Exe) && p.proc.Source != event.FromSyscall {
		n.inherit(p)
		n.proc.Source = event.Inherited
	} else if t.ours(x.host) {
		t.ask(n)
	}
	t.put(x.key(), n)
	return n
}

// again is a process in the table that is seen in another system call. If it runs something else its exec was
// not seen.
func (t *Tree) again(x *call, n *node) *node {
	if n.runs(x.ev.Call.Raw(audit.CallExe)) || n.runs(x.ev.Call.Text(audit.CallExe)) {
		n.proc.PPID = x.ppid
		t.identity(x, n)
		return n
	}
	now := t.node(x)
	now.proc.Source = event.FromSyscall
	t.succeed(now, n)
	t.put(x.key(), now)
	return now
}

// begin gives a process that is new its start and its parent.
func (t *Tree) begin(x *call, n *node) {
	n.proc.Start = x.ev.ID
	t.born(n, x.ev.ID.Msec, 0)
	t.start(x.host, n, x.ev.ID.Msec)
	if x.ppid > 0 && x.ppid != x.pid && possible(x.ppid) {
		t.link(n, t.parent(x))
		t.inheritStreams(n, n.parent)
	}
	x.host.fresh(x.pid)
}

// start asks /proc when the process of n started, so that it has the same EntityID after a restart of the agent. An
// answer after the event is of another process.
func (t *Tree) start(h *host, n *node, msec int64) {
	if !t.ours(h) {
		return
	}
	if ticks, began := t.opts.Proc.Start(n.proc.PID); ticks > 0 && began <= msec+startError {
		n.proc.Ticks, n.proc.Boot = ticks, t.opts.Proc.Boot()
	}
}

// startError is how far the time that /proc tells may be off, in milliseconds.
const startError = 2000

// ours reports whether a host is the one whose /proc can be asked.
func (t *Tree) ours(h *host) bool { return t.opts.Proc != nil && h.name == "" }
