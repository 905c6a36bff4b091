// Package sigma compiles Sigma rules (https://sigmahq.io, specification 2.1.0) and evaluates them on
// one event.
//
// What surprised us: Sigma fixes how a rule is written and leaves open how an event is matched. So a
// field that is absent makes every test of it false but null, exists: false and negations; a field
// with many values passes if one does; a number keeps the spelling of the rule's author. What cannot
// be honoured is refused when it is loaded, with its place: a rule that can never match would look
// like safety.
//
// A log source is a view of events as rows (view.go). A rule holds for an event if its whole condition holds for one
// row. Which rules are asked at all is decided by literals that they need (index.go): that may say yes wrongly, and
// never no wrongly.
//
// An Engine does not change after Compile and may be used by many goroutines. Eval has no clock, no
// I/O and no state that an event leaves behind.
package sigma

import (
	"cmp"
	"slices"
	"sync/atomic"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/predicate"
	"github.com/auditpy/auditpy/rules/rule"
)

// Engine is a set of compiled rules.
type Engine struct {
	rules  []compiled
	fields []field
	leaves []*leaf // each test once, whichever rules ask it

	correlations []*rule.Correlation

	whole [viewAuditd]index // by view, of those whose row is the event
	// Of viewAuditd, by the types that rules name, and for records of all other types. Rules without a type that ask for
	// fields of the SYSCALL record only are asked about that record; where it is missing, about all.
	records, lone       byType
	untyped, loneOthers *index
	questions           uint32 // that the indexes have
	addresses           bool   // some rule asks how an address is written

	undecided []atomic.Uint64 // by leaf: how often its expression was

	// spare is working memory for one Eval. Whoever evaluates takes it out; a second goroutine finds
	// none and makes its own. So Eval needs no lock, and in one goroutine no allocation.
	spare atomic.Pointer[scratch]
}

type compiled struct {
	meta   *rule.Meta
	cond   *expr
	view   view
	parts  []partOf
	silent bool // only correlations ask for it
	doubt  bool // it matches where it may: see onLimit
}

// Rules returns the rules in the order of their files.
func (e *Engine) Rules() []*rule.Meta {
	var ms []*rule.Meta
	for _, r := range e.rules {
		ms = append(ms, r.meta)
	}
	return ms
}

// Eval appends a Match for each rule that holds for ev, in the order of the rules. It allocates
// nothing if none does.
func (e *Engine) Eval(dst []rule.Match, ev *event.Event) []rule.Match {
	sc := e.spare.Swap(nil)
	if sc == nil {
		sc = newScratch(e)
	}
	sc.begin(ev)
	for v := viewProcess; v < viewAuditd; v++ {
		if !e.whole[v].empty() && e.sees(v, ev) {
			e.whole[v].eval(e, sc)
		}
	}
	if e.lone.rest != nil || !e.loneOthers.empty() {
		e.evalRecords(sc)
	}
	dst = sc.matches(dst, e)
	sc.end()
	e.spare.Store(sc)
	return dst
}

// EvalFields is Eval for an event of any origin, for engines of Options.Documents.
func (e *Engine) EvalFields(dst []rule.Match, f rule.Fields) []rule.Match {
	sc := e.spare.Swap(nil)
	if sc == nil {
		sc = newScratch(e)
	}
	sc.begin(nil)
	sc.doc = f
	e.whole[viewDocument].eval(e, sc)
	dst = sc.matches(dst, e)
	sc.end()
	e.spare.Store(sc)
	return dst
}

// byType is a map of indexes: nine of ten records are of a system call.
type byType struct {
	calls [100]*index // of types from firstCall on
	rest  map[audit.Type]*index
}

const firstCall audit.Type = 1300

func (b *byType) of(t audit.Type) *index {
	if n := int(t) - int(firstCall); n >= 0 && n < len(b.calls) {
		return b.calls[n]
	}
	return b.rest[t]
}

func (b *byType) set(t audit.Type, ix *index) {
	if n := int(t) - int(firstCall); n >= 0 && n < len(b.calls) {
		b.calls[n] = ix
	} else {
		b.rest[t] = ix
	}
}

