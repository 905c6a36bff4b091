package sigma

import (
	"cmp"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/predicate"
)

// index finds the rules that may hold for a row: those whose gate is open.
type index struct {
	always []int // rules without a gate
	fields []indexed
	// numbers: some keyword may stand in a number, of which most of what the kernel writes consists.
	numbers bool
}

// indexed is one field whose values open gates.
type indexed struct {
	field    int
	literals *predicate.Literals
	shortest int     // of the literals, in bytes
	rules    [][]int // by literal
	present  []int   // rules that need any value
}

func (ix *index) empty() bool { return ix == nil || len(ix.always) == 0 && len(ix.fields) == 0 }

// eval asks the rules whose gates the row opens.
func (ix *index) eval(e *Engine, sc *scratch) {
	for _, id := range ix.always {
		e.ask(id, sc)
	}
	for i := range ix.fields {
		ix.fields[i].eval(e, sc, ix.numbers)
	}
}

func (f *indexed) eval(e *Engine, sc *scratch, numbers bool) {
	var values []string
	if f.field == keywordField && sc.rec >= 0 {
		values = sc.haystack(numbers)
	} else {
		values = sc.values(e, f.field)
	}
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
			for _, id := range f.rules[lit] {
				e.ask(id, sc)
			}
		}
	}
}

func (f *indexed) all(e *Engine, sc *scratch) {
	for _, ids := range f.rules {
		for _, id := range ids {
			e.ask(id, sc)
		}
	}
}

// ask asks a rule once about a row.
func (e *Engine) ask(id int, sc *scratch) {
	if sc.asked[id] != sc.turn {
		sc.asked[id] = sc.turn
		e.holds(id, sc)
	}
}

// build makes the indexes of all rules.
func (e *Engine) build() {
	byView := make([][]int, viewAuditd+1)
	for id := range e.rules {
		v := e.rules[id].view
		byView[v] = append(byView[v], id)
	}
	for v := viewProcess; v < viewAuditd; v++ {
		e.whole[v] = *e.newIndex(byView[v], nil)
	}
	e.buildRecords(byView[viewAuditd])
}

func (e *Engine) buildRecords(ids []int) {
	named := map[audit.Type][]int{audit.Syscall: nil, audit.Path: nil, audit.CWD: nil, audit.Execve: nil, audit.Proctitle: nil, audit.Sockaddr: nil}
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
	e.untyped, e.loneOthers = e.newIndex(others, nil), e.newIndex(all, nil)
	for t, ids := range named {
		has := func(n need) bool {
			return n.field == keywordField || e.mayBe(n, t) && event.MayHave(t, e.fields[n.field].name)
		}
		lone := e.newIndex(slices.Concat(ids, all), has)
		e.lone.set(t, lone)
		if t == audit.Syscall {
			e.records.set(t, lone)
		} else {
			e.records.set(t, e.newIndex(slices.Concat(ids, others), has))
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

// newIndex makes the index of some rules. Rows may lack fields always: has, if it is not nil, says which needs they can meet.
func (e *Engine) newIndex(ids []int, has func(need) bool) *index {
	ix := &index{}
	gs := gates{e, make(map[*expr]answer)}
	fields := make(map[int]*building)
	var order []int
	for _, id := range ids {
		g, ok := gs.of(e.rules[id].cond)
		if !ok {
			ix.always = append(ix.always, id)
			continue
		}
		for _, n := range g.needs {
			if n.field == keywordField && len(n.needle.Text) <= longestNumber && strings.Trim(n.needle.Text, "0123456789abcdefABCDEF:-") == "" {
				ix.numbers = true
			}
			if has != nil && !has(n) {
				continue
			}
			if has != nil && e.isType(n) { // the index is of one type
				ix.always = append(ix.always, id)
				break
			}
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

// longestNumber is over the length of any number in a record, in bytes.
const longestNumber = 24

// mayBe reports whether a row of a type can meet a need; of the type only the text is looked at.
func (e *Engine) mayBe(n need, t audit.Type) bool {
	return !e.isType(n) || n.needle.Text == "" || strings.Contains(strings.ToLower(t.String()), strings.ToLower(n.needle.Text))
}

func (e *Engine) isType(n need) bool {
	return n.field != keywordField && e.fields[n.field].name == "type"
}

// building collects what rules need of one field.
type building struct {
	ids     map[predicate.Needle]int
	needles []predicate.Needle
	rules   [][]int
	present []int
}

func (b *building) add(n predicate.Needle, rule int) {
	if n.Text == "" {
		b.present = append(b.present, rule)
		return
	}
	id, ok := b.ids[n]
	if !ok {
		id = len(b.needles)
		b.ids[n], b.needles, b.rules = id, append(b.needles, n), append(b.rules, nil)
	}
	b.rules[id] = append(b.rules[id], rule)
}

func (b *building) indexed(field int) indexed {
	f := indexed{field: field, rules: b.rules, present: b.present}
	if len(b.needles) > 0 {
		f.literals = predicate.CompileLiterals(b.needles)
		f.shortest = len(slices.MinFunc(b.needles, func(x, y predicate.Needle) int { return cmp.Compare(len(x.Text), len(y.Text)) }).Text)
	}
	return f
}
