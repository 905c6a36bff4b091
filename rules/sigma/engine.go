// Package sigma compiles Sigma rules (https://sigmahq.io, specification 2.1.0) and evaluates them on
// one event.
//
// What surprised us: Sigma fixes how a rule is written and leaves open how an event is matched. So a
// field that is absent makes every test of it false but null, exists: false and negations; a field
// with many values passes if one does; a number keeps the spelling of the rule's author. What cannot
// be honoured is refused when it is loaded, with its place: a rule that can never match would look
// like safety.
//
// An Engine does not change after Compile and may be used by many goroutines. Eval has no clock, no
// I/O and no state that an event leaves behind.
package sigma

import (
	"sync/atomic"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Engine is a set of compiled rules.
type Engine struct {
	rules  []compiled
	fields []event.Getter // nil: never present
	leaves []*leaf        // each test once, whichever rules ask it

	// spare is working memory for one Eval. Whoever evaluates takes it out; a second goroutine finds
	// none and makes its own. So Eval needs no lock, and in one goroutine no allocation.
	spare atomic.Pointer[scratch]
}

type compiled struct {
	meta *rule.Meta
	cond *expr
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
	if ev.Exec == nil || len(e.rules) == 0 { // process_creation: the only view so far
		return dst
	}
	sc := e.spare.Swap(nil)
	if sc == nil {
		sc = newScratch(e)
	}
	sc.begin(ev)
	for _, r := range e.rules {
		if r.cond.holds(e, sc) {
			dst = append(dst, rule.Match{Rule: r.meta, Evidence: r.cond.evidence(nil, e, sc)})
		}
	}
	sc.end()
	e.spare.Store(sc)
	return dst
}
