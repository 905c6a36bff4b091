package assemble

import "github.com/auditpy/auditpy/internal/audit"

// State is what a restart needs: an Assembler that is made with it, and given the records from LowWater on, goes on where
// the other one was. It returns the events that the other had not returned, and takes no record twice. (Where a bound closes
// an event, or a clock is set back just then, the two may differ in when.)
type State struct {
	Done   []audit.ID // events returned, in that order: their records are late
	Given  uint64     // records from LowWater on that the other was given
	Clocks []Clock
}

// Clock is the newest time of a node.
type Clock struct {
	Node string
	Msec int64
}

// State returns what is to be kept with LowWater. There are no more than MaxDone events in it and MaxNodes clocks.
func (a *Assembler) State() State {
	s := State{Given: a.added + 1 - a.needed()}
	for _, r := range a.recent.list[a.recent.gone:] {
		s.Done = append(s.Done, r.id)
	}
	for _, n := range a.nodes {
		s.Clocks = append(s.Clocks, Clock{n.name, n.before()})
	}
	return s
}

// before is the clock of a node as it was before the first record of it that is still needed.
func (n *node) before() int64 {
	msec := n.newest
	for _, q := range []*queue{&n.calls, &n.loose} {
		if q.first != nil {
			msec = min(msec, q.first.opened)
		}
	}
	return msec
}

func (a *Assembler) restore(s State) {
	for _, id := range s.Done {
		n := a.nodeNamed(id.Node)
		a.forgo(n, n.stamp(id))
		a.recent.add(recent{id, s.Given})
	}
	for _, c := range s.Clocks {
		a.nodeNamed(c.Node).newest = c.Msec
	}
}

// needed is the number of the oldest record that is needed, among those given to Add: that of LowWater.
func (a *Assembler) needed() uint64 {
	if a.oldest != nil {
		return a.oldest.number
	}
	return a.added + 1
}

// recents are events returned, the oldest first.
type recents struct {
	list []recent
	gone int // of list, forgotten
}

type recent struct {
	id   audit.ID
	last uint64 // number of a record at least as far as its last one
}

// add appends an event, in the place of those forgotten if they are many.
func (s *recents) add(r recent) {
	if len(s.list) == cap(s.list) && s.gone > len(s.list)/2 {
		s.list, s.gone = append(s.list[:0], s.list[s.gone:]...), 0
	}
	s.list = append(s.list, r)
}

// minRecent is how many events are remembered in any case: a record of one may come late, after a restart too.
const minRecent = 1024

// remember notes an event that is returned, and forgets those of which no record can be read again.
func (a *Assembler) remember(id audit.ID, last uint64) {
	s := &a.recent
	s.add(recent{id, last})
	needed := a.needed()
	for n := len(s.list) - s.gone; n > a.opts.MaxDone || n > minRecent && s.list[s.gone].last < needed; n-- {
		s.gone++
	}
}
