package sigma

import (
	"cmp"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/text"
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
	literals *predicate.Literals
	shortest int         // of the literals, in bytes
	openings [][]opening // by literal
	present  []opening   // of any value
}

func (ix *index) empty() bool {
	return ix == nil || len(ix.always) == 0 && len(ix.own) == 0 && len(ix.fields) == 0 && len(ix.loose) == 0
}

// eval asks the rules whose gates an event opens that is one row. What the same values opened before is remembered.
func (ix *index) eval(e *Engine, sc *scratch) {
	e.ask(ix.always, sc)
	key := sc.events.Key(ix.question, text.View(ix.values(e, sc)), "")
	found, ok := sc.events.Get(key)
	if !ok {
		sc.verdict = sc.verdict[:0]
		for i := range ix.fields {
			sc.verdict = ix.fields[i].gates(sc.verdict, e, sc, ix.numbers)
		}
		sc.verdict = sorted(sc.verdict)
		sc.events.Put(key, sc.verdict)
		found = sc.verdict
	}
	e.ask(found, sc)
}

// values writes down the values of all fields, so that no others are written alike.
func (ix *index) values(e *Engine, sc *scratch) []byte {
	sc.key = sc.key[:0]
	for i := range ix.fields {
		sc.key = predicate.AppendTexts(sc.key, sc.values(e, ix.fields[i].field))
	}
	return sc.key
}

// decided appends what opens at a record that only its event's texts decide: see event.AppendOwnText.
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
// was seen before.
func (ix *index) opened(e *Engine, sc *scratch) []int32 {
	a, b, known := sc.ev.OwnText(sc.rec)
	key := sc.memo.Key(ix.question, a, b)
	if known {
		if found, ok := sc.memo.Get(key); ok {
			return found
		}
	}
	sc.found = sc.found[:0]
	for i := range ix.own {
		sc.found = ix.own[i].open(sc.found, e, sc, ix.numbers)
	}
	sc.found = sorted(sc.found)
	if known && sc.ev.Settled(sc.rec) {
		sc.memo.Put(key, sc.found)
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
		dst = append(dst, f.present...)
	}
	for _, v := range values {
		dst = f.find(dst, sc, v)
	}
	return dst
}

// find appends the rules whose gates a value opens.
func (f *indexed) find(dst []int32, sc *scratch, v string) []int32 {
	switch {
	case f.literals == nil || len(v) < f.shortest:
	case predicate.Folds(v):
		for _, ids := range f.openings {
			dst = append(dst, ids...)
		}
	default:
		sc.ids = f.literals.Find(sc.ids[:0], v)
		for _, lit := range sc.ids {
			dst = append(dst, f.openings[lit]...)
		}
	}
	return dst
}

// gates is open, where each value was mostly seen before.
func (f *indexed) gates(dst []int32, e *Engine, sc *scratch, numbers bool) []int32 {
	values := f.values(e, sc, numbers)
	if len(values) > 0 {
		dst = append(dst, f.present...)
	}
	for _, v := range values {
		if f.literals != nil && len(v) >= f.shortest {
			dst = append(dst, f.remembered(sc, v)...)
		}
	}
	return dst
}

func (f *indexed) remembered(sc *scratch, v string) []int32 {
	key := sc.memo.Key(f.question, v, "")
	if found, ok := sc.memo.Get(key); ok {
		return found
	}
	sc.found = sorted(f.find(sc.found[:0], sc, v))
	sc.memo.Put(key, sc.found)
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
			return n.field == keywordField || e.mayBe(n, t) && event.MayHave(t, e.fields[n.field].name)
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
	b := builder{e: e, has: has, ix: ix, fields: make(map[int]*building)}
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
		x := b.fields[f].indexed(f)
		x.question = e.questions
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

func (e *Engine) isType(n need) bool {
	return n.field != keywordField && e.fields[n.field].name == "type"
}

// builder makes an index.
type builder struct {
	e      *Engine
	has    func(need) bool
	ix     *index
	fields map[int]*building
	order  []int
}

// add makes the needs of a gate give its opening.
func (b *builder) add(g *gate, t opening) {
	for _, n := range g.needs {
		b.ix.numbers = b.ix.numbers || n.inNumber()
		if b.has != nil && !b.has(n) {
			continue
		}
		if b.has != nil && b.e.isType(n) { // the index is of one type
			b.ix.always = append(b.ix.always, t)
			return
		}
		f := b.fields[n.field]
		if f == nil {
			f = &building{ids: make(map[predicate.Needle]int)}
			b.fields[n.field], b.order = f, append(b.order, n.field)
		}
		f.add(n.needle, t)
	}
}

// building collects what rules need of one field.
type building struct {
	ids      map[predicate.Needle]int
	needles  []predicate.Needle
	openings [][]opening
	present  []opening
}

func (b *building) add(n predicate.Needle, t opening) {
	if n.Text == "" {
		b.present = append(b.present, t)
		return
	}
	id, ok := b.ids[n]
	if !ok {
		id = len(b.needles)
		b.ids[n], b.needles, b.openings = id, append(b.needles, n), append(b.openings, nil)
	}
	b.openings[id] = append(b.openings[id], t)
}

func (b *building) indexed(field int) indexed {
	f := indexed{field: field, openings: b.openings, present: b.present}
	if len(b.needles) > 0 {
		f.literals = predicate.CompileLiterals(b.needles)
		f.shortest = len(slices.MinFunc(b.needles, func(x, y predicate.Needle) int { return cmp.Compare(len(x.Text), len(y.Text)) }).Text)
	}
	return f
}
