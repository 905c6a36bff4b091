package eql

import (
	"slices"

	"github.com/auditpy/auditpy/rules/predicate"
)

// newIndex makes the index of some units for events of a kind.
func (e *Engine) newIndex(ids []int, k *remembered) *index {
	ix := &index{question: e.number(), isKey: make([]bool, len(e.fields))}
	b := builder{e: e, ix: ix, fields: make(map[int]*predicate.OwnersBuilder)}
	for _, id := range ids {
		c := e.units[id].cond.reduce(k)
		if c.op == condTrue {
			ix.sure = append(ix.sure, id)
			continue
		}
		ix.units = append(ix.units, part{id, c})
		b.add(int32(len(ix.units)-1), c)
	}
	slices.Sort(b.order)
	for _, f := range b.order {
		ix.fields = append(ix.fields, indexed{f, e.number(), b.fields[f].Owners()})
	}
	ix.key = newKey(e.program, b.key)
	ix.few = len(ix.open) == 0 && len(ix.fields) <= fewFields
	return ix
}

// fewFields is how many fields are looked at before the memory of events is asked.
const fewFields = 3

// number numbers a question.
func (e *Engine) number() uint32 {
	e.questions++
	return e.questions
}

// builder makes an index.
type builder struct {
	e      *Engine
	ix     *index
	fields map[int]*predicate.OwnersBuilder
	order  []int
	key    []int // fields
}

// add puts a unit behind its gate.
func (b *builder) add(unit int32, c *cond) {
	b.reads(c)
	g, ok := b.e.gate(c)
	if !ok {
		b.ix.open = append(b.ix.open, unit)
		return
	}
	for _, n := range g.needs {
		f := b.fields[n.field]
		if f == nil {
			f = new(predicate.OwnersBuilder)
			b.fields[n.field], b.order = f, append(b.order, n.field)
			b.remember(n.field)
		}
		f.Add(n.needle, unit)
	}
}

// reads makes the fields of a condition that hardly differ from event to event part of the key.
func (b *builder) reads(c *cond) {
	for _, k := range c.kids {
		b.reads(k)
	}
	if c.op != condLeaf {
		return
	}
	for _, f := range b.e.leaves[c.leaf].fields {
		if isSteady(b.e.fields[f].name) {
			b.remember(f)
		}
	}
}

func (b *builder) remember(field int) {
	if !b.ix.isKey[field] {
		b.ix.isKey[field] = true
		b.key = append(b.key, field)
	}
}

// isSteady reports whether a field is worth to be part of the key of every index that asks for it: it has few values, and
// costs little.
func isSteady(name string) bool {
	switch name {
	case "event.action", "event.type", "process.name", "process.executable", "process.parent.name", "process.parent.executable", "user.id", "process.args_count",
		"process.parent.args_count", "process.working_directory":
		return true
	}
	return false
}
