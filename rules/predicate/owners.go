package predicate

import (
	"cmp"
	"slices"
)

// Owners tells of many owners, which are numbers of the caller's, those that may hold for a value of one field: those
// that need a literal which the value has. All dialects keep their rules by these. It is immutable and safe for
// concurrent use.
type Owners struct {
	literals  *Literals // nil: there are none
	shortest  int       // of the literals, in bytes
	byLiteral [][]int32
	any       []int32
}

// OfAny returns the owners that need a value, whatever it is. It must not be changed.
func (o *Owners) OfAny() []int32 { return o.any }

// Reads reports whether v may have a literal, for it costs less than to look.
func (o *Owners) Reads(v string) bool { return o.literals != nil && len(v) >= o.shortest }

// Append appends the owners of the literals that v has, in no order; some may be there twice. A value that Folds has all
// of them, for literals are found byte by byte. ids is working memory.
func (o *Owners) Append(dst []int32, v string, ids *[]int32) []int32 {
	switch {
	case !o.Reads(v):
	case Folds(v):
		for _, owners := range o.byLiteral {
			dst = append(dst, owners...)
		}
	default:
		*ids = o.literals.Find((*ids)[:0], v)
		for _, lit := range *ids {
			dst = append(dst, o.byLiteral[lit]...)
		}
	}
	return dst
}

// OwnersBuilder collects what owners need of one field. The zero value is ready.
type OwnersBuilder struct {
	ids     map[Needle]int
	needles []Needle
	owners  Owners
}

// Add notes that an owner may hold for values that have n; without a text, for any value.
func (b *OwnersBuilder) Add(n Needle, owner int32) {
	o := &b.owners
	if n.Text == "" {
		o.any = append(o.any, owner)
		return
	}
	id, ok := b.ids[n]
	if !ok {
		if b.ids == nil {
			b.ids = make(map[Needle]int)
		}
		id = len(b.needles)
		b.ids[n], b.needles, o.byLiteral = id, append(b.needles, n), append(o.byLiteral, nil)
	}
	o.byLiteral[id] = append(o.byLiteral[id], owner)
}

// Owners returns what was collected. The builder must not be used any more.
func (b *OwnersBuilder) Owners() Owners {
	if len(b.needles) > 0 {
		b.owners.literals = CompileLiterals(b.needles)
		b.owners.shortest = len(slices.MinFunc(b.needles, func(x, y Needle) int { return cmp.Compare(len(x.Text), len(y.Text)) }).Text)
	}
	return b.owners
}
