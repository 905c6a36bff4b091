package assemble

import "github.com/auditpy/auditpy/internal/event"

func (a *Assembler) expire(dst []*event.Event, n *node) []*event.Event {
	hold := a.opts.Hold.Milliseconds()
	if n.first == nil || n.newest-n.first.opened <= hold {
		return dst
	}
	for p := n.first; p != nil && n.newest-p.opened > hold; p = p.next {
		a.expired(p)
	}
	return a.release(dst, n)
}

func (a *Assembler) expired(p *pending) {
	if !p.closed {
		a.stats.Expired++
		a.close(p)
	}
}

// expireFar closes what MaxDistance says.
func (a *Assembler) expireFar(dst []*event.Event) []*event.Event {
	for p := a.oldest; p != nil && a.added-p.number > a.opts.MaxDistance; p = a.oldest {
		a.expired(p)
		dst = a.release(dst, p.node)
	}
	return dst
}

// evict closes the oldest event to make room. It is the first of its node, so that one is returned at least.
func (a *Assembler) evict(dst []*event.Event) []*event.Event {
	p := a.oldest
	a.stats.Evicted++
	if !p.closed {
		a.close(p)
	}
	return a.release(dst, p.node)
}

// Flush closes all open events: at the end of the input, or when a live source has been idle for
// Hold of wall time. It ends the events that were returned before.
func (a *Assembler) Flush(dst []*event.Event) []*event.Event {
	a.reuse()
	for p := a.oldest; p != nil; p = p.newer {
		a.expired(p)
	}
	for a.oldest != nil {
		dst = a.release(dst, a.oldest.node)
	}
	return dst
}

// LowWater returns the Mark of the oldest record that an event not returned yet needs; false if there is none.
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

// unlink counts p as returned.
func (a *Assembler) unlink(p *pending) {
	a.count--
	a.held -= p.bytes
	a.stats.Events++
	a.returned = append(a.returned, p)
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
