package trial

import (
	"encoding/json"
	"math"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Rules are rules of a dialect that can be asked about events of any origin.
type Rules interface {
	EvalFields(dst []rule.Match, f rule.Fields) []rule.Match
}

// Result is one result of a rule.
type Result struct {
	Rule   string            `json:"rule"`
	Events []json.RawMessage `json:"events"` // their IDs: of a sequence in its order, without those that must be missing
}

// Run evaluates rules on events that Read has put in order. The results are in the order of the last event of each.
//
// What raises alerts raises them here as well. The events have numbers in place of their serials, so that none is taken
// for another.
func Run(r Rules, events []Event) (results []Result) {
	c := correlate.New(correlate.Options{PerRule: true, PerKey: true, Reorder: -1, MaxKeys: math.MaxInt32, MaxSequenceBytes: math.MaxInt64 / 2})
	var ms []rule.Match
	var alerts []alert.Alert
	for i := range events {
		ev := &event.Event{ID: audit.ID{Msec: events[i].Time.UnixMilli(), Serial: uint64(i) + 1}}
		ms = r.EvalFields(ms[:0], events[i])
		alerts = c.Observe(alerts[:0], ev, ms)
		results = appendResults(results, alerts, events)
	}
	return appendResults(results, c.Flush(alerts[:0]), events)
}

func appendResults(dst []Result, alerts []alert.Alert, events []Event) []Result {
	for i := range alerts {
		a := &alerts[i]
		r := Result{Rule: a.Rules[0].ID}
		for _, of := range a.Related {
			r.Events = append(r.Events, events[of.ID.Serial-1].ID)
		}
		if len(a.Related) == 0 {
			r.Events = []json.RawMessage{events[a.Event.ID.Serial-1].ID}
		}
		dst = append(dst, r)
	}
	return dst
}
