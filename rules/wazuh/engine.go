package wazuh

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Engine is a set of compiled rules.
type Engine struct {
	rules  []compiled // by rank
	listed []*rule.Meta
	fields []field
	leaves []*leaf
	top    []int32 // rules without parents that no literal tells anything about
	index  []indexed
	zone   *time.Location

	// spare is working memory for one Eval. Whoever evaluates takes it out; a second goroutine finds none and makes its
	// own. So Eval needs no lock, and in one goroutine no allocation.
	spare atomic.Pointer[scratch]
}

type field struct {
	name string
	get  event.Getter // nil: no audit event has it
}

// Options are what rules ask of the configuration. The zero value works.
type Options struct {
	Zone *time.Location // of time and weekday; nil: UTC
}

// Rules returns the rules in the order of their files, without those of our own that only others build on.
func (e *Engine) Rules() []*rule.Meta { return slices.Clone(e.listed) }

// Eval appends a Match for the rule that ev comes down to, and one for each rule that could not be decided before it. It
// allocates nothing if there is none.
func (e *Engine) Eval(dst []rule.Match, ev *event.Event) []rule.Match {
	if len(e.rules) == 0 || len(ev.Records) == 0 {
		return dst
	}
	sc := e.spare.Swap(nil)
	if sc == nil {
		sc = newScratch(e)
	}
	sc.begin(ev)
	e.collect(sc)
	dst = e.decide(dst, sc)
	sc.end()
	e.spare.Store(sc)
	return dst
}
