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
			dst = rule.Grow(dst)
			m := &dst[len(dst)-1]
			m.Rule, m.Evidence = r.meta, e.evidence(u.cond, sc)
			continue
		}
		if r.seq.Keys == nil && !u.hasKeys(sc) {
			continue
		}
		if last != u.rule {
			dst = rule.Grow(dst)
			m := &dst[len(dst)-1]
			m.Rule, m.Silent = r.meta, true
			last = u.rule
		}
		e.addStage(&dst[len(dst)-1], r.seq, u, sc)
	}
	sc.held = sc.held[:0]
	return dst
}

// addStage says that an event satisfies a term.
func (e *Engine) addStage(m *rule.Match, s *rule.Sequence, u *unit, sc *scratch) {
	st := m.AddStage(s, u.term)
	if s.Keys != nil { // it is asked for later
		return
	}
	st.Keys, _ = u.appendKeys(st.Keys, sc)
	st.Evidence = e.evidence(u.cond, sc)
}

// appendKeys appends each of the values of a key field once, and no more than it takes to tell that there are too many: a
// command may have a million arguments.
func appendKeys(keys []rule.Key, values []string) []rule.Key {
	if len(values) == 0 {
		return append(keys, rule.Key{Null: true})
	}
	for _, v := range values {
		if len(keys) > rule.MaxKeys {
			break
		}
		if k := (rule.Key{Text: v}); !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// hasKeys reports whether an event has a value for each key field of a term.
func (u *unit) hasKeys(sc *scratch) bool {
	for _, f := range u.by {
		if !f.optional && len(sc.values(f.id)) == 0 {
			return false
		}
	}
	return true
}

// appendKeys makes the values of the key fields of an event; false if it lacks one.
func (u *unit) appendKeys(dst [][]rule.Key, sc *scratch) ([][]rule.Key, bool) {
	if !u.hasKeys(sc) {
		return dst, false
	}
	dst = slices.Grow(dst[:0], len(u.by))[:len(u.by)]
	for i, f := range u.by {
		dst[i] = appendKeys(dst[i][:0], sc.values(f.id))
	}
	return dst, true
}
