package assemble

import "github.com/auditpy/auditpy/internal/event"

func (a *Assembler) expire(dst []*event.Event, n *node) []*event.Event {
	hold := a.opts.Hold.Milliseconds()
	for p := n.first; p != nil && n.newest-p.opened > hold; p = n.first {
		a.stats.Expired++
		dst = a.close(dst, p)
	}
	return dst
}

// expireFar closes what MaxDistance says.
func (a *Assembler) expireFar(dst []*event.Event) []*event.Event {
	for p := a.oldest; p != nil && a.added-p.number > a.opts.MaxDistance; p = a.oldest {
		a.stats.Expired++
		dst = a.close(dst, p)
	}
	return dst
}

// evict closes the oldest open event to make room.
func (a *Assembler) evict(dst []*event.Event) []*event.Event {
	a.stats.Evicted++
	return a.close(dst, a.oldest)
}

// Flush closes all open events: at the end of the input, or when a live source has been idle for
// Hold of wall time. It ends the events that were returned before.
func (a *Assembler) Flush(dst []*event.Event) []*event.Event {
	a.reuse()
	for p := a.oldest; p != nil; p = a.oldest {
		a.stats.Expired++
		dst = a.close(dst, p)
	}
	return dst
}

// LowWater returns the Mark of the oldest record that an open event needs; false if none is open.
func (a *Assembler) LowWater() (mark uint64, ok bool) {
	if p := a.oldest; p != nil {
		return p.mark, true
	}
	return 0, false
}

// link puts p at the end of its node's list and of the list of all.
func (a *Assembler) link(p *pending) {
	n := p.node
	if p.prev = n.last; p.prev != nil {
		p.prev.next = p
	} else {
		n.first = p
	}
	n.last = p
	if p.older = a.newest; p.older != nil {
		p.older.newer = p
	} else {
		a.oldest = p
	}
	a.newest = p
}

func (a *Assembler) unlink(p *pending) {
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		p.node.first = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		p.node.last = p.prev
	}
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
}
