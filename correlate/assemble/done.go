package assemble

import "github.com/auditpy/auditpy/internal/audit"

// done remembers the last IDs closed. A record that comes later must not open, and alert on, its
// event again.
type done struct {
	set  map[audit.ID]struct{}
	ring []audit.ID
	next int
}

func newDone(max int) done {
	return done{set: make(map[audit.ID]struct{}), ring: make([]audit.ID, 0, max)}
}

func (d *done) has(id audit.ID) bool {
	_, ok := d.set[id]
	return ok
}

func (d *done) add(id audit.ID) {
	if d.has(id) {
		return
	}
	d.set[id] = struct{}{}
	if len(d.ring) < cap(d.ring) {
		d.ring = append(d.ring, id)
		return
	}
	delete(d.set, d.ring[d.next])
	d.ring[d.next] = id
	d.next = (d.next + 1) % len(d.ring)
}
