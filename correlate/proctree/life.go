package proctree

import "github.com/auditpy/auditpy/internal/audit"

// life is what a process keeps over its execs.
type life struct {
	refs     int      // nodes that hold it
	seen     int64    // last event of it, Unix milliseconds
	exited   audit.ID // its end; zero if that was not seen
	position int      // host.position when it was last known to be alive
	matched  bool     // the record of the fork that made it has come
	likely   bool     // of a claim: its pid is one that the host gave out just then
	// Forks of it that no process is known of yet: those of what it runs now, and those of what it, or a descendant
	// that has ended, ran else.
	same, other int
	otherAt     int64 // when other last grew
}

// forget is how long, in milliseconds of event time, a fork that no process is known of makes another child's origin
// doubtful: it may have been a thread.
const forget = 60_000

func (l *life) addOther(n int, msec int64) {
	if msec-l.otherAt > forget {
		l.other = 0
	}
	if n > 0 {
		l.other, l.otherAt = l.other+n, msec
	}
}

// born gives n a life of its own.
func (t *Tree) born(n *node, msec int64, position int) {
	if len(t.dead) == 0 {
		slab := make([]life, 64)
		for i := range slab {
			t.dead = append(t.dead, &slab[i])
		}
	}
	i := len(t.dead) - 1
	n.life, t.dead = t.dead[i], t.dead[:i]
	*n.life = life{refs: 1, seen: msec, position: position}
}

func (t *Tree) share(n, of *node) {
	n.life = of.life
	n.life.refs++
}

func (t *Tree) leave(n *node) {
	if n.life == nil {
		return
	}
	if n.life.refs--; n.life.refs == 0 {
		t.dead = append(t.dead, n.life)
	}
	n.life = nil
}

func (l *life) ended() bool { return l.exited.Serial != 0 }

// exit records the end of n. The forks that no process is known of go to its parent, as their processes may.
func (x *call) exit(n *node) {
	l, now := n.life, x.ev.ID.Msec
	if l.ended() {
		return
	}
	l.exited = x.ev.ID
	p := n.parent
	if p == nil {
		return
	}
	l.addOther(0, now)
	if n.proc.Image == p.proc.Image && p.proc.Image != (audit.ID{}) {
		p.life.same += l.same
	} else {
		p.life.addOther(l.same, now)
	}
	p.life.addOther(l.other, now)
}
