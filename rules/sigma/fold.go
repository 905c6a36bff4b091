package sigma

import (
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// recordTypes returns the record types that a condition needs one of; false if it does not name any, or is so tangled
// that a part is met again.
func (e *Engine) recordTypes(x *expr, seen map[*expr]bool) ([]audit.Type, bool) {
	if x.op == opLeaf {
		return e.leafTypes(e.leaves[x.id])
	}
	if seen[x] || x.op == opNot {
		return nil, false
	}
	seen[x] = true
	var all []audit.Type
	for _, k := range x.kids {
		types, ok := e.recordTypes(k, seen)
		if ok && x.op == opAnd {
			return types, true
		}
		if !ok && x.op == opOr {
			return nil, false
		}
		all = append(all, types...)
	}
	return all, x.op == opOr
}

// leafTypes is the type that a test for equality names. Rules write it in either case.
func (e *Engine) leafTypes(l *leaf) ([]audit.Type, bool) {
	if l.field == keywordField || e.fields[l.field].name != "type" || l.kind != isText {
		return nil, false
	}
	name, whole := l.pat.Exact()
	if !whole {
		return nil, false
	}
	t, ok := audit.ParseType(strings.ToUpper(name))
	return []audit.Type{t}, ok
}
