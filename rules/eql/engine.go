// Package eql compiles queries of EQL, as Elasticsearch has it, and Elastic's detection rules with such queries, and
// evaluates them on one event.
//
// What surprised us: a condition has two values and a value three. What is null makes a test false, and so its negation true;
// but compared with true or null, the same test is null. A field has many values, and any one that passes is enough: two
// tests may find two different ones, but within one expression a field stands for one of them. And a rule is written for
// Elastic's endpoint or for auditbeat, which call the same thing by other names: an event has the names of both.
//
// A query is compiled to tests of one field each, shared by all queries, and conditions over them (program.go). A term of a
// sequence is a condition like that of an event query; what it means that one event satisfies it, and when the sequence
// is whole, is not decided here (rule.Stage). Which conditions are asked at all is decided by the kind of the event, and then
// by literals that they need (kind.go, gate.go, index.go): that may say yes wrongly, and never no wrongly.
//
// An Engine does not change after Compile and may be used by many goroutines. Eval has no clock, no I/O and no state that
// an event leaves behind.
package eql

import (
	"slices"
	"sync/atomic"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Engine is a set of compiled rules.
type Engine struct {
	*program
	rules   []compiled
	indexes []*index // by event.KindID
	// questions that the memory of the indexes has.
	questions uint32
	// spare is working memory for one Eval. Whoever evaluates takes it out; a second goroutine finds none and makes its
	// own. So Eval needs no lock, and in one goroutine no allocation.
	spare atomic.Pointer[scratch]
}

type compiled struct {
	meta  *rule.Meta
	seq   *rule.Sequence // nil: an event query
	first int            // its units are program.units[first:end]
	end   int
}

// Rules returns the rules in the order of their files.
func (e *Engine) Rules() []*rule.Meta {
	var ms []*rule.Meta
	for i := range e.rules {
		ms = append(ms, e.rules[i].meta)
	}
	return ms
}

// Sequences returns the sequences and samples in the order of their files.
func (e *Engine) Sequences() []*rule.Sequence {
	var ss []*rule.Sequence
	for i := range e.rules {
		if s := e.rules[i].seq; s != nil {
			ss = append(ss, s)
		}
	}
	return ss
}

// Eval appends a Match for each rule that ev is a match of, and for each sequence that ev satisfies a term of, in the
// order of the rules. It allocates nothing if there is none.
func (e *Engine) Eval(dst []rule.Match, ev *event.Event) []rule.Match {
	if len(e.units) == 0 {
		return dst
	}
	ix := e.indexes[ev.Kind()]
	if ix == nil {
		return dst
	}
	sc := e.begin(ev, nil)
	ix.eval(sc)
	dst = e.matches(dst, sc)
	e.end(sc)
	return dst
}

// EvalFields is Eval for an event of any origin; for the engines of CompileSchema.
func (e *Engine) EvalFields(dst []rule.Match, f rule.Fields) []rule.Match {
	sc := e.begin(nil, f)
	e.askAll(sc)
	dst = e.matches(dst, sc)
	e.end(sc)
	return dst
}

// askAll finds the units that hold without an index.
func (e *Engine) askAll(sc *scratch) {
	for id := range e.units {
		if e.units[id].cond.holds(sc) {
			sc.held = append(sc.held, id)
		}
	}
}

func (e *Engine) begin(ev *event.Event, doc rule.Fields) *scratch {
	sc := e.spare.Swap(nil)
	if sc == nil {
		sc = newScratch(e.program)
	}
	sc.begin(ev, doc)
	return sc
}

func (e *Engine) end(sc *scratch) {
	sc.end()
	e.spare.Store(sc)
}

// matches appends what held, in the order of the rules.
func (e *Engine) matches(dst []rule.Match, sc *scratch) []rule.Match {
	slices.Sort(sc.held)
	last := -1
	for _, id := range sc.held {
		u := &e.units[id]
		r := &e.rules[u.rule]
		if r.seq == nil {
			dst = append(dst, rule.Match{Rule: r.meta, Evidence: e.evidence(u.cond, sc)})
			continue
		}
		stage, ok := e.stage(r.seq, u, sc)
		if !ok {
			continue
		}
		if last != u.rule {
			dst = append(dst, rule.Match{Rule: r.meta, Silent: true})
			last = u.rule
		}
		m := &dst[len(dst)-1]
		m.Stages = append(m.Stages, stage)
	}
	sc.held = sc.held[:0]
	return dst
}

// stage says that an event satisfies a term; false if it lacks a key.
func (e *Engine) stage(s *rule.Sequence, u *unit, sc *scratch) (rule.Stage, bool) {
	n := 0
	for _, f := range u.by {
		values := len(sc.values(f.id))
		if values == 0 && !f.optional {
			return rule.Stage{}, false
		}
		n += max(1, values)
	}
	keys, all := make([][]rule.Key, len(u.by)), make([]rule.Key, 0, n)
	for i, f := range u.by {
		start := len(all)
		all = appendKeys(all, f, sc)
		keys[i] = all[start:len(all):len(all)]
	}
	return rule.Stage{Of: s, Term: u.term, Keys: keys, Evidence: e.evidence(u.cond, sc)}, true
}

// appendKeys appends each value of a key field once.
func appendKeys(all []rule.Key, f keyField, sc *scratch) []rule.Key {
	start := len(all)
	for _, v := range sc.values(f.id) {
		if k := (rule.Key{Text: v}); !slices.Contains(all[start:], k) {
			all = append(all, k)
		}
	}
	if len(all) == start {
		all = append(all, rule.Key{Null: true})
	}
	return all
}
