package proctree

import (
	"net/netip"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// descriptors are those of a process that are connections, and its standard streams. Few processes have any.
type descriptors struct {
	event.Streams
	sockets [maxSockets]socket
	next    int // to be replaced
}

// maxSockets bounds the connections remembered of a process: a shell gets one of the newest.
const maxSockets = 8

type socket struct {
	fd   int
	peer event.Peer
}

// descriptorsSize is what descriptors cost.
const descriptorsSize = 768

// descriptors returns those of n to be changed.
func (t *Tree) descriptors(n *node) *descriptors {
	if n.open == nil {
		if len(t.closed) == 0 {
			slab := make([]descriptors, 16)
			for i := range slab {
				t.closed = append(t.closed, &slab[i])
			}
		}
		i := len(t.closed) - 1
		n.open, t.closed = t.closed[i], t.closed[:i]
		n.proc.Streams = &n.open.Streams
		t.charge(n)
	}
	return n.open
}

// copyStreams gives n what p has open.
func (t *Tree) copyStreams(n, p *node) {
	if p.open != nil {
		*t.descriptors(n) = *p.open
	}
}

// inheritStreams gives n, which p forked, what p has open. Whom p talked to before it executed is not n's affair.
func (t *Tree) inheritStreams(n, p *node) {
	if p == nil || p.open == nil {
		return
	}
	t.copyStreams(n, p)
	if n.open.sockets == [maxSockets]socket{} {
		n.open.Peer = event.Peer{}
	}
}

// forgetStreams gives the descriptors of n back.
func (t *Tree) forgetStreams(n *node) {
	if n.open == nil {
		return
	}
	*n.open = descriptors{}
	t.closed = append(t.closed, n.open)
	n.open, n.proc.Streams = nil, nil
}

// executed closes what an exec closes: Python, and all who are careful, mark each socket so. What is copied to a
// standard stream stays.
func (t *Tree) executed(n *node) {
	if n.open == nil {
		return
	}
	d := n.open
	d.sockets, d.next = [maxSockets]socket{}, 0
	if d.Std == [3]event.Stream{} && !d.Peer.IsValid() {
		t.forgetStreams(n)
	}
}

// streams takes what a call does to descriptors.
func (t *Tree) streams(x *call, n *node, name string) {
	c := x.ev.Call
	if c.Failed() && c.Exit() != inProgress {
		return
	}
	fd, other := descriptor(c.Arg(audit.CallA0)), descriptor(c.Arg(audit.CallA1))
	switch name {
	case "connect":
		t.connected(x, n, fd, true)
	case "accept", "accept4":
		t.connected(x, n, descriptor(uint64(c.Exit())), false)
	case "dup2", "dup3":
		t.copied(n, fd, other)
	case "dup": // the lowest that is free
		t.copied(n, fd, descriptor(uint64(c.Exit())))
	case "fcntl":
		const dupFD, dupFDCloexec = 0, 1030 // include/uapi/linux/fcntl.h
		if other == dupFD || other == dupFDCloexec {
			t.copied(n, fd, descriptor(uint64(c.Exit())))
		}
	}
}

// inProgress is what a non-blocking connect returns, and goes on.
const inProgress = -115

// maxFD is over the number of any descriptor: fs.nr_open.
const maxFD = 1 << 30

// descriptor is an argument as a number of a descriptor; -1 if it cannot be one.
func descriptor(arg uint64) int {
	if arg > maxFD {
		return -1
	}
	return int(arg)
}

// connected notes that fd is a connection now.
func (t *Tree) connected(x *call, n *node, fd int, initiated bool) {
	if fd < 0 {
		return
	}
	a, ok := x.ev.IPAddress()
	if !ok {
		if n.open == nil {
			return
		}
		if _, known := x.ev.Address(); known { // of another family: the number is in use for it
			n.open.forget(fd)
		}
		return
	}
	p := event.Peer{Address: netip.AddrPortFrom(a.IP, a.Port), Initiated: initiated}
	d := t.descriptors(n)
	d.forget(fd)
	d.Peer = p
	d.sockets[d.next] = socket{fd, p}
	d.next = (d.next + 1) % maxSockets
	if fd < len(d.Std) {
		d.Std[fd] = event.Stream{Copied: true, From: fd, Peer: p}
	}
}

// copied notes that to is the same as from now.
func (t *Tree) copied(n *node, from, to int) {
	if from < 0 || to < 0 || from == to || to >= len(event.Streams{}.Std) {
		return
	}
	d := t.descriptors(n)
	s := event.Stream{Copied: true, From: from}
	if from < len(d.Std) && d.Std[from].Copied {
		s = d.Std[from]
	} else {
		s.Peer = d.peer(from)
	}
	d.Std[to] = s
}

func (d *descriptors) peer(fd int) event.Peer {
	for i := range d.sockets {
		if s := &d.sockets[i]; s.fd == fd && s.peer.IsValid() {
			return s.peer
		}
	}
	return event.Peer{}
}

func (d *descriptors) forget(fd int) {
	for i := range d.sockets {
		if d.sockets[i].fd == fd {
			d.sockets[i] = socket{}
		}
	}
}
