package eql

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/predicate"
)

// index finds the units that may hold for an event: those whose gate is open.
type index struct {
	always []int // units without a gate
	fields []indexed
}

// indexed is one field whose values open gates.
type indexed struct {
	field    int
	literals *predicate.Literals
	shortest int     // of the literals, in bytes
	units    [][]int // by literal
	present  []int   // units that need any value
}

// eval asks the units whose gates the event opens.
func (ix *index) eval(e *Engine, sc *scratch) {
	for _, id := range ix.always {
		e.ask(id, sc)
	}
	for i := range ix.fields {
		ix.fields[i].eval(e, sc)
	}
}

func (f *indexed) eval(e *Engine, sc *scratch) {
	values := sc.values(f.field)
	if len(values) == 0 {
		return
	}
	for _, id := range f.present {
		e.ask(id, sc)
	}
	if f.literals == nil {
		return
	}
	for _, v := range values {
		if len(v) < f.shortest {
			continue
		}
		if folds(v) {
			f.all(e, sc)
			return
		}
		sc.ids = f.literals.Find(sc.ids[:0], v)
		for _, lit := range sc.ids {
			for _, id := range f.units[lit] {
				e.ask(id, sc)
			}
		}
	}
}

// folds reports whether s has a letter outside of ASCII that folds to one within: literals are found in ASCII only.
func folds(s string) bool {
	return strings.Contains(s, "\u017f") || strings.Contains(s, "\u212a")
}

func (f *indexed) all(e *Engine, sc *scratch) {
	for _, ids := range f.units {
		for _, id := range ids {
			e.ask(id, sc)
		}
	}
}

// build makes the indexes, one for each kind of events; many kinds share one.
func (e *Engine) build() {
	kinds := event.Kinds()
	e.indexes = make([]*index, len(kinds))
	known := make(map[string]*index)
	for k := range kinds {
		var ids []int
		for id := range e.units {
			if e.of(e.units[id].cond, &kinds[k]) != never {
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 {
			continue
		}
		key := fmt.Sprint(ids)
		if known[key] == nil {
			known[key] = e.newIndex(ids)
		}
		e.indexes[k] = known[key]
	}
}

func (e *Engine) newIndex(ids []int) *index {
	ix := &index{}
	fields := make(map[int]*building)
	var order []int
	for _, id := range ids {
		g, ok := e.gate(e.units[id].cond)
		if !ok {
			ix.always = append(ix.always, id)
			continue
		}
		for _, n := range g.needs {
			b := fields[n.field]
			if b == nil {
				b = &building{ids: make(map[predicate.Needle]int)}
				fields[n.field], order = b, append(order, n.field)
			}
			b.add(n.needle, id)
		}
	}
	slices.Sort(order)
	for _, f := range order {
		ix.fields = append(ix.fields, fields[f].indexed(f))
	}
	return ix
}

// building collects what units need of one field.
type building struct {
	ids     map[predicate.Needle]int
	needles []predicate.Needle
	units   [][]int
	present []int
}

func (b *building) add(n predicate.Needle, unit int) {
	if n.Text == "" {
		b.present = append(b.present, unit)
		return
	}
	id, ok := b.ids[n]
	if !ok {
		id = len(b.needles)
		b.ids[n], b.needles, b.units = id, append(b.needles, n), append(b.units, nil)
	}
	b.units[id] = append(b.units[id], unit)
}

func (b *building) indexed(field int) indexed {
	f := indexed{field: field, units: b.units, present: b.present}
	if len(b.needles) > 0 {
		f.literals = predicate.CompileLiterals(b.needles)
		f.shortest = len(slices.MinFunc(b.needles, func(x, y predicate.Needle) int { return cmp.Compare(len(x.Text), len(y.Text)) }).Text)
	}
	return f
}
