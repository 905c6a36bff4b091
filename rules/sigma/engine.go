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

	"github.com/auditpy/auditpy/internal/event"
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
