// Package assemble joins audit records that share an ID into events.
//
// Records of different events interleave, a log file has no EOE record, and an event's own time is
// taken when its system call began: a blocking accept arrives seconds behind its time. So an
// Assembler holds an event open until its last record (PROCTITLE in a log file, EOE on netlink) and those it says
// it has, or until the newest time seen on its node has moved on by Options.Hold since it was opened. It never
// reads the clock: the same input gives the same events, however the records of different events are mixed.
//
// Events of one node are returned in the order of their first records, which is mostly that of their serials: a fork before
// what its child does, although the records of the child may end first. Events without a SYSCALL record, which may
// have no end, keep up none that came after them, and those whose end was lost no longer than Options.Wait.
//
// Records are copied, so Add may be given views of a buffer. Events lie in memory that is used again: they are valid
// until the next call of Add or Flush.
package assemble

import (
	"hash/fnv"
	"strings"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// Options bound an Assembler. Zero fields take the default in brackets.
type Options struct {
	MaxOpen    int           // open events; over it the oldest is closed unfinished [4096]
	MaxRecords int           // records of one event; more are dropped [4096]
	MaxBytes   int           // bytes of one event; more are dropped [4 MiB]
	MaxHeld    int           // bytes of all open events; over it the oldest is closed unfinished [16 MiB]
	MaxDone    int           // closed events remembered, to know a late record [16384]
	MaxNodes   int           // nodes that are told apart; more share one clock [65536]
	Hold       time.Duration // event time after which an unfinished event is closed [2 s]
	Wait       time.Duration // event time that events wait for an unfinished one before them, to be returned in order [50 ms]
	// MaxDistance is the number of records after which an unfinished event is closed whatever their times: its node
	// may have fallen silent, or set its clock back [65536].
	MaxDistance uint64
	State       State // of the Assembler before a restart
}

func (o Options) withDefaults() Options {
	def := func(p *int, n int) {
		if *p <= 0 {
			*p = n
		}
	}
	def(&o.MaxOpen, 4096)
	def(&o.MaxRecords, 4096)
	def(&o.MaxBytes, 4<<20)
	def(&o.MaxHeld, 16<<20)
	def(&o.MaxDone, 16384)
	def(&o.MaxNodes, 65536)
	if o.Hold <= 0 {
		o.Hold = 2 * time.Second
	}
	if o.Wait <= 0 {
		o.Wait = 50 * time.Millisecond
	}
	if o.MaxDistance == 0 {
		o.MaxDistance = 65536
	}
	return o
}

// Stats count what went through and what the bounds cost.
type Stats struct {
	Records uint64 `json:"records"` // taken into an event
	Events  uint64 `json:"events"`
	Expired uint64 `json:"expired"` // closed by Hold or Flush before the last record
	Evicted uint64 `json:"evicted"` // closed by MaxOpen or MaxHeld
	Dropped uint64 `json:"dropped"` // records over MaxRecords or MaxBytes
	Late    uint64 `json:"late"`    // records of an event already closed
	Doubled uint64 `json:"doubled"` // records that an open event had already
	Crowded uint64 `json:"crowded"` // records of nodes over MaxNodes
}

// Assembler joins records. It is for one goroutine.
type Assembler struct {
	opts     Options
	open     map[stamp]*pending // those that other events came between; the last one is in none if its records stand together
	count    int                // events not returned yet
	last     *pending           // the event of the record before, if it is open
	oldest   *pending           // first of the list of all open events
	newest   *pending
	nodes    map[string]*node
	node     *node // of the record before
	done     done
	stats    Stats
	added    uint64 // records given to Add
	held     int    // bytes of all events not returned yet
	recent   recents
	free     []*pending
	returned []*pending // events handed out, to be used again
}

// stamp is an audit.ID whose node is a number: half the time to hash.
type stamp struct {
	msec   int64
	serial uint64
	node   int
}

// node is the clock of one host and its events that are not returned yet, the oldest first.
type node struct {
	name   string
	number int
	newest int64
	behind int   // records in a row that are far older
	closed stamp // the greatest of the events that were closed
	calls  queue // events with a SYSCALL record: they are returned in order
	loose  queue // events without one, or not yet: they may have no end
}

func (n *node) stamp(id audit.ID) stamp {
	if n.name == manyNodes { // of several: their numbers are apart from all others
		return stamp{id.Msec, id.Serial, -1 - int(hash(id.Node))}
	}
	return stamp{id.Msec, id.Serial, n.number}
}

// before reports whether s is of an older event than t.
func (s stamp) before(t stamp) bool {
	return s.msec < t.msec || s.msec == t.msec && s.serial < t.serial
}

func hash(name string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(name))
	return h.Sum32()
}

