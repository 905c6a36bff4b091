package proctree

import "github.com/auditpy/auditpy/internal/event"

// fresh returns a node to fill, held by nobody.
func (t *Tree) fresh() *node {
	if len(t.free) == 0 {
		slab := make([]node, 64)
		for i := range slab {
			t.free = append(t.free, &slab[i])
		}
	}
	n := len(t.free) - 1
	p := t.free[n]
	t.free = t.free[:n]
	t.idle -= p.text.Size()
	return p
}

// release gives one hold of n back.
func (t *Tree) release(n *node) {
	for n != nil {
		if n.refs--; n.refs > 0 {
			return
		}
		parent := n.parent
		if n.previous != nil {
			t.release(n.previous)
		}
		t.bytes -= n.bytes
		t.leave(n)
		t.forgetStreams(n)
		t.recycle(n)
		n = parent
	}
}

// maxIdle bounds the memory of the strings that free nodes keep.
const maxIdle = 1 << 20

func (t *Tree) recycle(n *node) {
	var args []string
	if n.own {
		args = n.proc.Args
		clear(args)
	}
	keep := keepText
	if t.idle > maxIdle {
		keep, args = 0, nil
	}
	n.text.Reset(keep)
	*n = node{text: n.text}
	if cap(args) <= 64 {
		n.proc.Args = args[:0]
	}
	t.idle += n.text.Size()
	t.free = append(t.free, n)
}

// charge counts the memory of n, after it was filled.
func (t *Tree) charge(n *node) {
	size := nodeSize + n.text.Size()
	if n.open != nil {
		size += descriptorsSize
	}
	if n.own {
		size += 16 * cap(n.proc.Args)
	}
	if n.proc.Source == event.FromProc {
		size += len(n.proc.CommandLine) + len(n.proc.Exe) + len(n.proc.CWD) + 16*len(n.proc.Args)
	}
	t.bytes += size - n.bytes
	n.bytes = size
}

// link makes p the parent of n.
func (t *Tree) link(n, p *node) {
	if p == nil {
		return
	}
	if p.depth+1 >= maxDepth {
		p = t.trim(p, maxDepth/2)
	}
	p.refs++
	n.parent, n.proc.Parent, n.depth = p, &p.proc, p.depth+1
}

// trim returns a copy of p with depth ancestors.
func (t *Tree) trim(p *node, depth int) *node {
	c := t.fresh()
	text, args := c.text, c.proc.Args
	*c = node{proc: p.proc, text: text}
	c.proc.Streams = nil
	t.copyStreams(c, p)
	t.share(c, p)
	c.proc.Args, c.proc.Parent, c.proc.Previous = args, nil, nil
	c.text.Reserve(len(p.proc.Exe) + len(p.proc.Comm) + len(p.proc.CWD) + len(p.proc.TTY) + len(p.proc.CommandLine))
	c.proc.Exe, c.proc.Comm, c.proc.CWD, c.proc.TTY = c.text.Add(p.proc.Exe), c.text.Add(p.proc.Comm), c.text.Add(p.proc.CWD), c.text.Add(p.proc.TTY)
	c.args(&event.Exec{Args: p.proc.Args, CommandLine: p.proc.CommandLine, Complete: p.proc.ArgsWhole})
	if p.parent != nil && depth > 1 {
		t.link(c, t.trim(p.parent, depth-1))
	}
	t.charge(c)
	return c
}
