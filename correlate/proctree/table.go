package proctree

import "github.com/auditpy/auditpy/internal/event"

// get returns the process of a pid, or nil, and makes it the most recently seen.
func (t *Tree) get(k key) *event.Process {
	e := t.procs[k]
	if e == nil {
		return nil
	}
	e.unlink()
	t.append(e)
	return e.proc
}

// set puts e in place of what its pid had, and evicts what is over a bound.
func (t *Tree) set(e *entry) *entry {
	if old := t.procs[e.key]; old != nil {
		t.remove(old)
	}
	t.procs[e.key] = e
	t.bytes += len(e.proc.CommandLine)
	t.append(e)
	for len(t.procs) > 1 && (len(t.procs) > t.opts.Max || t.bytes > t.opts.MaxBytes) {
		t.stats.Evicted++
		t.remove(t.ring.next)
	}
	return e
}

func (t *Tree) append(e *entry) {
	e.prev, e.next = t.ring.prev, &t.ring
	e.prev.next, e.next.prev = e, e
}

func (t *Tree) remove(e *entry) {
	e.unlink()
	delete(t.procs, e.key)
	t.bytes -= len(e.proc.CommandLine)
}

func (e *entry) unlink() { e.prev.next, e.next.prev = e.next, e.prev }
