package trial

import (
	"encoding/json"
	"math"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/eql"
	"github.com/auditpy/auditpy/rules/rule"
)

// Result is one result of a rule.
type Result struct {
	Rule   string            `json:"rule"`
	Events []json.RawMessage `json:"events"` // their IDs: of a sequence in its order, without those that must be missing
}

// EQL evaluates a query on events that Read has put in order. The results are in the order of the last event of each. The
// error is an *eql.QueryError.
func EQL(query string, events []Event, o Options) ([]Result, []eql.Warning, error) {
	meta := &rule.Meta{ID: "eql", Title: "eql", Dialect: "eql"}
	q, warnings, err := eql.CompileQuery(query, newSchema(events, o.withDefaults()), meta)
	if err != nil {
		return nil, nil, err
	}
	var results []Result
	if q.Sequence() == nil {
		results = single(q, events)
	} else {
		results = several(q, events)
	}
	from, end := q.Pipe(len(results))
	return results[from:end], warnings, nil
}

func single(q *eql.Query, events []Event) (out []Result) {
	var ms []rule.Match
	for i := range events {
		ms = q.Eval(ms[:0], events[i])
		for j := range ms {
			out = append(out, Result{ms[j].Rule.ID, []json.RawMessage{events[i].ID}})
		}
	}
	return out
}

// several gives the events numbers in place of their serials, so that none is taken for one that was seen.
func several(q *eql.Query, events []Event) (out []Result) {
	c := correlate.New(correlate.Options{PerKey: true, Reorder: -1, MaxKeys: math.MaxInt32, MaxSequenceBytes: math.MaxInt64 / 2})
	var ms []rule.Match
	var alerts []alert.Alert
	take := func() {
		for i := range alerts {
			r := Result{Rule: alerts[i].Rules[0].ID}
			for _, ev := range alerts[i].Related {
				r.Events = append(r.Events, events[ev.ID.Serial-1].ID)
			}
			out = append(out, r)
		}
	}
	for i := range events {
		ev := &event.Event{ID: audit.ID{Msec: events[i].Time.UnixMilli(), Serial: uint64(i) + 1}}
		ms = q.Eval(ms[:0], events[i])
		alerts = c.Observe(alerts[:0], ev, ms)
		take()
	}
	alerts = c.Flush(alerts[:0])
	take()
	return out
}

// schema knows the fields that some event has.
type schema struct {
	category string
	names    map[string]bool
}

func newSchema(events []Event, o Options) schema {
	s := schema{o.Category, make(map[string]bool)}
	for i := range events {
		for name := range events[i].fields {
			s.names[name] = true
		}
	}
	return s
}

func (s schema) Category() string { return s.category }

// Field gives all fields any type: JSON of many origins knows no addresses, and some write numbers as texts.
func (s schema) Field(name string) (eql.Type, bool) { return eql.Any, s.names[name] }

// Unknown says that no event has a field.
func (s schema) Unknown(name string) string { return "no event has a field " + name }
