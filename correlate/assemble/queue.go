package assemble

import (
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// queue is a list of events of one node in the order in which they were opened.
type queue struct{ first, last *pending }

// insert puts p in its place, which is mostly the end.
func (q *queue) insert(p *pending) {
	p.in, p.prev = q, q.last
	for p.prev != nil && p.prev.number > p.number {
		p.prev = p.prev.prev
	}
	if p.prev != nil {
		p.next, p.prev.next = p.prev.next, p
	} else {
		p.next, q.first = q.first, p
	}
	if p.next != nil {
		p.next.prev = p
	} else {
		q.last = p
	}
}

func (q *queue) remove(p *pending) {
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		q.first = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		q.last = p.prev
	}
}

// link puts p, which r opens, into the list of all and into that of its node.
func (a *Assembler) link(p *pending, isCall bool) {
	q := &p.node.loose
	if isCall {
		q = &p.node.calls
	}
	q.insert(p)
	if p.older = a.newest; p.older != nil {
		p.older.newer = p
	} else {
		a.oldest = p
	}
	a.newest = p
	a.count++
}

// order moves an event whose SYSCALL record has come to those that are returned in order.
func (p *pending) order() {
	if p.in == &p.node.loose {
		p.in.remove(p)
		p.node.calls.insert(p)
	}
}

// overtake appends the events that only wait for one opened before due: it loses its place in the order.
func (a *Assembler) overtake(dst []*event.Event, n *node, due int64) []*event.Event {
	p := n.calls.first
	if p == nil || p.closed || !p.overdue(due) {
		return dst
	}
	for ; p != nil && !p.closed && p.overdue(due); p = n.calls.first {
		p.in.remove(p)
		p.prev, p.next = nil, nil
		n.loose.insert(p)
	}
	return a.release(dst, n)
}

// longer is how many milliseconds others wait more for what they depend on.
const longer = 450

func (p *pending) overdue(due int64) bool {
	return p.opened < due && (p.opened < due-longer || !p.leads())
}

// leads reports whether what comes after an event depends on it: who a process is, and who forked it. On a host without
// time to spare the writer of its records may be stopped between two of them for longer than others should wait.
func (p *pending) leads() bool {
	sc := p.ev.Find(audit.Syscall)
	if sc == nil {
		return false
	}
	var c audit.Call
	c.Parse(sc.Body)
	switch c.Name() {
	case "execve", "execveat", "clone", "clone3", "fork", "vfork", "exit_group":
		return true
	}
	return false
}

// release appends the events of a node that are closed, but for those behind an open one.
func (a *Assembler) release(dst []*event.Event, n *node) []*event.Event {
	for p := n.calls.first; p != nil && p.closed; p = n.calls.first {
		dst = a.emit(dst, p)
	}
	return dst
}

// emit returns p, wherever it stands.
func (a *Assembler) emit(dst []*event.Event, p *pending) []*event.Event {
	p.in.remove(p)
	if p.older != nil {
		p.older.newer = p.newer
	} else {
		a.oldest = p.newer
	}
	if p.newer != nil {
		p.newer.older = p.older
	} else {
		a.newest = p.older
	}
	a.count--
	a.held -= p.bytes + p.tail.bytes
	a.stats.Events++
	a.returned = append(a.returned, p)
	a.remember(p.ev.ID, a.added)
	return append(dst, &p.ev)
}
