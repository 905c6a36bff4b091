package eql

import (
	"fmt"

	"github.com/auditpy/auditpy/internal/event"
)

// program is the fields and the tests of compiled queries, each once, whichever queries ask for them.
type program struct {
	schema   Schema
	fields   []field
	leaves   []*leaf
	units    []unit
	fieldIDs map[string]int
	leafIDs  map[string]int
	kinds    []*remembered // while rules are loaded
}

// unit is a condition that an event is asked: that of an event query, or of a term of a sequence.
type unit struct {
	cond *cond
	rule int
	term int // of the sequence
	by   []keyField
}

// keyField is a field of a key.
type keyField struct {
	id       int
	optional bool // if it is not there, null is its value
}

type field struct {
	name  string
	typ   Type
	known bool         // some event may have it
	get   event.Getter // of audit events; nil: none has it
}

func newProgram(s Schema) *program {
	return &program{schema: s, fieldIDs: make(map[string]int), leafIDs: make(map[string]int)}
}

func (p *program) field(name string) int {
	id, ok := p.fieldIDs[name]
	if !ok {
		id = len(p.fields)
		p.fieldIDs[name] = id
		t, known := p.schema.Field(name)
		p.fields = append(p.fields, field{name, t, known, event.ECS(name)})
	}
	return id
}

// leaf returns the condition that is one test, shared with those that have the same words.
func (p *program) leaf(l *leaf) *cond {
	key := fmt.Sprintf("%d %s", l.kind, l.words)
	id, ok := p.leafIDs[key]
	if !ok {
		id = len(p.leaves)
		p.leafIDs[key] = id
		l.ofKind = isOfKind(l.name)
		if l.kind != isExpression {
			l.fields = []int{l.field}
		}
		p.leaves = append(p.leaves, l)
	}
	return &cond{op: condLeaf, leaf: id}
}

// cond is a compiled condition. It is true or false: what is null is false, and its negation true.
type cond struct {
	op   condOp
	kids []*cond
	leaf int // index in program.leaves
}

type condOp uint8

const (
	condLeaf condOp = iota
	condAnd
	condOr
	condNot
	condTrue
	condFalse
)

func negate(c *cond) *cond { return &cond{op: condNot, kids: []*cond{c}} }

func (c *cond) holds(sc *scratch) bool {
	switch c.op {
	case condLeaf:
		return sc.leaf(c.leaf)
	case condNot:
		return !c.kids[0].holds(sc)
	case condAnd:
		for _, k := range c.kids {
			if !k.holds(sc) {
				return false
			}
		}
		return true
	case condOr:
		for _, k := range c.kids {
			if k.holds(sc) {
				return true
			}
		}
	}
	return c.op == condTrue
}
