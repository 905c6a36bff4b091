package sigma

import (
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/predicate"
)

// build makes the indexes of all rules.
func (e *Engine) build() {
	byView := make([][]int, viewAuditd+1)
	for id := range e.rules {
		v := e.rules[id].view
		byView[v] = append(byView[v], id)
	}
	for v := viewProcess; v < viewAuditd; v++ {
		e.whole[v] = *e.newIndex(byView[v], nil, none)
	}
	e.buildRecords(byView[viewAuditd])
}

func (e *Engine) buildRecords(ids []int) {
	named := map[audit.Type][]int{audit.Syscall: nil, audit.Path: nil, audit.CWD: nil, audit.Execve: nil, audit.Proctitle: nil, audit.Sockaddr: nil, audit.FileCaps: nil}
	var calls, others []int // without a type: of the fields of SYSCALL, or of more
	for _, id := range ids {
		types, ok := e.recordTypes(e.rules[id].cond, make(map[*expr]bool))
		switch {
		case !ok && e.ofCall(e.rules[id].cond):
			calls = append(calls, id)
		case !ok:
			others = append(others, id)
		}
		slices.Sort(types)
		for _, t := range slices.Compact(types) {
			named[t] = append(named[t], id)
		}
	}
	all := slices.Concat(others, calls)
	if len(ids) == 0 {
		return
	}
	e.records.rest, e.lone.rest = make(map[audit.Type]*index), make(map[audit.Type]*index)
	e.untyped, e.loneOthers = e.newIndex(others, nil, none), e.newIndex(all, nil, none)
	for t, ids := range named {
		has := func(n need) bool {
			return n.field == keywordField || e.mayBe(n, t) && event.MayHave(t, e.fields[n.field].name) && e.inRegister(n, t)
		}
		lone := e.newIndex(slices.Concat(ids, all), has, t)
		e.lone.set(t, lone)
		if t == audit.Syscall {
			e.records.set(t, lone)
		} else {
			e.records.set(t, e.newIndex(slices.Concat(ids, others), has, t))
		}
	}
}

// ofCall reports whether a condition asks for fields of the SYSCALL record only.
func (e *Engine) ofCall(x *expr) bool {
	return x.all(make(map[*expr]bool), func(l *leaf) bool {
		return l.field != keywordField && event.OfCall(e.fields[l.field].name) && (l.kind != isOther || event.OfCall(e.fields[l.other].name))
	})
}

// all reports whether ok holds for each leaf of x; seen are the parts that were looked at.
func (x *expr) all(seen map[*expr]bool, ok func(*leaf) bool) bool {
	if seen[x] {
		return true
	}
	seen[x] = true
	if x.op == opLeaf {
		return ok(x.leaf)
	}
	for _, k := range x.kids {
		if !k.all(seen, ok) {
			return false
		}
	}
	return true
}

// none is the type of rows that are not records of one type.
const none audit.Type = 0

// newIndex makes the index of some rules for records of type t. Rows may lack fields always: has, if it is not nil, says
// which needs they can meet.
func (e *Engine) newIndex(ids []int, has func(need) bool, t audit.Type) *index {
	e.questions++
	ix := &index{question: e.questions}
	gs := gates{e, make(map[*expr]answer)}
	b := builder{e: e, has: has, ix: ix, fields: make(map[int]*predicate.OwnersBuilder)}
	for _, id := range ids {
		g, ok := gs.of(e.rules[id].cond)
		switch t := opening(id) << 2; {
		case !ok:
			ix.always = append(ix.always, t|bothGates)
		case g.next == nil:
			b.add(&g, t|bothGates)
		default:
			b.add(&g, t|1)
			b.add(g.next, t|2)
		}
	}
	slices.Sort(b.order)
	for _, f := range b.order {
		e.questions++
		x := indexed{f, e.questions, b.fields[f].Owners()}
		switch {
		case e.isOwn(f, t, ix.numbers):
			ix.own = append(ix.own, x)
		case t == none || f != keywordField && event.IsDecided(e.fields[f].name):
			ix.fields = append(ix.fields, x)
		default:
			ix.loose = append(ix.loose, x)
		}
	}
	return ix
}

// isOwn reports whether event.OwnText decides a field of a record of type t.
func (e *Engine) isOwn(field int, t audit.Type, numbers bool) bool {
	if field == keywordField {
		return t != none && (t != audit.Syscall || !numbers)
	}
	return event.IsOwn(t, e.fields[field].name)
}

// mayBe reports whether a row of a type can meet a need; of the type only the text is looked at. One type stands for all
// that no table lists, whatever their names.
func (e *Engine) mayBe(n need, t audit.Type) bool {
	return !e.isType(n) || t == audit.Unlisted || n.needle.Text == "" || strings.Contains(strings.ToLower(t.String()), strings.ToLower(n.needle.Text))
}

// inRegister reports whether a need may be met by a register, which has hex digits only; true for all other fields.
func (e *Engine) inRegister(n need, t audit.Type) bool {
	return t != audit.Syscall || !event.IsArgument(e.fields[n.field].name) || event.IsHex(n.needle.Text)
}

func (e *Engine) isType(n need) bool {
	return n.field != keywordField && e.fields[n.field].name == "type"
}

// builder makes an index.
type builder struct {
	e      *Engine
	has    func(need) bool
	ix     *index
	fields map[int]*predicate.OwnersBuilder
	order  []int
}

// add makes the needs of a gate give its opening.
func (b *builder) add(g *gate, t opening) {
	for _, n := range g.needs {
		b.ix.numbers = b.ix.numbers || n.inNumber()
		b.e.addresses = b.e.addresses || b.e.inAddress(n)
		if b.has != nil && !b.has(n) {
			continue
		}
		if b.has != nil && b.e.isType(n) { // the index is of one type
			b.ix.always = append(b.ix.always, t)
			return
		}
		f := b.fields[n.field]
		if f == nil {
			f = new(predicate.OwnersBuilder)
			b.fields[n.field], b.order = f, append(b.order, n.field)
		}
		f.Add(n.needle, t)
	}
}
