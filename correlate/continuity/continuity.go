// Package continuity tells from the serials of records whether some are missing, and whether a log was put together or
// turned back.
//
// What surprised us: the kernel takes a serial only after it made sure that there is room, so records that it lost for want
// of room leave no gap; a gap is of a queue after the kernel, of a rule that excludes, or of somebody who took lines
// out. The time of a record is when its system call began, so one alone may be hours old: only the serial orders. auditd's
// own records count on their own and are left out.
//
// The invariant: a serial is counted as missing once, and only when it can no longer come: the Window newest serials of a
// node may come in any order. It never reads the clock. An owner is one goroutine.
package continuity

import (
	"math/bits"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// Window is how many serials of a node may come in any order. Records of all processors come through one queue, so
// they are a few apart; of two sources one may be behind.
const Window = 4096

// Options bound a Ledger. Zero fields take the default in brackets.
type Options struct {
	MaxNodes int // hosts that are told apart; records of more are not looked at [1024]
}

// Stats count what was seen.
type Stats struct {
	Records  uint64 `json:"records"`  // looked at
	Missing  uint64 `json:"missing"`  // serials that never came
	Gaps     uint64 `json:"gaps"`     // runs of them
	Boots    uint64 `json:"boots"`    // times that the serials of a host began anew
	Backward uint64 `json:"backward"` // times that serials and time both went back: read again, or put there
	Crowded  uint64 `json:"crowded"`  // records of nodes over MaxNodes
}

// Kind says what a Finding is.
type Kind int

// The kinds of Finding.
const (
	Gap      Kind = iota + 1 // serials First to Last are missing
	Boot                     // serials began anew, at First
	Backward                 // after serial Last came First, which is older by time too
)

func (k Kind) String() string {
	return [...]string{"none", "gap", "boot", "backward"}[k]
}

// Finding is what one record showed.
type Finding struct {
	Kind        Kind
	Node        string // shares memory with the Ledger
	Msec        int64  // of the newest record of the node
	First, Last uint64 // serials
}

// Ledger follows the serials of nodes.
type Ledger struct {
	max   int
	nodes map[string]*node
	last  *node // of the record before
	stats Stats
}

// node is the window of one host.
type node struct {
	name string
	next uint64                // one more than the newest serial
	low  uint64                // serials below it are settled: seen, or counted as missing
	msec int64                 // time of the newest serial
	seen [Window / 64]uint64   // bit of serial s is s mod Window
	run  struct{ a, b uint64 } // missing serials that are not told yet; b 0: none
	back bool                  // the last record went backward: told once for all in a row
}

// New returns an empty Ledger.
func New(o Options) *Ledger {
	if o.MaxNodes <= 0 {
		o.MaxNodes = 1024
	}
	return &Ledger{max: o.MaxNodes, nodes: make(map[string]*node)}
}

// Stats returns the counters.
func (l *Ledger) Stats() Stats { return l.stats }

// Observe takes a record in the order in which it was read and appends what it shows to dst.
func (l *Ledger) Observe(dst []Finding, r *audit.Record) []Finding {
	if r.Type.Daemon() || r.ID.Serial == 0 {
		return dst
	}
	n := l.node(r.ID.Node)
	if n == nil {
		l.stats.Crowded++
		return dst
	}
	l.stats.Records++
	s := r.ID.Serial
	switch {
	case n.next == 0:
		n.begin(s, r.ID.Msec)
	case s >= n.next:
		n.back = false
		dst = l.forward(dst, n, s)
		n.msec = max(n.msec, r.ID.Msec)
	case s >= n.low:
		n.mark(s)
	case r.ID.Msec > n.msec:
		dst = l.boot(dst, n, s, r.ID.Msec)
	default:
		dst = l.backward(dst, n, s)
	}
	return dst
}

func (l *Ledger) node(name string) *node {
	if n := l.last; n != nil && n.name == name {
		return n
	}
	n := l.nodes[name]
	if n == nil {
		if len(l.nodes) >= l.max {
			return nil
		}
		n = &node{name: strings.Clone(name)}
		l.nodes[n.name] = n
	}
	l.last = n
	return n
}

// begin starts at s: what was before the first record is not missing, and some of it may still come.
func (n *node) begin(s uint64, msec int64) {
	*n = node{name: n.name, next: s + 1, low: max(s, Window) - Window + 1, msec: msec}
	for i := n.low; i <= s; i++ {
		n.mark(i)
	}
}

func (n *node) mark(s uint64) { n.seen[s%Window/64] |= 1 << (s % 64) }

func (n *node) has(s uint64) bool { return n.seen[s%Window/64]&(1<<(s%64)) != 0 }

// forward moves the window so that s is its newest.
func (l *Ledger) forward(dst []Finding, n *node, s uint64) []Finding {
	if s >= n.next+Window { // none of the window can be in it any more
		dst = l.settle(dst, n, n.next)
		l.miss(n, n.next, s-Window+1)
		n.seen = [Window / 64]uint64{}
		n.low = s - Window + 1
	} else if s >= Window {
		dst = l.settle(dst, n, s-Window+1)
	}
	n.next = s + 1
	n.mark(s)
	return dst
}

// settle decides the serials below end.
func (l *Ledger) settle(dst []Finding, n *node, end uint64) []Finding {
	for n.low < end {
		if n.low%64 == 0 && end-n.low >= 64 && n.seen[n.low%Window/64] == ^uint64(0) { // 64 at once
			n.seen[n.low%Window/64] = 0
			dst = l.tell(dst, n)
			n.low += 64
			continue
		}
		if n.has(n.low) {
			n.seen[n.low%Window/64] &^= 1 << (n.low % 64)
			dst = l.tell(dst, n)
		} else {
			l.miss(n, n.low, n.low+1)
		}
		n.low++
	}
	return dst
}

// miss notes the serials a to b-1 as missing.
func (l *Ledger) miss(n *node, a, b uint64) {
	l.stats.Missing += b - a
	if n.run.b == a {
		n.run.b = b
		return
	}
	n.run.a, n.run.b = a, b
	l.stats.Gaps++
}

// tell appends the run of missing serials that has ended.
func (l *Ledger) tell(dst []Finding, n *node) []Finding {
	if n.run.b == 0 {
		return dst
	}
	dst = append(dst, Finding{Gap, n.name, n.msec, n.run.a, n.run.b - 1})
	n.run.a, n.run.b = 0, 0
	return dst
}

// boot begins anew at s, after what was open is decided.
func (l *Ledger) boot(dst []Finding, n *node, s uint64, msec int64) []Finding {
	dst = l.close(dst, n)
	l.stats.Boots++
	n.begin(s, msec)
	return append(dst, Finding{Boot, n.name, msec, s, s})
}

func (l *Ledger) backward(dst []Finding, n *node, s uint64) []Finding {
	if n.back {
		return dst
	}
	n.back = true
	l.stats.Backward++
	return append(dst, Finding{Backward, n.name, n.msec, s, n.next - 1})
}

func (l *Ledger) close(dst []Finding, n *node) []Finding {
	return l.tell(l.settle(dst, n, n.next), n)
}

// Flush decides all serials up to the newest, at the end of a log: what is missing then does not come.
func (l *Ledger) Flush(dst []Finding) []Finding {
	for _, n := range l.nodes {
		dst = l.close(dst, n)
	}
	return dst
}

// Open returns how many serials of all nodes may still come: an upper bound of what Missing will grow by.
func (l *Ledger) Open() int {
	open := 0
	for _, n := range l.nodes {
		open += int(n.next - n.low)
		for _, w := range n.seen {
			open -= bits.OnesCount64(w)
		}
	}
	return open
}
