// Package assemble joins audit records that share an ID into events.
//
// Records of different events interleave, a log file has no EOE record, and an event's own time is
// taken when its system call began: a blocking accept arrives seconds behind its time. So an
// Assembler holds an event open until its last record (PROCTITLE in a log file, EOE on netlink) or
// until the newest time seen on its node has moved on by Options.Hold since it was opened. It never
// reads the clock: the same input gives the same events.
package assemble

import (
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
	MaxHeld    int           // bytes of all open events; over it the oldest is closed unfinished [32 MiB]
	MaxDone    int           // closed events remembered, to know a late record [16384]
	MaxNodes   int           // nodes with a clock of their own; the rest share one [256]
	Hold       time.Duration // event time after which an unfinished event is closed [2 s]
	// MaxDistance is the number of records after which an unfinished event is closed whatever their times: its node
	// may have fallen silent, or set its clock back [65536].
	MaxDistance uint64
	Done        []audit.ID // events closed before a restart: their records are late
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
	def(&o.MaxHeld, 32<<20)
	def(&o.MaxDone, 16384)
	def(&o.MaxNodes, 256)
	if o.Hold <= 0 {
		o.Hold = 2 * time.Second
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
}

// Assembler joins records. It is for one goroutine.
type Assembler struct {
	opts  Options
	open  map[audit.ID]*pending
	nodes map[string]*node
	done  done
	stats Stats
	added uint64 // records given to Add
	held  int    // bytes of all open events
}

// pending is an open event, in the list of its node.
type pending struct {
	ev         *event.Event
	node       *node
	opened     int64  // node.newest when it was opened
	number     uint64 // of the record that opened it
	mark       uint64
	bytes      int
	over       bool // a bound dropped a record
	own        int  // records that no longer share the buffer they were read into
	prev, next *pending
}

// node is the clock of one host and its open events, the oldest first.
type node struct {
	name        string
	newest      int64
	first, last *pending
}

// New returns an empty Assembler.
func New(o Options) *Assembler {
	o = o.withDefaults()
	a := &Assembler{opts: o, open: make(map[audit.ID]*pending), nodes: make(map[string]*node), done: newDone(o.MaxDone)}
	for _, id := range o.Done {
		a.done.add(id)
	}
	return a
}

// Stats returns the counters.
func (a *Assembler) Stats() Stats { return a.stats }

// Open returns the number of open events.
func (a *Assembler) Open() int { return len(a.open) }

// Add takes a record and appends the events it closed to dst: its own if it was the last, and those
// that Hold or a bound closed, these first.
func (a *Assembler) Add(dst []*event.Event, r audit.Record) []*event.Event {
	n := a.node(r.ID.Node)
	r.ID.Node = n.intern(r.ID.Node)
	n.newest = max(n.newest, r.ID.Msec)
	dst = a.expire(dst, n)
	if a.added++; a.added%1024 == 0 {
		dst = a.expireFar(dst)
		a.settle()
	}
	p := a.open[r.ID]
	if p == nil {
		if a.isLate(&r) {
			return dst
		}
		if len(a.open) >= a.opts.MaxOpen {
			dst = a.evict(dst)
		}
		p = a.start(n, &r)
	}
	a.take(p, r)
	if last(r.Type) {
		p.ev.Complete = !p.over
		dst = a.close(dst, p)
	}
	for a.held > a.opts.MaxHeld {
		dst = a.evict(dst)
	}
	return dst
}

// last reports whether an event ends with a record of this type. In all system call events of a log
// file PROCTITLE was seen to be the last; on netlink EOE follows it.
func last(t audit.Type) bool { return t == audit.Proctitle || t == audit.EOE || t.Single() }

// isLate reports, and counts, a record of a closed event. The EOE after PROCTITLE is expected.
func (a *Assembler) isLate(r *audit.Record) bool {
	if r.Type == audit.EOE {
		return true
	}
	if !a.done.has(r.ID) {
		return false
	}
	a.stats.Late++
	return true
}

func (a *Assembler) node(name string) *node {
	n := a.nodes[name]
	if n != nil {
		return n
	}
	name = strings.Clone(name) // it is a part of a large buffer
	if len(a.nodes) >= a.opts.MaxNodes {
		name = "" // also the clock of records without a node
	}
	if n = a.nodes[name]; n == nil {
		n = &node{name: name}
		a.nodes[name] = n
	}
	return n
}

// intern returns the one copy of a node's name that IDs may keep.
func (n *node) intern(name string) string {
	if n.name == name {
		return n.name
	}
	return strings.Clone(name) // one of too many nodes
}

func (a *Assembler) start(n *node, r *audit.Record) *pending {
	p := &pending{ev: &event.Event{ID: r.ID}, node: n, opened: n.newest, number: a.added, mark: r.Mark, prev: n.last}
	if n.last != nil {
		n.last.next = p
	} else {
		n.first = p
	}
	n.last = p
	a.open[r.ID] = p
	return p
}

func (a *Assembler) take(p *pending, r audit.Record) {
	if r.Type == audit.EOE {
		return
	}
	size := len(r.Body) + len(r.Enriched)
	if len(p.ev.Records) >= a.opts.MaxRecords || p.bytes+size > a.opts.MaxBytes {
		a.stats.Dropped++
		p.over = true
		return
	}
	a.stats.Records++
	p.bytes += size
	a.held += size
	p.ev.Records = append(p.ev.Records, r)
}

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
	for p := a.oldest(); p != nil && a.added-p.number > a.opts.MaxDistance; p = a.oldest() {
		a.stats.Expired++
		dst = a.close(dst, p)
	}
	return dst
}

