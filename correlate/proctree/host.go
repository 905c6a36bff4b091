package proctree

import (
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// host is one node with its allocation of pids.
//
// The kernel gives out pids in order and starts again at the lowest when it has reached the highest, so a pid cannot
// be another process's before the newest pid has passed it. cursor is the newest pid known to be in use by a new process.
type host struct {
	name   string
	number int
	cursor int
	laps   int // times that the cursor began anew
	far    int // new pids in a row that lie far off the cursor
	serial uint64
	msec   int64
}

// near is how far the next new pid seen lies from the one before, at most: forks that were not seen lie between them.
const near = 4096

// maxHosts bounds the hosts that are told apart; more share one, which is not this one.
const (
	maxHosts  = 65536
	manyHosts = "?"
)

func (t *Tree) host(ev *event.Event) *host {
	h := t.last
	if h == nil || h.name != ev.ID.Node {
		h = t.hostNamed(ev.ID.Node)
		t.last = h
	}
	if h.booted(ev) {
		t.forget(h)
	}
	return h
}

func (t *Tree) hostNamed(name string) *host {
	h := t.hosts[name]
	if h != nil {
		return h
	}
	if len(t.hosts) >= maxHosts {
		t.stats.Crowded++
		return t.hosts[manyHosts]
	}
	h = &host{name: strings.Clone(name), number: t.number()}
	t.hosts[h.name] = h
	return h
}

// Record types, from include/uapi/linux/audit.h and libaudit.h.
const (
	daemonStart audit.Type = 1200
	daemonLast  audit.Type = 1299
	abend       audit.Type = 1701 // a process is ended by a signal and dumps its core
)

// booted reports whether the event is the first of a new boot: serials begin anew while time goes on. What auditd
// says of itself has serials of its own.
func (h *host) booted(ev *event.Event) bool {
	if len(ev.Records) == 0 {
		return false
	}
	kind := ev.Records[0].Type
	if kind >= daemonStart && kind <= daemonLast {
		return false
	}
	const serials, msecs = 8, 10_000 // over what records of one boot are out of order
	fell := ev.ID.Serial+serials < h.serial && ev.ID.Msec > h.msec+msecs
	// SYSTEM_BOOT comes from user space, where a container can write it too: it counts after a silence only, and not
	// after a boot that was seen already.
	silent := h.msec > 0 && ev.ID.Msec > h.msec+msecs/2
	boot := fell || kind == audit.SystemBoot && silent
	if boot || ev.ID.Serial > h.serial {
		h.serial = ev.ID.Serial
	}
	h.msec = max(h.msec, ev.ID.Msec)
	return boot
}

// forget leaves all processes of a host to be evicted: it gets another number, so that none is found.
func (t *Tree) forget(h *host) {
	t.stats.Boots++
	h.number = t.number()
	h.cursor, h.far, h.laps = 0, 0, 0
}

func (t *Tree) number() int {
	t.numbers++
	return t.numbers
}

// fresh takes the pid of a process that was not known before. A process may be old and new to us only, so one pid far
// off moves nothing; three in a row do.
func (h *host) fresh(pid int) {
	step := pid - h.cursor
	switch {
	case h.cursor == 0 || step > 0 && step <= near:
		h.cursor, h.far = pid, 0
	case step <= 0 && step >= -near: // out of order
		h.far = 0
	default:
		if h.far++; h.far < 3 {
			return
		}
		if step < 0 {
			h.laps++
		}
		h.cursor, h.far = pid, 0
	}
}

// lap is more than the largest pid.
const lap = 2 * maxPID

// position tells how far the allocation of pids has come.
func (h *host) position() int { return h.laps*lap + h.cursor }

// allocated is the position at which pid, of a process that is new now, was given out.
func (h *host) allocated(pid int) int {
	if pid > h.cursor && pid <= h.cursor+near {
		return h.laps*lap + pid
	}
	return h.position()
}

// passed reports whether the allocation has come by pid since it was at position then.
func (h *host) passed(pid, then int) bool {
	next := then - then%lap + pid
	if pid <= then%lap {
		next += lap
	}
	return h.position() >= next
}

// isNear reports whether pid lies near the newest one.
func (h *host) isNear(pid int) bool {
	return h.cursor == 0 || pid >= h.cursor-near && pid <= h.cursor+near
}
