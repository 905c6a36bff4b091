package correlate

import (
	"math"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// machine is what is unfinished of one key of one sequence.
type machine struct {
	seat
	of     *series
	key    string
	clock  *clock // that of the newest event
	epoch  int    // of clock, when it was last touched
	newest audit.ID

	slots   []*partial // after each step but the last
	hits    []audit.ID // by term that must be missing: the newest event that satisfies it; none: there was none
	pending []*partial // whole, but for the events that must be missing after them; by deadline

	seen  [][]*occurrence // of a sample: by step, the oldest first
	muted bool
	until int64 // muted up to that time
}

// partial is a sequence from its first event on.
type partial struct {
	events   []*occurrence
	lead     audit.ID // the newest event before it that should be missing; none: there was none
	deadline int64    // of a pending one
	ev       *event.Event
	kept     int // bytes of ev
}

func (p *partial) first() audit.ID { return p.events[0].id }
func (p *partial) last() audit.ID  { return p.events[len(p.events)-1].id }

// What things take in memory, about, in bytes.
const (
	machineSize    = 512
	partialSize    = 128
	occurrenceSize = 128
	arrivalSize    = 128
	turnSize       = 96
)

func (m *machine) size() int {
	return machineSize + len(m.key) + 8*len(m.slots) + 40*len(m.hits) + 24*len(m.seen)
}

// none is no event. (An event of another log may have the zero ID.)
var none = audit.ID{Msec: math.MinInt64}

func (m *machine) isEmpty() bool {
	for _, p := range m.slots {
		if p != nil {
			return false
		}
	}
	for _, term := range m.of.lead {
		if m.hits[term] != none {
			return false
		}
	}
	for _, es := range m.seen {
		if len(es) > 0 {
			return false
		}
	}
	return len(m.pending) == 0 && !m.muted
}

// deadline is when the next thing is due in a machine: once its clock is past that.
func (s *sequences) deadline(m *machine) int64 {
	if len(m.pending) > 0 {
		return m.pending[0].deadline + s.reorder
	}
	from := int64(math.MinInt64)
	for _, p := range m.slots {
		if p != nil {
			from = max(from, p.first().Msec)
		}
	}
	for _, term := range m.of.lead {
		if id := m.hits[term]; id != none {
			from = max(from, id.Msec)
		}
	}
	for _, es := range m.seen {
		if n := len(es); n > 0 {
			from = max(from, es[n-1].id.Msec)
		}
	}
	if m.muted {
		return max(m.until, m.of.after(from)) + s.reorder
	}
	return m.of.after(from) + s.reorder
}
