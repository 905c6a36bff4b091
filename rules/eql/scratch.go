package eql

import (
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/predicate"
	"github.com/auditpy/auditpy/rules/regex"
	"github.com/auditpy/auditpy/rules/rule"
)

// scratch remembers, for one event, what was already asked. It has one owner at a time.
//
// What is remembered carries the number of the event that it was asked of, so that nothing need be cleared.
type scratch struct {
	p       *program
	ev      *event.Event // one of the two
	doc     rule.Fields
	turn    uint32 // number of the event, from 1
	fields  []fieldValues
	touched []int    // fields that were asked
	leaves  []uint32 // number of the event, times two, and one if the test holds
	picks   []int    // by field: which of its values an expression reads
	args    []value  // of the functions that are being called
	asked   []uint32 // by unit: number of the event
	held    []int    // units that held
	ids     []int32  // of literals
	units   []int32  // of an index: behind the gates that a value opens
	found   []finding
	by      byKey
	texts   *predicate.Memo // of values
	events  *predicate.Memo // of what the key fields of an event say
	regex   regex.Scratch
}

type fieldValues struct {
	turn   uint32
	values []string
}

func newScratch(p *program) *scratch {
	return &scratch{
		p: p, fields: make([]fieldValues, len(p.fields)), leaves: make([]uint32, len(p.leaves)), picks: make([]int, len(p.fields)),
		asked: make([]uint32, len(p.units)), texts: predicate.NewMemo(), events: predicate.NewMemo(),
	}
}

// begin turns to an event or a document.
func (sc *scratch) begin(ev *event.Event, doc rule.Fields) {
	sc.ev, sc.doc = ev, doc
	sc.regex.SetBudget(regexBudget)
	if sc.turn++; sc.turn >= 1<<30 { // once in days: what was remembered could be taken for new
		sc.turn = 1
		clear(sc.leaves)
		clear(sc.asked)
		for i := range sc.fields {
			sc.fields[i].turn = 0
		}
	}
}

// end lets go of the event: a command line may be large.
func (sc *scratch) end() {
	sc.ev, sc.doc = nil, nil
	for _, id := range sc.touched {
		clear(sc.fields[id].values)
	}
	sc.touched = sc.touched[:0]
	clear(sc.args[:cap(sc.args)])
}

// values returns the values of a field, asked of the event once and only if a query gets to it.
func (sc *scratch) values(id int) []string {
	f := &sc.fields[id]
	if f.turn == sc.turn {
		return f.values
	}
	f.turn, f.values = sc.turn, f.values[:0]
	sc.touched = append(sc.touched, id)
	switch of := &sc.p.fields[id]; {
	case sc.doc != nil:
		f.values = sc.doc.Values(f.values, of.name)
	case of.get != nil && sc.ev != nil:
		f.values = of.get(f.values, sc.ev)
	}
	return f.values
}

func (sc *scratch) leaf(id int) bool {
	if sc.leaves[id]>>1 != sc.turn {
		sc.leaves[id] = sc.turn << 1
		if sc.p.leaves[id].holds(sc) {
			sc.leaves[id] |= 1
		}
	}
	return sc.leaves[id]&1 != 0
}
