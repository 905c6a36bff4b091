// Package proctree knows who started whom.
//
// The log has only ppid, and most executions have a parent that never exec-ed: a forked subshell. So
// a parent is the latest process seen with that pid, and where none was seen it is nil: unknown, never
// a guess. A Tree never reads the clock, and never /proc unless Options.Lookup does; it is bounded by
// number and by bytes.
package proctree

import (
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// Options bound a Tree. Zero fields take the default in brackets.
type Options struct {
	Max      int // processes [65536]
	MaxBytes int // of their texts [32 MiB]
	// Lookup asks the running kernel for a process that no record told of. It returns nil if there is
	// none; Start.Msec tells when it started. Nil in scan: an old file's pids are not this host's.
	Lookup func(pid int) *event.Process
}

// Stats count what the tree did and what its bounds cost.
type Stats struct {
	Processes     int    `json:"processes"` // in the table now
	Evicted       uint64 `json:"evicted"`
	ParentKnown   uint64 `json:"parent_known"` // of executions
	ParentUnknown uint64 `json:"parent_unknown"`
}

// Tree is a table of processes. It is for one goroutine.
type Tree struct {
	opts  Options
	procs map[key]*entry
	ring  entry // sentinel of a list, the least recently seen first
	bytes int
	stats Stats

	lastNode string
}

// key is not unique over time: pids are used again.
type key struct {
	node string
	pid  int
}

type entry struct {
	key        key
	proc       *event.Process
	depth      int // ancestors that proc points to
	size       int // charged for it
	prev, next *entry
}

// maxDepth bounds the ancestors kept alive by one process; a chain that reaches it is cut to half.
const maxDepth = 32

// New returns an empty Tree.
func New(o Options) *Tree {
	if o.Max <= 0 {
		o.Max = 65536
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 32 << 20
	}
	t := &Tree{opts: o, procs: make(map[key]*entry)}
	t.ring.prev, t.ring.next = &t.ring, &t.ring
	return t
}

// Stats returns the counters.
func (t *Tree) Stats() Stats {
	t.stats.Processes = len(t.procs)
	return t.stats
}

// Annotate sets ev.Process. Events must come in the order in which they were closed.
func (t *Tree) Annotate(ev *event.Event) {
	sc := ev.Find(audit.Syscall)
	if sc == nil {
		return
	}
	p, ok := parse(sc)
	if !ok {
		return
	}
	p.Node, p.Start = t.node(ev.ID.Node), ev.ID
	p.Start.Node = p.Node
	old := t.get(key{p.Node, p.PID})
	switch {
	case ev.Exec != nil:
		ev.Process = t.exec(ev, p, old)
	case old != nil && same(old, p):
		ev.Process = t.current(old, p)
	default:
		p.Source = event.FromSyscall
		p.EntityID = entityID(p)
		ev.Process = t.put(p)
	}
}

// exec is the process after a successful execve. An exec chain in one pid is one process.
func (t *Tree) exec(ev *event.Event, p, old *event.Process) *event.Process {
	p.Source = event.FromExec
	p.Args, p.CommandLine, p.ArgsWhole = ev.Exec.Args, ev.Exec.CommandLine, ev.Exec.Complete
	p.CWD = cwd(ev)
	if old != nil && old.PPID == p.PPID {
		p.Start, p.EntityID = old.Start, old.EntityID
	} else {
		p.EntityID = entityID(p)
	}
	p = t.put(p)
	if p.Parent != nil {
		t.stats.ParentKnown++
	} else {
		t.stats.ParentUnknown++
	}
	return p
}

// same reports whether a system call was made by the process in the table, not by a later one that got
// its pid. Its users may change: a daemon gives up root.
func same(old, p *event.Process) bool {
	return old.Exe == p.Exe && old.Session == p.Session
}

// current returns the process in the table as it is now.
func (t *Tree) current(old, p *event.Process) *event.Process {
	if old.UID == p.UID && old.EUID == p.EUID && old.AUID == p.AUID && old.PPID == p.PPID {
		return old
	}
	now := *old
	now.PPID, now.UID, now.EUID, now.AUID, now.User, now.EffectiveUser = p.PPID, p.UID, p.EUID, p.AUID, p.User, p.EffectiveUser
	if e := t.procs[key{now.Node, now.PID}]; e != nil {
		e.proc = &now
	}
	return &now
}

// node returns one copy of a node's name for all its processes: the name in a record is a part of a large buffer.
func (t *Tree) node(name string) string {
	if name != t.lastNode {
		t.lastNode = strings.Clone(name)
	}
	return t.lastNode
}

// put links p to its parent and makes it the process of its pid.
func (t *Tree) put(p *event.Process) *event.Process {
	depth := 0
	if p.PPID > 0 && p.PPID != p.PID {
		p.Parent, depth = t.parent(p)
	}
	t.set(&entry{key: key{p.Node, p.PID}, proc: p, depth: depth})
	return p
}

// parent returns the process of p's ppid and the number of ancestors of p.
func (t *Tree) parent(p *event.Process) (*event.Process, int) {
	e := t.procs[key{p.Node, p.PPID}]
	if e == nil || e.proc.Source == event.FromSyscall {
		if found := t.lookup(p); found != nil && (e == nil || found.Exe == e.proc.Exe) {
			e = t.set(&entry{key: key{p.Node, found.PID}, proc: found})
		}
	}
	if e == nil {
		return nil, 0
	}
	if e.depth+1 < maxDepth {
		return e.proc, e.depth + 1
	}
	return trim(e.proc, maxDepth/2), maxDepth / 2
}

// lookup asks for the parent of p outside of the records. A process that started after p is another that got the
// pid since.
func (t *Tree) lookup(p *event.Process) *event.Process {
	if t.opts.Lookup == nil || p.Node != "" {
		return nil
	}
	found := t.opts.Lookup(p.PPID)
	if found == nil || found.Start.Msec > p.Start.Msec+startError {
		return nil
	}
	return found
}

// startError is how far the start that Lookup tells may be off, in milliseconds.
const startError = 2000

// trim copies p and n-1 of its ancestors.
func trim(p *event.Process, n int) *event.Process {
	if p == nil || n == 0 {
		return nil
	}
	c := *p
	c.Parent = trim(p.Parent, n-1)
	return &c
}