// New returns an empty Assembler.
func New(o Options) *Assembler {
	o = o.withDefaults()
	a := &Assembler{opts: o, open: make(map[stamp]*pending), nodes: make(map[string]*node), done: newDone(o.MaxDone)}
	a.restore(o.State)
	return a
}

// Stats returns the counters.
func (a *Assembler) Stats() Stats { return a.stats }

// Open returns the number of events that are not returned yet.
func (a *Assembler) Open() int { return a.count }

// Add takes a record and appends the events it closed to dst: its own if it was the last, and those
// that Hold or a bound closed, these first. It ends the events that it returned before.
func (a *Assembler) Add(dst []*event.Event, r audit.Record) []*event.Event {
	a.reuse()
	n := a.nodeNamed(r.ID.Node)
	a.tick(n, r.ID.Msec)
	dst = a.expire(dst, n)
	dst = a.overtake(dst, n, n.newest-a.opts.Wait.Milliseconds())
	if a.added++; a.added%1024 == 0 {
		dst = a.expireFar(dst)
	}
	p := a.last
	if p == nil || p.stamp != n.stamp(r.ID) {
		var late bool
		if p, late = a.find(n, &r); late {
			return dst
		}
		if p == nil {
			if a.count >= a.opts.MaxOpen {
				dst = a.evict(dst)
			}
			p = a.start(n, &r)
		}
		a.turn(p)
	}
	a.take(p, &r)
	if p.finished() {
		a.close(p)
		if p.in == &n.calls {
			dst = a.release(dst, n)
		} else {
			dst = a.emit(dst, p)
		}
	}
	for a.held > a.opts.MaxHeld {
		dst = a.evict(dst)
	}
	return dst
}

// find returns the open event of a record, nil if it begins one. Late is a record of a closed one.
func (a *Assembler) find(n *node, r *audit.Record) (p *pending, late bool) {
	s := n.stamp(r.ID)
	if len(a.open) > 0 {
		if p := a.open[s]; p != nil {
			return p, false
		}
	}
	if r.Type == audit.EOE { // the one after PROCTITLE
		return nil, true
	}
	if !n.closed.before(s) && a.done.has(s) {
		a.stats.Late++
		return nil, true
	}
	return nil, false
}

// turn makes p the event of the record before.
func (a *Assembler) turn(p *pending) {
	if old := a.last; old != nil && !old.mapped {
		a.open[old.stamp] = old
		old.mapped = true
	}
	a.last = p
}

func (a *Assembler) nodeNamed(name string) *node {
	if n := a.node; n != nil && n.name == name {
		return n
	}
	n := a.nodes[name]
	if n == nil {
		n = a.addNode(name)
	}
	a.node = n
	return n
}

func (a *Assembler) addNode(name string) *node {
	if len(a.nodes) >= a.opts.MaxNodes {
		a.stats.Crowded++
		if n := a.nodes[manyNodes]; n != nil {
			return n
		}
		name = manyNodes
	}
	n := &node{name: strings.Clone(name), number: len(a.nodes) + 1} // from 1: stamp 0 is a free place of done
	a.nodes[n.name] = n
	return n
}

// manyNodes is the name of the node whose clock and order records over MaxNodes share. It is not "", which is this host.
const manyNodes = "?"

func (a *Assembler) start(n *node, r *audit.Record) *pending {
	p := a.fresh()
	p.stamp, p.node, p.opened, p.number, p.mark = n.stamp(r.ID), n, n.newest, a.added, r.Mark
	p.ev.ID = audit.ID{Node: n.name, Msec: r.ID.Msec, Serial: r.ID.Serial}
	if n.name == manyNodes {
		p.ev.ID.Node = strings.Clone(r.ID.Node)
	}
	a.link(p, r.Type == audit.Syscall)
	return p
}

func (a *Assembler) take(p *pending, r *audit.Record) {
	if r.Type == audit.EOE {
		p.ended = true
		return
	}
	size := len(r.Body) + len(r.Enriched)
	if a.full(p, r, size) {
		a.exceed(p, r)
		return
	}
	if p.has(r) {
		a.stats.Doubled++
		return
	}
	a.stats.Records++
	p.bytes += size
	a.held += size
	if !p.torn || !p.mend(r) {
		p.add(r)
	}
}

// close ends an event.
func (a *Assembler) close(p *pending) {
	if p.mapped {
		delete(a.open, p.stamp)
	}
	if a.last == p {
		a.last = nil
	}
	a.forgo(p.node, p.stamp)
	p.finish()
	p.closed = true
}

// forgo remembers that an event is closed. That it is the greatest so far tells of most new ones that they are not.
func (a *Assembler) forgo(n *node, s stamp) {
	a.done.add(s)
	if n.closed.before(s) {
		n.closed = s
	}
}
