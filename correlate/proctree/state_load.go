package proctree

import (
	"math"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/snapshot"
)

type loader struct {
	*snapshot.Reader
	tree  *Tree
	nodes []*node
	lives []*life
}

func (l *loader) hosts() {
	t, numbers := l.tree, l.Size(math.MaxInt32)
	for range l.Size(maxHosts) {
		h := t.hostNamed(l.Text())
		h.number, h.cursor, h.laps, h.far = l.Size(numbers), l.Size(maxPID), int(l.Int()), int(l.Int())
		h.serial, h.msec = l.Uint(), l.Int()
	}
	t.numbers = max(numbers, len(t.hosts))
}

func (l *loader) processes() {
	l.lives = make([]*life, l.Count())
	for n := l.Count(); n > 0 && l.Err() == nil; n-- {
		l.nodes = append(l.nodes, l.node())
	}
}

// optional reads the place of a node that was read before; nil if it is none.
func (l *loader) optional() *node {
	if i := l.Size(len(l.nodes)); i > 0 && l.Err() == nil {
		return l.nodes[i-1]
	}
	return nil
}

func (l *loader) node() *node {
	t := l.tree
	n := t.fresh()
	p := event.LoadAlone(l.Reader)
	parent, previous, own := l.optional(), l.optional(), l.Bool()
	n.fill(t, p, parent, own)
	l.streams(n, p.Streams)
	if parent != nil && parent.depth+1 >= maxDepth || previous != nil && previous.previous != nil {
		l.Fail("ancestors of a process")
		return n
	}
	t.link(n, parent)
	if previous != nil {
		previous.refs++
		n.previous, n.proc.Previous = previous, &previous.proc
	}
	l.life(n)
	t.charge(n)
	return n
}

// fill takes a process that was read. Strings that are those of its parent are not copied: it holds its parent.
func (n *node) fill(t *Tree, p *event.Process, parent *node, own bool) {
	args, old := n.proc.Args, event.Process{}
	if parent != nil {
		old = parent.proc
	}
	n.proc = *p
	n.proc.Streams = nil
	for _, s := range []*string{&n.proc.Node, &n.proc.User, &n.proc.EffectiveUser, &n.proc.Group, &n.proc.Boot} {
		*s = t.intern(*s)
	}
	n.proc.Source = event.Source(t.intern(string(p.Source)))
	if p.Source == event.FromProc {
		return
	}
	n.keep(p, &old, own)
	switch {
	case own:
		n.proc.Args = args
		n.args(&event.Exec{Args: p.Args, CommandLine: p.CommandLine, Complete: p.ArgsWhole})
	case p.CommandLine == old.CommandLine && len(p.Args) == len(old.Args):
		n.proc.Args, n.proc.CommandLine = old.Args, old.CommandLine
	}
}

// streams reads the descriptors of a process of which something is known.
func (l *loader) streams(n *node, known *event.Streams) {
	if known == nil {
		return
	}
	d := l.tree.descriptors(n)
	d.Streams, d.next = *known, l.Index(maxSockets)
	for i := range d.sockets {
		d.sockets[i] = socket{l.Size(maxFD), event.LoadPeer(l.Reader)}
	}
}

// keep makes the strings of n its own, but for those that its parent has.
func (n *node) keep(p, parent *event.Process, own bool) {
	size := 0
	if own {
		size = len(p.CommandLine)
	}
	pairs := [...]struct{ to, of *string }{
		{&n.proc.Exe, &parent.Exe}, {&n.proc.Comm, &parent.Comm}, {&n.proc.CWD, &parent.CWD}, {&n.proc.TTY, &parent.TTY},
	}
	for _, s := range pairs {
		if *s.to != *s.of {
			size += len(*s.to)
		}
	}
	n.text.Reserve(size)
	for _, s := range pairs {
		if *s.to == *s.of {
			*s.to = *s.of
		} else {
			*s.to = n.text.Add(*s.to)
		}
	}
}

func (l *loader) life(n *node) {
	i := l.Index(len(l.lives))
	if l.Err() != nil {
		return
	}
	if of := l.lives[i]; of != nil {
		n.life = of
		of.refs++
		return
	}
	l.tree.born(n, l.Int(), 0)
	l.lives[i] = n.life
	v := n.life
	v.exited, v.position, v.matched, v.likely = l.ID(), int(l.Int()), l.Bool(), l.Bool()
	v.same, v.other, v.otherAt = l.Size(math.MaxInt32), l.Size(math.MaxInt32), l.Int()
}

func (l *loader) entries() {
	t := l.tree
	for n := l.Count(); n > 0 && l.Err() == nil; n-- {
		k, gone := key(l.Uint()), l.Bool()
		if t.table.get(k) != nil || k.host() > t.numbers || !possible(k.pid()) {
			l.Fail("place of a process")
			return
		}
		e := t.at(k)
		l.hold(&e.node)
		for i := range e.claims {
			if l.hold(&e.claims[i]); e.claims[i] != nil && e.claims[i].parent == nil {
				l.Fail("fork by nobody")
			}
		}
		if gone {
			t.bury(k)
		}
	}
	for _, n := range l.nodes {
		if n.refs == 0 {
			l.Fail("process that nothing refers to")
		}
	}
}

func (l *loader) hold(at **node) {
	if n := l.optional(); n != nil {
		n.refs++
		*at = n
	}
}
