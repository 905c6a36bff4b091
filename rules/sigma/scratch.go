package sigma

import (
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/predicate"
	"github.com/auditpy/auditpy/rules/regex"
	"github.com/auditpy/auditpy/rules/rule"
)

// scratch remembers, for one event, what was already asked. It has one owner at a time.
//
// What is remembered carries the number of the event or row that it was asked of, so that nothing need be cleared: with
// thousands of rules that alone took longer than to evaluate them.
type scratch struct {
	ev     *event.Event
	doc    rule.Fields // instead of ev
	rec    int         // of the row: index in ev.Records
	event  uint32      // number of the event, from 1
	turn   uint32      // number of the row, from 1
	fields []fieldValues
	filled []int           // fields that have values, to let go of
	words  fieldValues     // of the row: what keywords are searched in
	texts  event.Texts     // of the row: what holds them
	leaves []uint32        // number of the row, times four; one if the test holds, two if that is undecided
	asked  []uint32        // by rule: number of the row, times four, and the gates that are open
	fired  []uint32        // by rule: number of the event
	ids    []int32         // of literals
	found  []opening       // of gates that are open
	memo   *predicate.Memo // of texts of records and of values
	events *predicate.Memo // of all texts of an event that rules look at
	// verdict is what opens for an event, while that is found out.
	verdict []opening
	hits    []hit
	regex   regex.Scratch
	unsure  bool // an expression of the test at hand was undecided
	doubt   bool // that of some test of the event was
}

type fieldValues struct {
	turn   uint32
	event  uint32 // that is in scratch.filled
	values []string
}

func newScratch(e *Engine) *scratch {
	return &scratch{
		fields: make([]fieldValues, len(e.fields)), leaves: make([]uint32, len(e.leaves)),
		asked: make([]uint32, len(e.rules)), fired: make([]uint32, len(e.rules)), memo: predicate.NewMemo(), events: predicate.NewMemo(),
	}
}

// begin turns to an event, as one row.
func (sc *scratch) begin(ev *event.Event) {
	sc.ev = ev
	sc.event++
	sc.regex.SetBudget(regexBudget)
	sc.row(-1)
}

// row turns to a record of the event.
func (sc *scratch) row(rec int) {
	sc.rec = rec
	sc.turn++
	if sc.turn >= 1<<30 { // once in days: what was remembered could be taken for new
		sc.forget()
	}
}

func (sc *scratch) forget() {
	sc.event, sc.turn = 1, 1
	clear(sc.leaves)
	clear(sc.asked)
	clear(sc.fired)
	sc.words.turn = 0
	for i := range sc.fields {
		sc.fields[i].turn, sc.fields[i].event = 0, 0
	}
	for i := range sc.hits {
		sc.fired[sc.hits[i].rule] = sc.event
	}
}

// end lets go of the event: a command line may be large.
func (sc *scratch) end() {
	sc.ev, sc.doc = nil, nil
	clear(sc.words.values)
	clear(sc.texts.List)
	for _, id := range sc.filled {
		clear(sc.fields[id].values)
	}
	sc.filled = sc.filled[:0]
}

// values returns the values of a field, asked of the row once and only if a rule gets to it.
func (sc *scratch) values(e *Engine, id int) []string {
	if id == keywordField {
		return sc.keywords()
	}
	f := &sc.fields[id]
	if f.turn == sc.turn {
		return f.values
	}
	f.turn, f.values = sc.turn, f.values[:0]
	switch of := &e.fields[id]; {
	case sc.doc != nil:
		f.values = sc.doc.Values(f.values, of.name)
	case of.get != nil:
		f.values = of.get(f.values, sc.ev)
	case of.record != nil && sc.rec >= 0:
		f.values = of.record(f.values, sc.ev, sc.rec)
	}
	if len(f.values) > 0 && f.event != sc.event {
		f.event, sc.filled = sc.event, append(sc.filled, id)
	}
	return f.values
}

// haystack is what holds all values that keywords are searched in.
func (sc *scratch) haystack(numbers bool) []string {
	sc.texts.Take(sc.ev, sc.rec, numbers)
	return sc.texts.List
}

func (sc *scratch) keywords() []string {
	if sc.words.turn != sc.turn {
		sc.words.turn, sc.words.values = sc.turn, sc.words.values[:0]
		if all, ok := sc.doc.(rule.Document); ok {
			sc.words.values = all.AllValues(sc.words.values)
		} else if sc.rec >= 0 {
			sc.words.values = event.RecordValues(sc.words.values, sc.ev, sc.rec)
		} else {
			sc.words.values = eventValues(sc.words.values, sc.ev)
		}
	}
	return sc.words.values
}

const (
	leafHolds  uint32 = 1
	leafUnsure uint32 = 2
)

func (sc *scratch) leaf(e *Engine, id int) bool {
	if sc.leaves[id]>>2 != sc.turn {
		sc.leaves[id] = sc.turn << 2
		sc.unsure = false
		if e.leaves[id].holds(sc, e) {
			sc.leaves[id] |= leafHolds
		} else if sc.unsure {
			sc.leaves[id] |= leafUnsure
			sc.doubt = true
			e.undecided[id].Add(1)
		}
	}
	return sc.leaves[id]&leafHolds != 0
}

// eventValues is what keywords are searched in where the row is the event.
func eventValues(dst []string, ev *event.Event) []string {
	for p, i := ev.Process, 0; p != nil && i < 2; p, i = p.Parent, i+1 {
		dst = append(dst, p.Exe, p.CommandLine, p.CWD, p.User)
	}
	return dst
}
