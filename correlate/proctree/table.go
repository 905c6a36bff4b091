package proctree

// key is a pid of a host: not unique over time, since pids are used again. As one number it takes half as long to hash.
type key uint64

// maxPID is the kernel's own bound (include/linux/threads.h, PID_MAX_LIMIT).
const maxPID = 1 << 22

// possible reports whether the kernel may have given out pid.
func possible(pid int) bool { return pid >= 0 && pid <= maxPID }

func (h *host) key(pid int) key { return key(h.number)<<32 | key(uint32(pid)) }

func (k key) host() int { return int(k >> 32) }

func (k key) pid() int { return int(uint32(k)) }

// entry is a pid in the table.
type entry struct {
	key        key
	node       *node         // nil if only claimed
	claims     [claims]*node // the newest last
	prev, next *entry
}

// get returns the entry of a pid, or nil, and makes it the most recently seen.
func (t *Tree) get(k key) *entry {
	e := t.table.get(k)
	if e != nil {
		e.unlink()
		t.ring.append(e)
	}
	return e
}

// put makes n the process of a pid.
func (t *Tree) put(k key, n *node) {
	e := t.at(k)
	n.refs++
	t.charge(n)
	t.replace(&e.node, n)
}

// at returns the entry of a pid, a new one if there is none.
func (t *Tree) at(k key) *entry {
	if e := t.get(k); e != nil {
		return e
	}
	if len(t.spare) == 0 {
		slab := make([]entry, 64)
		for i := range slab {
			t.spare = append(t.spare, &slab[i])
		}
	}
	n := len(t.spare) - 1
	e := t.spare[n]
	t.spare = t.spare[:n]
	e.key = k
	t.bytes += t.table.put(k, e)
	t.ring.append(e)
	return e
}

// replace puts n, held for this, where *at is.
func (t *Tree) replace(at **node, n *node) {
	old := *at
	*at = n
	if old != nil {
		t.release(old)
	}
}

// bound evicts what is over a bound.
func (t *Tree) bound() {
	for t.table.count > 0 && (t.table.count > t.opts.Max || t.bytes > t.opts.MaxBytes) {
		t.stats.Evicted++
		if t.gone.next != &t.gone {
			t.drop(t.gone.next)
		} else {
			t.drop(t.ring.next)
		}
	}
}

func (t *Tree) drop(e *entry) {
	e.unlink()
	t.bytes -= t.table.remove(e.key)
	t.replace(&e.node, nil)
	t.dropClaims(e)
	*e = entry{}
	t.spare = append(t.spare, e)
}

// append puts last at the end of the list whose sentinel is e.
func (e *entry) append(last *entry) {
	last.prev, last.next = e.prev, e
	last.prev.next, last.next.prev = last, last
}

// bury moves the entry of a process that has ended.
func (t *Tree) bury(k key) {
	if e := t.table.get(k); e != nil {
		e.unlink()
		t.gone.append(e)
	}
}

func (e *entry) unlink() { e.prev.next, e.next.prev = e.next, e.prev }
