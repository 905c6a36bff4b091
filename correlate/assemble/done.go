package assemble

// done remembers the last events closed. A record that comes later must not open, and alert on, its
// event again.
//
// Serials are given out in order, so a table indexed by them is a ring without a search: an event is forgotten when
// ways others took its place, after as many events as there are places. (A map of the same took a tenth of all time.)
type done struct {
	places [][ways]stamp
	mask   uint64
}

// ways is how many events of one place in the order are remembered: several nodes count alike.
const ways = 4

// newDone returns a memory of at least max events.
func newDone(max int) done {
	n := 1
	for n*ways < max {
		n *= 2
	}
	return done{places: make([][ways]stamp, n), mask: uint64(n - 1)}
}

// at returns the place of s. Nodes are numbered from 1: a place that is free has the stamp of no record.
func (d *done) at(s stamp) *[ways]stamp {
	return &d.places[(s.serial+uint64(s.node)*0x9e37)&d.mask]
}

func (d *done) has(s stamp) bool {
	p := d.at(s)
	return p[0] == s || p[1] == s || p[2] == s || p[3] == s
}

// add remembers s, which it does not have.
func (d *done) add(s stamp) {
	p := d.at(s)
	p[3], p[2], p[1], p[0] = p[2], p[1], p[0], s
}
