package sigma

import "slices"

// What is legal and most likely wrong. Nothing here is fatal, and a rule in good shape hears nothing.

func (c *compiler) lint(x *cond, ids *identifiers, at *node) {
	for _, key := range ids.keys {
		if !ids.used[key.text] {
			c.warn(key.pos, "identifier %q is never used by the condition", key.text)
		}
	}
	if value, ok := ids.constant(x); ok {
		c.warn(at.pos, "condition is %v whatever its identifiers are", value)
	}
}

const (
	maxVariables = 8   // identifiers of a condition whose every combination is tried
	maxOperators = 256 // of such a condition
)

// constant reports whether x has one value for all values of its identifiers, and which. It does not know of those with
// many identifiers, nor of patterns that name none.
func (ids *identifiers) constant(x *cond) (value, ok bool) {
	var names []string
	size := 0
	if !ids.variables(x, &names, &size) || len(names) == 0 {
		return false, false
	}
	value = ids.truth(x, names, 0)
	for bits := 1; bits < 1<<len(names); bits++ {
		if ids.truth(x, names, bits) != value {
			return false, false
		}
	}
	return value, true
}

// variables collects the identifiers of x; false if there are too many.
func (ids *identifiers) variables(x *cond, names *[]string, size *int) bool {
	*size++
	for _, name := range ids.means(x) {
		if !slices.Contains(*names, name) {
			*names = append(*names, name)
		}
		if len(*names) > maxVariables {
			return false
		}
	}
	if (x.op == condAny || x.op == condAll) && len(ids.means(x)) == 0 || *size > maxOperators {
		return false
	}
	for _, k := range x.kids {
		if !ids.variables(k, names, size) {
			return false
		}
	}
	return true
}

// means returns the identifiers that a leaf of a condition names.
func (ids *identifiers) means(x *cond) []string {
	switch x.op {
	case condName:
		return []string{x.word}
	case condAny, condAll:
		return ids.groups[x.String()].names
	}
	return nil
}

// truth returns the value of x where identifier i has that of bit i.
func (ids *identifiers) truth(x *cond, names []string, bits int) bool {
	holds := func(name string) bool { return bits>>slices.Index(names, name)&1 == 1 }
	fails := func(name string) bool { return !holds(name) }
	sub := func(k *cond) bool { return ids.truth(k, names, bits) }
	switch x.op {
	case condNot:
		return !sub(x.kids[0])
	case condAnd:
		return !slices.ContainsFunc(x.kids, func(k *cond) bool { return !sub(k) })
	case condOr:
		return slices.ContainsFunc(x.kids, sub)
	case condAll:
		return !slices.ContainsFunc(ids.means(x), fails)
	}
	return slices.ContainsFunc(ids.means(x), holds)
}