// settle copies the records of events that stay open: a record is a part of the large buffer it was read into, and
// one small record would keep all of it.
func (a *Assembler) settle() {
	for _, p := range a.open {
		for ; p.own < len(p.ev.Records); p.own++ {
			r := &p.ev.Records[p.own]
			r.Body, r.Enriched = strings.Clone(r.Body), strings.Clone(r.Enriched)
		}
	}
}

// evict closes the oldest open event to make room.
func (a *Assembler) evict(dst []*event.Event) []*event.Event {
	oldest := a.oldest()
	a.stats.Evicted++
	return a.close(dst, oldest)
}

// Flush closes all open events: at the end of the input, or when a live source has been idle for
// Hold of wall time.
func (a *Assembler) Flush(dst []*event.Event) []*event.Event {
	for p := a.oldest(); p != nil; p = a.oldest() {
		a.stats.Expired++
		dst = a.close(dst, p)
	}
	return dst
}

// LowWater returns the Mark of the oldest record that an open event needs; false if none is open.
func (a *Assembler) LowWater() (mark uint64, ok bool) {
	if p := a.oldest(); p != nil {
		return p.mark, true
	}
	return 0, false
}

// oldest returns the open event that was opened first, or nil. Marks grow, so they order the heads of
// several nodes; where a source gives none any head will do.
func (a *Assembler) oldest() *pending {
	var old *pending
	for _, n := range a.nodes {
		if n.first != nil && (old == nil || before(n.first, old)) {
			old = n.first
		}
	}
	return old
}

// before orders by mark, then by ID, so that the order does not depend on that of a map.
func before(p, q *pending) bool {
	if p.mark != q.mark {
		return p.mark < q.mark
	}
	if p.ev.ID.Msec != q.ev.ID.Msec {
		return p.ev.ID.Msec < q.ev.ID.Msec
	}
	return p.ev.ID.Serial < q.ev.ID.Serial || p.ev.ID.Serial == q.ev.ID.Serial && p.ev.ID.Node < q.ev.ID.Node
}

func (a *Assembler) close(dst []*event.Event, p *pending) []*event.Event {
	a.unlink(p)
	a.held -= p.bytes
	delete(a.open, p.ev.ID)
	a.done.add(p.ev.ID)
	a.stats.Events++
	p.ev.Exec = exec(p.ev)
	return append(dst, p.ev)
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
}

// exec joins the EXECVE records; nil if there are none, or if the call failed after all.
func exec(ev *event.Event) *event.Exec {
	var argv audit.Argv
	found := false
	for i := range ev.Records {
		switch r := &ev.Records[i]; r.Type {
		case audit.Execve:
			argv.Add(r.Body)
			found = true
		case audit.Syscall:
			if ok, _ := r.Field("success"); ok == "no" {
				return nil
			}
		}
	}
	if !found {
		return nil
	}
	line, args, complete := argv.Join()
	return &event.Exec{Args: args, CommandLine: line, Complete: complete}
}
