package sigma

import "github.com/auditpy/auditpy/internal/event"

// scratch remembers, for one event, what was already asked. It has one owner at a time.
type scratch struct {
	ev     *event.Event
	fields []fieldValues
	leaves []answer
}

type fieldValues struct {
	known  bool
	values []string
}

type answer uint8

const (
	unknown answer = iota
	no
	yes
)

func newScratch(e *Engine) *scratch {
	return &scratch{fields: make([]fieldValues, len(e.fields)), leaves: make([]answer, len(e.leaves))}
}

func (sc *scratch) begin(ev *event.Event) {
	sc.ev = ev
	clear(sc.leaves)
	for i := range sc.fields {
		sc.fields[i].known = false
	}
}

// end lets go of the event: a command line may be large.
func (sc *scratch) end() {
	sc.ev = nil
	for i := range sc.fields {
		clear(sc.fields[i].values)
	}
}

// values returns the values of a field, asked of the event once and only if a rule gets to it.
func (sc *scratch) values(e *Engine, field int) []string {
	f := &sc.fields[field]
	if !f.known {
		f.known, f.values = true, f.values[:0]
		if get := e.fields[field]; get != nil {
			f.values = get(f.values, sc.ev)
		}
	}
	return f.values
}

func (sc *scratch) leaf(e *Engine, id int) bool {
	if sc.leaves[id] == unknown {
		sc.leaves[id] = no
		if e.leaves[id].holds(sc, e) {
			sc.leaves[id] = yes
		}
	}
	return sc.leaves[id] == yes
}
