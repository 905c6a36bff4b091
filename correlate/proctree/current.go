package proctree

// current returns the process that made the call, as the table knows it; nil if it is a new one that no fork
// is recorded of. The question is whether a pid is still the same process: see still.
func (t *Tree) current(x *call) *node {
	e := t.get(x.key())
	if e == nil {
		return nil
	}
	if e.node != nil && x.still(e.node) {
		return e.node
	}
	if e.node != nil {
		t.stats.Reused++
		t.replace(&e.node, nil)
	}
	c := x.exact(e)
	if c == nil && (x.ppid == 1 || t.table.get(x.host.key(x.ppid)) == nil) {
		c, _ = x.orphan(e)
	}
	if c == nil {
		return nil
	}
	x.host.fresh(x.pid)
	return t.adopt(x, e, c)
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
	now, l := x.ev.ID.Msec, n.life
	silent := now - l.seen
	switch {
	case l.ended():
		return x.ev.ID.Serial < l.exited.Serial && n.proc.PPID == x.ppid
	case x.host.passed(x.pid, l.position):
		return n.proc.PPID == x.ppid && silent <= briefly
	case n.proc.PPID == x.ppid:
		return true
	}
	return silent <= recent || x.ppid == 1 && silent <= lately
}
