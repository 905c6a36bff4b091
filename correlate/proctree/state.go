package proctree

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/snapshot"
)

// What survives a restart: the processes, as of between two events. Processes of a host that has booted since its records
// tell are left out, and those of this host if it has booted since the state was written.

const (
	stateKind    = "auditpy processes\n"
	stateVersion = 1
)

// AppendState appends all processes. It takes no more than about what Max and MaxBytes allow.
func (t *Tree) AppendState(dst []byte) []byte {
	return snapshot.Append(dst, stateKind, stateVersion, func(w *snapshot.Writer) {
		s := &saver{Writer: w, tree: t, nodes: make(map[*node]int), lives: make(map[*life]int)}
		s.Text(t.boot())
		s.hosts()
		s.processes()
		s.entries()
	})
}

// boot is that of this host, "" if it is not asked.
func (t *Tree) boot() string {
	if t.opts.Proc == nil {
		return ""
	}
	return t.opts.Proc.Boot()
}

type saver struct {
	*snapshot.Writer
	tree  *Tree
	nodes map[*node]int // their places; parents come before children
	order []*node
	lives map[*life]int
}

func (s *saver) hosts() {
	s.Count(s.tree.numbers)
	s.Count(len(s.tree.hosts))
	for _, h := range slices.SortedFunc(maps.Values(s.tree.hosts), func(a, b *host) int { return cmp.Compare(a.number, b.number) }) {
		s.Text(h.name)
		s.Count(h.number)
		s.Count(h.cursor)
		s.Int(int64(h.laps))
		s.Int(int64(h.far))
		s.Uint(h.serial)
		s.Int(h.msec)
	}
}

// each calls f for the entries that can still be found, the first to be evicted first.
func (s *saver) each(f func(e *entry, gone bool)) {
	numbers := make(map[int]bool)
	for _, h := range s.tree.hosts {
		numbers[h.number] = true
	}
	for _, list := range []*entry{&s.tree.gone, &s.tree.ring} {
		for e := list.next; e != list; e = e.next {
			if numbers[e.key.host()] {
				f(e, list == &s.tree.gone)
			}
		}
	}
}

func (s *saver) processes() {
	s.each(func(e *entry, _ bool) {
		s.place(e.node)
		for _, c := range e.claims {
			s.place(c)
		}
	})
	s.Count(len(s.lives))
	s.Count(len(s.order))
	told := make(map[*life]bool)
	for _, n := range s.order {
		s.node(n, told)
	}
}

// place numbers a node, and those that it holds before it.
func (s *saver) place(n *node) {
	if _, ok := s.nodes[n]; ok || n == nil {
		return
	}
	s.place(n.parent)
	s.place(n.previous)
	s.nodes[n] = len(s.order)
	s.order = append(s.order, n)
	if _, ok := s.lives[n.life]; !ok {
		s.lives[n.life] = len(s.lives)
	}
}

// optional writes the place of a node, or that it is none.
func (s *saver) optional(n *node) {
	if n == nil {
		s.Count(0)
	} else {
		s.Count(1 + s.nodes[n])
	}
}

func (s *saver) node(n *node, told map[*life]bool) {
	n.proc.SaveAlone(s.Writer)
	s.optional(n.parent)
	s.optional(n.previous)
	s.Bool(n.own)
	s.Count(s.lives[n.life])
	if told[n.life] {
		return
	}
	told[n.life] = true
	l := n.life
	s.Int(l.seen)
	s.ID(l.exited)
	s.Int(int64(l.position))
	s.Bool(l.matched)
	s.Bool(l.likely)
	s.Count(l.same)
	s.Count(l.other)
	s.Int(l.otherAt)
}

func (s *saver) entries() {
	n := 0
	s.each(func(*entry, bool) { n++ })
	s.Count(n)
	s.each(func(e *entry, gone bool) {
		s.Uint(uint64(e.key))
		s.Bool(gone)
		s.optional(e.node)
		for _, c := range e.claims {
			s.optional(c)
		}
	})
}

// LoadState takes what AppendState wrote at the begin of b into a Tree that has seen nothing, and returns what is behind
// it. After an error, one that wraps snapshot.ErrVersion or snapshot.ErrCorrupt, the Tree is of no use.
func (t *Tree) LoadState(b []byte) (rest []byte, err error) {
	r, rest, err := snapshot.Open(b, stateKind, stateVersion)
	if err != nil {
		return nil, err
	}
	l := &loader{Reader: r, tree: t}
	boot := l.Text()
	l.hosts()
	l.processes()
	l.entries()
	if l.End(); l.Err() != nil {
		return nil, fmt.Errorf("read state of processes: %w", l.Err())
	}
	if now := t.boot(); boot != "" && now != "" && boot != now {
		h := t.hosts[""]
		*h = host{name: h.name, number: t.number()}
	}
	t.bound()
	return rest, nil
}

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
		if t.table[k] != nil || k.host() > t.numbers || !possible(k.pid()) {
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
