// Package correlate turns the matches of events into alerts, and remembers what it takes to send each
// only once: the ids of alerts already raised, and the incident that a process lineage belongs to.
//
// It knows event time only, is bounded, and belongs to one goroutine.
package correlate

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Options bound a Correlator. Zero fields take the default in brackets.
type Options struct {
	MaxSeen        int           // alert ids and processes of incidents remembered [65536 each]
	IncidentWindow time.Duration // event time after which a lineage's next alert is a new incident [10 min]
	PerRule        bool          // one alert per rule and event, not one per event
}

// Reason says why matches became an alert or did not.
type Reason uint8

// The reasons.
const (
	ReasonNew      Reason = iota // an alert
	ReasonReplayed               // this alert was raised before: the event was read twice
)

func (r Reason) String() string { return [...]string{"new", "replayed"}[r] }

// Stats count the decisions.
type Stats struct {
	Matches  uint64 `json:"matches"`
	Alerts   uint64 `json:"alerts"`
	Replayed uint64 `json:"replayed"`
}

// Correlator decides what becomes an alert.
type Correlator struct {
	opts      Options
	seen      memory[struct{}]
	incidents memory[*incident] // by entity id
	stats     Stats
}

// incident is shared by the processes of a lineage.
type incident struct {
	id    string
	last  int64 // Msec of its last alert
	count int
}

// New returns a Correlator that has seen nothing.
func New(o Options) *Correlator {
	if o.MaxSeen <= 0 {
		o.MaxSeen = 65536
	}
	if o.IncidentWindow <= 0 {
		o.IncidentWindow = 10 * time.Minute
	}
	return &Correlator{opts: o, seen: newMemory[struct{}](o.MaxSeen), incidents: newMemory[*incident](o.MaxSeen)}
}

// Stats returns the counters.
func (c *Correlator) Stats() Stats { return c.stats }

// Observe appends the alerts that the matches ms of one event give to dst: at most one, or with
// PerRule at most one a rule. ms is reordered.
func (c *Correlator) Observe(dst []alert.Alert, ev *event.Event, ms []rule.Match) []alert.Alert {
	if len(ms) == 0 {
		return dst
	}
	c.stats.Matches += uint64(len(ms))
	slices.SortStableFunc(ms, func(a, b rule.Match) int {
		return cmp.Or(-cmp.Compare(a.Rule.Level, b.Rule.Level), cmp.Compare(a.Rule.ID, b.Rule.ID))
	})
	if !c.opts.PerRule {
		return c.raise(dst, ev, ms)
	}
	for i := range ms {
		dst = c.raise(dst, ev, ms[i:i+1])
	}
	return dst
}

func (c *Correlator) raise(dst []alert.Alert, ev *event.Event, ms []rule.Match) []alert.Alert {
	id := alertID(ev.ID, ms[0].Rule.ID)
	if c.decide(id) != ReasonNew {
		c.stats.Replayed++
		return dst
	}
	c.stats.Alerts++
	a := alert.Alert{ID: id, Time: ev.Time(), Level: ms[0].Rule.Level, Event: ev, Incident: c.incident(ev, id)}
	for _, m := range ms {
		a.Rules = append(a.Rules, m.Rule)
		a.Evidence = append(a.Evidence, m.Evidence...)
	}
	return append(dst, a)
}

func (c *Correlator) decide(id string) Reason {
	if _, ok := c.seen.get(id); ok {
		return ReasonReplayed
	}
	c.seen.put(id, struct{}{})
	return ReasonNew
}

// alertID names an alert by its event and leading rule: the same input gives the same id, wherever
// and however often it is read.
func alertID(id audit.ID, ruleID string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%d\x00%s", id.Node, id.Msec, id.Serial, ruleID))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:20]
}

// incident finds the incident of the process or of an ancestor, or starts one.
func (c *Correlator) incident(ev *event.Event, alertID string) alert.Incident {
	in := c.lineage(ev)
	if in == nil {
		in = &incident{id: alertID}
	}
	in.last = max(in.last, ev.ID.Msec)
	in.count++
	if ev.Process != nil {
		c.incidents.put(ev.Process.EntityID(), in)
	}
	return alert.Incident{ID: in.id, Count: in.count}
}

func (c *Correlator) lineage(ev *event.Event) *incident {
	window := c.opts.IncidentWindow.Milliseconds()
	for p := ev.Process; p != nil; p = p.Parent {
		if in, ok := c.incidents.get(p.EntityID()); ok && ev.ID.Msec-in.last <= window {
			return in
		}
	}
	return nil
}
