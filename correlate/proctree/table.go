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
	e.size = size(e.proc)
	t.bytes += e.size
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
	t.bytes -= e.size
}

// size is what a process costs: its texts, and a header for each argument. Ancestors are charged to whom they
// belong; a large one is charged to each child too, since the child keeps it after it was evicted.
func size(p *event.Process) int {
	n := own(p)
	for a := p.Parent; a != nil; a = a.Parent {
		if m := own(a); m > largeProcess {
			n += m
		}
	}
	return n
}

func own(p *event.Process) int {
	return len(p.CommandLine) + len(p.Exe) + len(p.CWD) + 16*len(p.Args)
}

const largeProcess = 4 << 10

func (e *entry) unlink() { e.prev.next, e.next.prev = e.next, e.prev }
