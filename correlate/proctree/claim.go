package proctree

import "slices"

// A claim is a process that a fork was said to have made, before a record of its own. In a pid namespace the number is
// the namespace's, so a claim that is wrong waits at the pid of another process; it must not drop what is known of it.
// What is right shows when the process itself appears, with its ppid.

// claims is how many of them wait at one pid.
const claims = 3

// claim puts c, held for this, at a pid; the oldest goes.
func (t *Tree) claim(e *entry, c *node) {
	if e.claims[0] != nil {
		t.release(e.claims[0])
	}
	copy(e.claims[:], e.claims[1:])
	e.claims[claims-1] = c
}

func (t *Tree) dropClaims(e *entry) {
	for i := range e.claims {
		t.replace(&e.claims[i], nil)
	}
}

// exact returns the newest claim at e by the process that is the caller's parent now, or nil.
func (x *call) exact(e *entry) *node {
	for _, c := range slices.Backward(e.claims[:]) {
		if c != nil && c.proc.PPID == x.ppid {
			return c
		}
	}
	return nil
}

// orphan returns the claim at e by a process that has ended, for a caller whose parent that is not. If several were
// of other executions nobody knows: doubt is true.
func (x *call) orphan(e *entry) (c *node, doubt bool) {
	for _, o := range slices.Backward(e.claims[:]) {
		switch {
		case o == nil || !o.parent.life.ended():
		case c == nil:
			c = o
		case c.proc.Image != o.proc.Image:
			return nil, true
		}
	}
	return c, false
}

// adopt makes the claim c the process of its pid, and settles the others.
func (t *Tree) adopt(x *call, e *entry, c *node) *node {
	c.refs++
	t.dropClaims(e)
	t.replace(&e.node, c)
	c.life.matched = true
	c.parent.matched(c)
	t.start(x.host, c, x.ev.ID.Msec)
	return c
}

// matched notes that a process is known of a fork by n, which was of the image that c has.
func (n *node) matched(c *node) {
	l := n.life
	if n.proc.Image == c.proc.Image && l.same > 0 {
		l.same--
	} else if l.other > 0 {
		l.other--
	}
}

// agree reports whether a new child of n, whose fork is not recorded by its pid, can only have been made by what n
// runs now: no fork of anything else waits for its process.
func (x *call) agree(n *node, e *entry) bool {
	l := n.life
	l.addOther(0, x.ev.ID.Msec)
	if l.other > 0 {
		return false
	}
	if e != nil {
		if c, doubt := x.orphan(e); doubt || c != nil && c.proc.Image != n.proc.Image {
			return false
		}
	}
	return true
}

// only returns the one claim at e, or nil if there is none or more, or if it is likely of a pid namespace: a subshell
// that a vfork has put to sleep before it wrote any record is known by nothing else.
func (e *entry) only() *node {
	c := e.claims[claims-1]
	if c == nil || e.claims[claims-2] != nil || !c.life.likely {
		return nil
	}
	return c
}
