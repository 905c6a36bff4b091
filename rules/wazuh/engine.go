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
	steady int  // so many of index are of fields whose values come again
	quiet  bool // where no literal was seen nothing matters
	zone   *time.Location

	undecided []atomic.Uint64 // by leaf: how often its pattern took more steps than it may

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

// Frequencies returns the frequency rules.
func (e *Engine) Frequencies() (all []*rule.Frequency) {
	for i := range e.rules {
		if f := e.rules[i].freq; f != nil {
			all = append(all, f)
		}
	}
	return all
}

// Undecided appends the tests that were undecided since Compile. It may be called while Eval runs.
func (e *Engine) Undecided(dst []rule.Undecided) []rule.Undecided {
	for id, l := range e.leaves {
		if n := e.undecided[id].Load(); n > 0 {
			dst = append(dst, rule.Undecided{Field: l.name, Pattern: l.words, Rules: e.askers(int32(id)), Count: n})
		}
	}
	return dst
}

// askers returns the rules that have a test.
func (e *Engine) askers(leaf int32) (all []*rule.Meta) {
	for i := range e.rules {
		if slices.ContainsFunc(e.rules[i].tests, func(t use) bool { return t.leaf == leaf }) {
			all = append(all, e.rules[i].meta)
		}
	}
	return all
}

// Eval appends a Match for the rule that ev comes down to. It allocates nothing if there is none.
func (e *Engine) Eval(dst []rule.Match, ev *event.Event) []rule.Match {
	if len(e.rules) == 0 || len(ev.Records) == 0 {
		return dst
	}
	sc := e.spare.Swap(nil)
	if sc == nil {
		sc = newScratch(e)
	}
	sc.begin(ev)
	if e.collect(sc); len(sc.cands) > 0 || !e.quiet {
		dst = e.decide(dst, sc)
	}
	sc.end()
	e.spare.Store(sc)
	return dst
}
