package proctree

import (
	"cmp"
	"maps"
	"slices"

	"github.com/auditpy/auditpy/internal/snapshot"
)

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
	s.sockets(n)
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

func (s *saver) sockets(n *node) {
	if n.open == nil {
		return
	}
	s.Count(n.open.next)
	for _, sock := range n.open.sockets {
		s.Count(sock.fd)
		sock.peer.Save(s.Writer)
	}
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
