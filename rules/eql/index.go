package eql

import (
	"fmt"
	"slices"

	"github.com/auditpy/auditpy/rules/predicate"
)

// index finds the units that hold for an event of some kinds. What is asked of fields that hardly differ from event to
// event is remembered by all their values together, so that most events are asked only what the other fields decide.
type index struct {
	question uint32  // what the memory knows it by
	sure     []int   // units that hold for all events of these kinds
	units    []part  // what the kinds leave of all others
	open     []int32 // of units, those without a gate
	fields   []indexed
	key      key    // of the fields whose values are remembered
	isKey    []bool // by field
	// few: all units have gates, and those are on few fields. Then it is asked first whether any gate is open: mostly none is,
	// and to write the values of all key fields down was half of the time.
	few bool
}

// part is what is left of the condition of a unit.
type part struct {
	id   int
	cond *cond
}

// finding is what is remembered of a unit: twice its number in index.units, and one if it holds, else it may.
type finding = int32

// indexed is one field whose values open gates.
type indexed struct {
	field    int
	question uint32
	units    predicate.Owners
}

// eval finds the units that hold.
func (ix *index) eval(sc *scratch) {
	sc.held = append(sc.held, ix.sure...)
	if len(ix.units) == 0 {
		return
	}
	for _, f := range ix.find(sc) {
		if u := &ix.units[f>>1]; f&1 != 0 || u.cond.holds(sc) {
			sc.held = append(sc.held, u.id)
		}
	}
}

// find returns what the key fields say of the units, valid until the next call.
func (ix *index) find(sc *scratch) []finding {
	if ix.few && !ix.isOpened(sc) {
		return nil
	}
	d := ix.key.digest(sc)
	if found, ok := sc.events.Get(ix.question, &d); ok {
		return found
	}
	sc.found = sc.found[:0]
	for _, u := range ix.open {
		ix.consider(u, sc)
	}
	for i := range ix.fields {
		ix.fields[i].eval(ix, sc)
	}
	sc.events.Put(ix.question, &d, sc.found)
	return sc.found
}

// isOpened reports whether any gate is open.
func (ix *index) isOpened(sc *scratch) bool {
	for i := range ix.fields {
		f := &ix.fields[i]
		for _, v := range sc.values(f.field) {
			if len(f.units.OfAny()) > 0 || f.units.Reads(v) && len(f.opened(sc, v)) > 0 {
				return true
			}
		}
	}
	return false
}

// consider keeps what the key fields say of a unit, once.
func (ix *index) consider(unit int32, sc *scratch) {
	u := &ix.units[unit]
	if sc.asked[u.id] == sc.turn {
		return
	}
	sc.asked[u.id] = sc.turn
	sc.by = byKey{ix, sc}
	switch u.cond.told(&sc.by) {
	case always:
		sc.found = append(sc.found, unit<<1|1)
	case perhaps:
		sc.found = append(sc.found, unit<<1)
	}
}

// byKey tells what the key fields of an event say.
type byKey struct {
	ix *index
	sc *scratch
}

func (k *byKey) tell(leaf int) verdict {
	l := k.sc.p.leaves[leaf]
	for _, f := range l.fields {
		if !k.ix.isKey[f] {
			return perhaps
		}
	}
	if k.sc.leaf(leaf) {
		return always
	}
	return never
}

// eval considers the units whose gates the values open.
func (f *indexed) eval(ix *index, sc *scratch) {
	values := sc.values(f.field)
	if len(values) == 0 {
		return
	}
	for _, u := range f.units.OfAny() {
		ix.consider(u, sc)
	}
	for _, v := range values {
		if f.units.Reads(v) {
			for _, u := range f.opened(sc, v) {
				ix.consider(u, sc)
			}
		}
	}
}

// opened returns the units whose gates a value opens, valid until the next call. Mostly the value was seen before.
func (f *indexed) opened(sc *scratch, v string) []int32 {
	d := sc.texts.Digest()
	d.Text(v)
	if found, ok := sc.texts.Get(f.question, &d); ok {
		return found
	}
	sc.units = f.units.Append(sc.units[:0], v, &sc.ids)
	slices.Sort(sc.units)
	sc.units = slices.Compact(sc.units)
	sc.texts.Put(f.question, &d, sc.units)
	return sc.units
}

// build makes the indexes: one for all kinds that say the same of the same units. The terms of a sequence that lacks one for
// good are in none.
func (e *Engine) build() {
	for i := range e.rules {
		if r := &e.rules[i]; r.seq != nil {
			e.askLate(r)
		}
	}
	e.indexes = make([]*index, len(e.kinds))
	known := make(map[string]*index)
	for k, kind := range e.kinds {
		ids := e.unitsOf(kind)
		if len(ids) == 0 {
			continue
		}
		key := fmt.Append(nil, ids)
		for _, id := range ids {
			key = kind.appendTold(key, e.units[id].cond)
		}
		ix := known[string(key)]
		if ix == nil {
			ix = e.newIndex(ids, kind)
			known[string(key)] = ix
		}
		e.indexes[k] = ix
	}
}

// unitsOf returns the units that may hold for events of a kind.
func (e *Engine) unitsOf(k *remembered) (ids []int) {
	for id := range e.units {
		if e.units[id].cond.told(k) != never && !slices.Contains(e.rules[e.units[id].rule].meta.Needs, Unrecorded) {
			ids = append(ids, id)
		}
	}
	return ids
}
