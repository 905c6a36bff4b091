package proctree

import (
	"cmp"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/event"
)

// parent returns who has the pid that a new process says is its parent's, or nil.
//
// A parent of pid 1, or another that adopts orphans, may not be who forked the process. Nothing in the records says
// so; where forks are recorded the claim does.
func (t *Tree) parent(x *call) *node {
	k := key{x.host, x.ppid}
	e := t.get(k)
	if e != nil && e.claim != nil && x.host.trusts(e.claim) && (e.node == nil || e.claim.proc.Start.Msec >= e.node.seen) {
		t.adopt(e)
		t.start(x.host, e.node, e.node.proc.Start.Msec)
	}
	if e != nil && e.node != nil && t.alive(x, e.node) {
		x.suspect(e.node)
		e.node.seen, e.node.evidence = max(e.node.seen, x.ev.ID.Msec), x.host.position()
		t.complete(e.node)
		return e.node
	}
	return t.lookup(x)
}

// suspect notes that a process whose forks are recorded has a child that it was not told of: the pids it is told are
// not those of the host. A vfork is recorded later, and then takes it back.
func (x *call) suspect(n *node) {
	if n.forks && n.trust < proven {
		n.trust = foreign
	}
}

// alive reports whether n can be the parent of the caller: it had not ended, and its pid is not another's now.
func (t *Tree) alive(x *call, n *node) bool {
	now := x.ev.ID.Msec
	if n.exited != 0 && now > n.exited+grace {
		return false
	}
	if !x.host.passed(n.proc.PID, n.evidence) || now-n.seen <= briefly {
		return true
	}
	if !t.ours(x.host) {
		return false
	}
	ticks, msec := t.opts.Proc.Start(n.proc.PID)
	if n.proc.Ticks > 0 {
		return ticks == n.proc.Ticks
	}
	return ticks > 0 && msec <= n.proc.Start.Msec+startError
}

// lookup asks /proc for the parent of the caller. A process that started after the caller is another that got the
// pid since.
func (t *Tree) lookup(x *call) *node {
	if !t.ours(x.host) {
		return nil
	}
	p := t.opts.Proc.Process(x.ppid)
	if p == nil || p.Start.Msec > x.ev.ID.Msec+startError {
		return nil
	}
	return t.learn(x.host, p, x.ev.ID.Msec)
}

// learn takes a process from /proc into the table. If it runs what its own parent does, it is a forked copy of it: it
// never exec-ed, or the table would know it.
func (t *Tree) learn(h *host, p *event.Process, msec int64) *node {
	n := t.fresh()
	mem := n.text
	*n = node{proc: *p, text: mem, seen: msec, evidence: h.position()}
	n.proc.Source, n.proc.Parent, n.proc.Previous = event.FromProc, nil, nil
	n.proc.Boot = t.opts.Proc.Boot()
	if e := t.table[key{h, p.PPID}]; e != nil && e.node != nil && e.node.exited == 0 && e.node.proc.PID != p.PID {
		t.link(n, e.node)
		if e.node.forked(p) {
			n.proc.Image = e.node.proc.Image
		}
	}
	t.put(key{h, p.PID}, n)
	return n
}

// forked reports whether p, from /proc, runs the execution of its parent n and began after it.
func (n *node) forked(p *event.Process) bool {
	return n.proc.Image.Serial != 0 && p.Start.Msec+startError >= n.proc.Image.Msec && n.runs(p.Exe) &&
		slices.Equal(n.proc.Args, p.Args)
}

// complete asks /proc for the command line of a process that only system calls told of.
func (t *Tree) complete(n *node) {
	if n.proc.Source == event.FromSyscall && n.proc.Node == "" && t.opts.Proc != nil {
		t.ask(n)
	}
}

// ask fills in what /proc knows of n if it still runs the same.
func (t *Tree) ask(n *node) {
	p := t.opts.Proc.Process(n.proc.PID)
	if p == nil || !n.runs(p.Exe) || p.Start.Msec > n.seen+startError && n.seen != 0 {
		return
	}
	n.proc.Args, n.proc.ArgsWhole, n.proc.CommandLine = p.Args, p.ArgsWhole, strings.Join(p.Args, " ")
	if n.proc.CWD == "" {
		n.proc.CWD = p.CWD
	}
	n.proc.Source = event.FromProc
	t.charge(n)
}

// Seed takes the processes that run when an agent starts: a parent may have ended before its child is seen.
func (t *Tree) Seed(ps []*event.Process) {
	h := t.hostNamed("")
	ps = slices.SortedFunc(slices.Values(ps), func(a, b *event.Process) int { return cmp.Compare(a.Ticks, b.Ticks) }) // parents first
	for _, p := range ps {
		t.learn(h, p, p.Start.Msec)
	}
	t.bound()
}
