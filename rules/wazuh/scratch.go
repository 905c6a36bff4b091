package wazuh

import (
	"time"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/predicate"
	"github.com/auditpy/auditpy/rules/regex"
)

// scratch remembers, for one event, what was already asked. It has one owner at a time. What is remembered carries the
// number of the event, so that nothing need be cleared.
type scratch struct {
	e     *Engine
	ev    *event.Event
	turn  uint32 // number of the event, from 1
	regex regex.Scratch

	fields   []fieldValues
	full     event.FullLog
	fullTurn uint32
	leaves   []leafAnswer
	time     time.Time
	timeTurn uint32

	opened  []uint32 // by rule: number of the event in which a literal of it was seen
	visited []uint32 // by rule: number of the event in which it was asked
	cands   []int32  // rules whose literals were seen, in order
	path    []int32  // rules that hold, from the root to the one at hand
	ids     []int32  // of literals
	found   []int32  // rules whose literals a value has

	seen *predicate.Memo // which rules the values of the steady fields open
}

type fieldValues struct {
	turn   uint32
	values []string
}

type leafAnswer struct {
	turn   uint32
	answer answer
}

func newScratch(e *Engine) *scratch {
	return &scratch{
		e: e, fields: make([]fieldValues, len(e.fields)), leaves: make([]leafAnswer, len(e.leaves)),
		opened: make([]uint32, len(e.rules)), visited: make([]uint32, len(e.rules)), seen: predicate.NewMemo(),
	}
}

func (sc *scratch) begin(ev *event.Event) {
	sc.ev = ev
	sc.regex.SetBudget(budget)
	if sc.turn++; sc.turn == 0 { // once in 4 billion events: what was remembered could be taken for new
		fresh := newScratch(sc.e)
		fresh.ev, fresh.turn = ev, 1
		fresh.regex.SetBudget(budget)
		*sc = *fresh
	}
}

// end lets go of the event: a command line may be large.
func (sc *scratch) end() {
	for i := range sc.fields {
		if sc.fields[i].turn == sc.turn {
			clear(sc.fields[i].values)
		}
	}
	sc.ev, sc.path, sc.cands = nil, sc.path[:0], sc.cands[:0]
}

// values returns the values of a field, asked of the event once and only if a rule gets to it.
func (sc *scratch) values(id int32) []string {
	if id == fullLog {
		return sc.text()
	}
	f := &sc.fields[id]
	if f.turn == sc.turn {
		return f.values
	}
	f.turn, f.values = sc.turn, f.values[:0]
	if get := sc.e.fields[id].get; get != nil {
		f.values = get(f.values, sc.ev)
	}
	return f.values
}

// first returns the first value of a field, "" if there is none.
func (sc *scratch) first(id int32) string {
	if values := sc.values(id); len(values) > 0 {
		return values[0]
	}
	return ""
}

// text is the event as it was logged, and as it was meant if that is another.
func (sc *scratch) text() []string {
	if sc.fullTurn != sc.turn {
		sc.fullTurn = sc.turn
		sc.full.Take(sc.ev)
	}
	return sc.full.Texts
}

// local is the event's time where the rules' author lives.
func (sc *scratch) local() time.Time {
	if sc.timeTurn != sc.turn {
		sc.timeTurn, sc.time = sc.turn, sc.ev.Time().In(sc.e.zone)
	}
	return sc.time
}

func (sc *scratch) leaf(id int32) answer {
	a := &sc.leaves[id]
	if a.turn != sc.turn {
		*a = leafAnswer{sc.turn, sc.e.leaves[id].holds(sc)}
		if a.answer == undecided {
			sc.e.undecided[id].Add(1)
		}
	}
	return a.answer
}

// holds reports whether all tests of a rule hold.
func (sc *scratch) holds(id int32) bool {
	r := &sc.e.rules[id]
	for _, t := range r.tests {
		if !r.passes(t, sc.leaf(t.leaf)) {
			return false
		}
	}
	return true
}

// passes reports whether a test of the rule holds. One that could not be decided does not, nor does its contrary, but if
// the rule says so.
func (r *compiled) passes(t use, a answer) bool {
	switch a {
	case yes, no:
		return (a == yes) != t.negate
	case undecided:
		return r.doubt
	}
	return false
}

// budget is how many steps all patterns may take for one event together: a quarter of a second at worst.
const budget = 50_000_000