// evalRecords asks about each record, in the light of all others. What the same records opened before is remembered.
func (e *Engine) evalRecords(sc *scratch) {
	types, others, question := &e.records, e.untyped, e.questions+1
	if sc.ev.Call == nil {
		types, others, question = &e.lone, e.loneOthers, e.questions+2
	}
	d := sc.events.Digest()
	known := e.ownTexts(&d, sc)
	if known {
		if found, ok := sc.events.Get(question, &d); ok {
			e.again(found, types, others, sc)
			return
		}
	}
	sc.verdict = sc.verdict[:0]
	for i := range sc.ev.Records {
		ix := types.index(sc.ev.Records[i].Type, others)
		if ix.empty() || !isRow(sc.ev, i) {
			continue
		}
		sc.row(i)
		sc.verdict = append(sc.verdict, opening(^i))
		n := len(sc.verdict)
		sc.verdict = ix.decided(sc.verdict, e, sc)
		e.ask(sc.verdict[n:], sc)
		ix.askLoose(e, sc)
		if len(sc.verdict) == n && len(ix.loose) == 0 {
			sc.verdict = sc.verdict[:n-1]
		}
	}
	if known {
		sc.events.Put(question, &d, sc.verdict)
	}
}

// ownTexts adds the texts of all records: where the same come again, so do the values of all fields that event.IsDecided.
// It reports whether all have one.
func (e *Engine) ownTexts(d *predicate.Digest, sc *scratch) bool {
	for i := range sc.ev.Records {
		d.Number(uint64(sc.ev.Records[i].Type))
		if !e.ownText(d, sc, i) {
			return false
		}
	}
	return true
}

func (e *Engine) ownText(d *predicate.Digest, sc *scratch, rec int) bool {
	a, b, ok := sc.ev.OwnText(rec)
	if r := &sc.ev.Records[rec]; e.addresses && r.Type == audit.Sockaddr {
		a = r.Body
	}
	if ok {
		d.Text(a)
		d.Text(b)
	}
	return ok
}

// again asks what was found out about the same records: the place of a record, complemented, and what opens at it.
func (e *Engine) again(found []opening, types *byType, others *index, sc *scratch) {
	for len(found) > 0 {
		i := int(^found[0])
		end := 1
		for end < len(found) && found[end] >= 0 {
			end++
		}
		sc.row(i)
		e.ask(found[1:end], sc)
		types.index(sc.ev.Records[i].Type, others).askLoose(e, sc)
		found = found[end:]
	}
}

// index returns that of a type.
func (b *byType) index(t audit.Type, others *index) *index {
	if ix := b.of(t); ix != nil {
		return ix
	}
	return others
}

// hit is a rule that held, in the row that was at hand.
type hit struct {
	rule  int
	match rule.Match
}

// holds asks a rule about the row at hand, and keeps what it says for the first row that it holds for.
func (e *Engine) holds(id int, sc *scratch) {
	r := &e.rules[id]
	if sc.fired[id] == sc.event || !r.cond.holds(e, sc) && !(r.doubt && sc.doubt && r.cond.may(e, sc)) {
		return
	}
	sc.fired[id] = sc.event
	m := rule.Match{Rule: r.meta, Evidence: r.cond.evidence(nil, e, sc), Silent: r.silent}
	if r.doubt {
		m.Evidence = r.cond.doubts(m.Evidence, e, sc)
	}
	for i := range r.parts {
		if p, ok := r.parts[i].take(e, sc); ok {
			m.Parts = append(m.Parts, p)
		}
	}
	sc.hits = append(sc.hits, hit{id, m})
}

// matches appends what was kept, in the order of the rules.
func (sc *scratch) matches(dst []rule.Match, e *Engine) []rule.Match {
	slices.SortFunc(sc.hits, func(a, b hit) int { return cmp.Compare(a.rule, b.rule) })
	for i := range sc.hits {
		dst = append(dst, sc.hits[i].match)
	}
	clear(sc.hits)
	sc.hits = sc.hits[:0]
	return dst
}
