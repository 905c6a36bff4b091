package sigma

import (
	"slices"

	"github.com/auditpy/auditpy/rules/predicate"
)

// index finds the rules that may hold for a row: those whose gates are open.
type index struct {
	always []opening // of rules without a gate
	own    []indexed // of records: fields that event.OwnText decides
	fields []indexed // of records: fields that the OwnText of all records of the event decides
	loose  []indexed // of records: all others
	// question is what the memory of texts knows the own fields by.
	question uint32
	// numbers: some keyword may stand in a number, of which most of what the kernel writes consists.
	numbers bool
}

// opening says that a gate of a rule is open: four times the number of the rule, and a bit for the gate. A rule with one
// gate, or none, has both bits. So what is found out about a text is a list of numbers.
type opening = int32

const bothGates opening = 3

// indexed is one field whose values open gates.
type indexed struct {
	field    int
	question uint32
	openings predicate.Owners
}

func (ix *index) empty() bool {
	return ix == nil || len(ix.always) == 0 && len(ix.own) == 0 && len(ix.fields) == 0 && len(ix.loose) == 0
}

// eval asks the rules whose gates an event opens that is one row. What the same values opened before is remembered.
func (ix *index) eval(e *Engine, sc *scratch) {
	e.ask(ix.always, sc)
	d := sc.events.Digest()
	for i := range ix.fields {
		d.Texts(sc.values(e, ix.fields[i].field))
	}
	found, ok := sc.events.Get(ix.question, &d)
	if !ok {
		sc.verdict = sc.verdict[:0]
		for i := range ix.fields {
			sc.verdict = ix.fields[i].gates(sc.verdict, e, sc, ix.numbers)
		}
		sc.verdict = sorted(sc.verdict)
		sc.events.Put(ix.question, &d, sc.verdict)
		found = sc.verdict
	}
	e.ask(found, sc)
}

// decided appends what opens at a record that only its event's texts decide: see event.IsDecided.
func (ix *index) decided(dst []opening, e *Engine, sc *scratch) []opening {
	dst = append(dst, ix.always...)
	if len(ix.own) > 0 {
		dst = append(dst, ix.opened(e, sc)...)
	}
	for i := range ix.fields {
		dst = ix.fields[i].gates(dst, e, sc, ix.numbers)
	}
	return dst
}

// askLoose asks the rules that other fields open.
func (ix *index) askLoose(e *Engine, sc *scratch) {
	for i := range ix.loose {
		sc.found = ix.loose[i].open(sc.found[:0], e, sc, ix.numbers)
		e.ask(sc.found, sc)
	}
}

// opened returns the rules whose gates the own fields of a record open, valid until the next call: mostly the same text
// was seen before. An EXECVE record that is one of several is never looked up: alone, its text decided less.
func (ix *index) opened(e *Engine, sc *scratch) []int32 {
	d := sc.memo.Digest()
	known := e.ownText(&d, sc, sc.rec) && sc.ev.Settled(sc.rec)
	if known {
		if found, ok := sc.memo.Get(ix.question, &d); ok {
			return found
		}
	}
	sc.found = sc.found[:0]
	for i := range ix.own {
		sc.found = ix.own[i].open(sc.found, e, sc, ix.numbers)
	}
	sc.found = sorted(sc.found)
	if known {
		sc.memo.Put(ix.question, &d, sc.found)
	}
	return sc.found
}

// values are those of the field, or what holds them.
func (f *indexed) values(e *Engine, sc *scratch, numbers bool) []string {
	if f.field == keywordField && sc.rec >= 0 {
		return sc.haystack(numbers)
	}
	return sc.values(e, f.field)
}

// open appends the rules whose gates the values open.
func (f *indexed) open(dst []int32, e *Engine, sc *scratch, numbers bool) []int32 {
	values := f.values(e, sc, numbers)
	if len(values) > 0 {
		dst = append(dst, f.openings.OfAny()...)
	}
	for _, v := range values {
		dst = f.openings.Append(dst, v, &sc.ids)
	}
	return dst
}

// gates is open, where each value was mostly seen before.
func (f *indexed) gates(dst []int32, e *Engine, sc *scratch, numbers bool) []int32 {
	values := f.values(e, sc, numbers)
	if len(values) > 0 {
		dst = append(dst, f.openings.OfAny()...)
	}
	for _, v := range values {
		if f.openings.Reads(v) {
			dst = append(dst, f.remembered(sc, v)...)
		}
	}
	return dst
}

func (f *indexed) remembered(sc *scratch, v string) []int32 {
	d := sc.memo.Digest()
	d.Text(v)
	if found, ok := sc.memo.Get(f.question, &d); ok {
		return found
	}
	sc.found = sorted(f.openings.Append(sc.found[:0], v, &sc.ids))
	sc.memo.Put(f.question, &d, sc.found)
	return sc.found
}

func sorted(ids []int32) []int32 {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// ask opens gates of rules for a row, and asks each whose gates are all open, once.
func (e *Engine) ask(openings []opening, sc *scratch) {
	for _, t := range openings {
		id := t >> 2
		was := sc.asked[id]
		if was>>2 != sc.turn {
			was = sc.turn << 2
		}
		is := was | uint32(t&bothGates)
		sc.asked[id] = is
		if is != was && is&uint32(bothGates) == uint32(bothGates) {
			e.holds(int(id), sc)
		}
	}
}
