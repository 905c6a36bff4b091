package assemble

import "github.com/auditpy/auditpy/internal/event"

// tick moves the clock of a node. A clock that was set back shows in many records in a row: one alone is of a system
// call that blocked for long.
func (a *Assembler) tick(n *node, msec int64) {
	if msec >= n.newest-a.opts.Hold.Milliseconds() {
		n.newest, n.behind = max(n.newest, msec), 0
		return
	}
	const many = 256
	if n.behind++; n.behind < many {
		return
	}
	n.newest, n.behind = msec, 0
	for _, q := range []*queue{&n.calls, &n.loose} {
		for p := q.first; p != nil; p = p.next {
			if !p.torn {
				p.opened = min(p.opened, msec)
			}
		}
	}
}

func (a *Assembler) expire(dst []*event.Event, n *node) []*event.Event {
	due := n.newest - a.opts.Hold.Milliseconds()
	for p := n.loose.first; p != nil && (p.torn || p.opened < due); {
		next := p.next
		if p.opened < due {
			dst = a.expired(dst, p)
		}
		p = next
	}
	if n.calls.first == nil || n.calls.first.opened >= due {
		return dst
	}
	for p := n.calls.first; p != nil && p.opened < due; p = n.calls.first {
		dst = a.expired(dst, p)
	}
	return a.release(dst, n)
}

// expired closes and returns p, the oldest of its queue.
func (a *Assembler) expired(dst []*event.Event, p *pending) []*event.Event {
	if !p.closed {
		a.stats.Expired++
		a.close(p)
	}
	return a.emit(dst, p)
}

// expireFar closes what MaxDistance says.
func (a *Assembler) expireFar(dst []*event.Event) []*event.Event {
	for p := a.far(); p != nil; p = a.far() {
		dst = a.expired(dst, p)
		dst = a.release(dst, p.node)
	}
	return dst
}

// far returns an event that was opened too many records ago; one with a torn record may wait for a whole log.
func (a *Assembler) far() *pending {
	const log = 64
	for p := a.oldest; p != nil && a.added-p.number > a.opts.MaxDistance; p = p.newer {
		if !p.torn || a.added-p.number > log*a.opts.MaxDistance {
			return p
		}
	}
	return nil
}

// evict closes the oldest event to make room.
func (a *Assembler) evict(dst []*event.Event) []*event.Event {
	p := a.oldest
	a.stats.Evicted++
	if !p.closed {
		a.close(p)
	}
	dst = a.emit(dst, p)
	return a.release(dst, p.node)
}

// Flush closes all open events: at the end of the input, or when a live source has been idle for
// Hold of wall time. It ends the events that were returned before.
func (a *Assembler) Flush(dst []*event.Event) []*event.Event {
	a.reuse()
	for a.oldest != nil {
		dst = a.expired(dst, a.oldest)
	}
	return dst
}

// Overtake returns the events that are whole and wait only for others before them: when a live source has nothing more for
// now, those will not come at once. It ends the events that were returned before.
func (a *Assembler) Overtake(dst []*event.Event) []*event.Event {
	a.reuse()
	for p := a.oldest; p != nil; {
		n, next := p.node, p.newer
		if p.in == &n.calls && !p.closed {
			p.in.remove(p)
			p.prev, p.next = nil, nil
			n.loose.insert(p)
		}
		p = next
	}
	for p := a.oldest; p != nil; {
		next := p.newer
		if p.closed {
			dst = a.emit(dst, p)
		}
		p = next
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
