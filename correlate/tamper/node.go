package tamper

import (
	"strconv"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// node is what is known of one host.
type node struct {
	name    string
	unknown bool // not one of Options.Nodes
	running bool // auditd is, as its own records say
	boot    int  // events for which a begin of serials is taken for a boot: something said so

	serial  uint64 // the newest
	back    int    // events in a row whose serials are far behind that
	newest  int64  // the newest time of an event
	behind  int    // events in a row whose time is far behind that
	missing window
	partial window

	limits [32]limit // by place in rules
}

// recently is the number of events after a sign of a boot in which serials may begin again.
const recently = 4096

// window counts within a minute of event time.
type window struct {
	begin int64
	count uint64
	told  bool
}

const minute = 60_000

// add counts n at a time, and reports whether the bound is passed by it, once for each minute.
func (w *window) add(msec int64, n, most uint64) bool {
	if msec >= w.begin+minute || msec < w.begin-minute {
		*w = window{begin: msec}
	}
	w.count += n
	if w.count <= most || w.told {
		return false
	}
	w.told = true
	return true
}

// limit holds back a rule that would match without end: the removal of all rules is an event for each.
type limit struct {
	begin    int64
	admitted int
	held     uint64
}

// perMinute is how many matches of one rule a node may have in a minute of event time.
const perMinute = 3

// admit reports whether a match is let through. One that is tells how many before it were not.
func (n *node) admit(m *rule.Match, msec int64) bool {
	l := &n.limits[place(m.Rule)]
	if msec >= l.begin+minute || msec < l.begin-minute {
		l.begin, l.admitted = msec, 0
	}
	if l.admitted >= perMinute {
		l.held++
		return false
	}
	l.admitted++
	if l.held > 0 {
		m.Evidence = append(m.Evidence, rule.Evidence{Field: "auditpy.held_back", Value: strconv.FormatUint(l.held, 10), Match: "matches of this rule that were held back since the last alert"})
		l.held = 0
	}
	return true
}

func place(of *rule.Meta) int {
	for i, r := range rules {
		if r == of {
			return i
		}
	}
	panic("tamper: a rule that is not in the list")
}

// maxMissing is how many serials may be missing in a minute.
const maxMissing = 64

// serial looks at the place of an event among those of its node.
func (w *Watch) serial(n *node, ev *event.Event) {
	id := ev.ID
	w.clock(n, id)
	if n.boot > 0 {
		n.boot--
	}
	if n.serial == 0 || id.Serial+w.o.Disorder >= n.serial {
		n.back = 0
		w.forward(n, id)
		return
	}
	if n.boot > 0 && id.Msec >= n.newest-setBack {
		w.stats.Boots++
		n.serial, n.boot, n.missing = id.Serial, 0, window{}
		return
	}
	if n.back++; n.back == 1 {
		w.stats.Backwards++
		w.find(serialBack, "auditd.sequence", text(id.Serial), "before", text(n.serial))
	}
	if n.back >= inARow { // not one old event among new ones: this is where the log goes on
		n.serial, n.back, n.missing = id.Serial, 0, window{}
	}
}

// forward takes the serial of an event that is at most a little behind the newest.
func (w *Watch) forward(n *node, id audit.ID) {
	was := n.serial
	if id.Serial <= was {
		if n.missing.count > 0 { // it was not missing
			n.missing.count--
			w.stats.Missing--
		}
		return
	}
	n.serial = id.Serial
	gap := id.Serial - was - 1
	if was == 0 || gap == 0 {
		return
	}
	w.stats.Missing += gap
	if n.missing.add(id.Msec, gap, maxMissing) {
		w.find(serialMissing, "auditd.sequence", text(id.Serial), "before", text(was), "missing", text(n.missing.count))
	}
}

const (
	setBack = 10_000 // milliseconds by which a clock that was set back is behind
	inARow  = 64     // events that show it, or that the log goes on elsewhere
)

func (w *Watch) clock(n *node, id audit.ID) {
	if id.Msec >= n.newest-setBack {
		n.newest, n.behind = max(n.newest, id.Msec), 0
		return
	}
	if n.behind++; n.behind < inARow {
		return
	}
	w.stats.SetBack++
	w.find(clockBack, "msec", strconv.FormatInt(id.Msec, 10), "before", strconv.FormatInt(n.newest, 10))
	n.newest, n.behind = id.Msec, 0
}

// maxPartial is how many events without a SYSCALL record are normal in a minute.
const maxPartial = 16

// partial counts events that hold records of a system call and not the one that says which.
func (w *Watch) partial(n *node, ev *event.Event) {
	if ev.Call != nil || len(ev.Records) == 0 {
		return
	}
	switch ev.Records[0].Type {
	case audit.Path, audit.CWD, audit.Execve, audit.Proctitle:
		w.stats.Partial++
		if n.partial.add(ev.ID.Msec, 1, maxPartial) {
			w.find(partialEvents, "events", text(n.partial.count))
		}
	}
}

func text(n uint64) string { return strconv.FormatUint(n, 10) }
