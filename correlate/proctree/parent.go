package proctree

import (
	"cmp"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/event"
)

// parent returns who forked a new process of which no fork is recorded by its pid, or nil: who has the pid that it says
// is its parent's. That may be who adopted it when its parent had ended; nothing in its records says so, but forks that
// wait for their processes may.
func (t *Tree) parent(x *call) *node {
	e := t.get(x.host.key(x.ppid))
	if e == nil {
		return t.lookup(x)
	}
	if c := e.only(); c != nil && e.node == nil && x.ppid != 1 {
		t.adopt(x, e, c)
	}
	n := e.node
	if n == nil || !t.alive(x, n) {
		return t.lookup(x)
	}
	n.life.seen, n.life.position = max(n.life.seen, x.ev.ID.Msec), x.host.position()
	if !x.agree(n, t.table.get(x.key())) {
		return nil
	}
	if n.life.same > 0 {
		n.life.same--
	}
	t.complete(n)
	return n
}

// alive reports whether n can be the parent of the caller: it had not ended, and its pid is not another's now.
func (t *Tree) alive(x *call, n *node) bool {
	now := x.ev.ID.Msec
	if n.life.ended() && now > n.life.exited.Msec+grace {
		return false
	}
	if !x.host.passed(n.proc.PID, n.life.position) || now-n.life.seen <= briefly {
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
	*n = node{proc: *p, text: mem}
	t.born(n, msec, h.position())
	n.proc.Source, n.proc.Parent, n.proc.Previous = event.FromProc, nil, nil
	n.proc.Boot = t.opts.Proc.Boot()
	if e := t.table.get(h.key(p.PPID)); e != nil && e.node != nil && !e.node.life.ended() && e.node.proc.PID != p.PID {
		t.link(n, e.node)
		if e.node.forked(p) {
			n.proc.Image = e.node.proc.Image
		}
	}
	t.put(h.key(p.PID), n)
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
	if p == nil || !n.runs(p.Exe) || p.Start.Msec > n.life.seen+startError {
		return
	}
	n.proc.Args, n.proc.ArgsWhole, n.proc.CommandLine = p.Args, p.ArgsWhole, strings.Join(p.Args, " ")
	if n.proc.CWD == "" {
		n.proc.CWD = p.CWD
	}
	n.proc.Source = event.FromProc
	t.charge(n)
}

// started reports whether n is the process p of /proc.
func (n *node) started(p *event.Process) bool {
	return n.proc.Ticks > 0 && n.proc.Ticks == p.Ticks && n.proc.Boot == p.Boot
}

// Seed takes the processes that run when an agent starts: a parent may have ended before its child is seen. Of those that
// a state told of already it keeps what that says, which is more.
func (t *Tree) Seed(ps []*event.Process) {
	h := t.hostNamed("")
	ps = slices.SortedFunc(slices.Values(ps), func(a, b *event.Process) int { return cmp.Compare(a.Ticks, b.Ticks) }) // parents first
	for _, p := range ps {
		if e := t.table.get(h.key(p.PID)); e == nil || e.node == nil || !e.node.started(p) {
			t.learn(h, p, p.Start.Msec)
		}
	}
	t.bound()
}
