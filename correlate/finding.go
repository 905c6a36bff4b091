package correlate

import (
	"fmt"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// finding is a sequence that was found.
type finding struct {
	of     *series
	key    string
	events []*occurrence
	ev     *event.Event // the last one
}

func (s *sequences) find(m *machine, p *partial, ev *event.Event) {
	s.found = append(s.found, finding{m.of, m.key, p.events, ev})
}

// findNow is find for a sequence that an arrival completed.
func (s *sequences) findNow(m *machine, p *partial, a *arrival) {
	if a.kept > 0 { // the memory of the alert must not be used again
		a.keep()
	}
	s.find(m, p, a.ev)
}

// say notes what became of a machine.
func (s *sequences) say(m *machine, why Reason) {
	if s.opts.Explain {
		s.note(m.of.Meta, joinOf(m.key), why)
	}
}

// found raises the alerts of the sequences that were found.
func (c *Correlator) found(dst []alert.Alert) []alert.Alert {
	for i := range c.seq.found {
		dst = c.sequenced(dst, &c.seq.found[i])
	}
	clear(c.seq.found)
	c.seq.found = c.seq.found[:0]
	return dst
}

func (c *Correlator) sequenced(dst []alert.Alert, f *finding) []alert.Alert {
	key := joinOf(f.key)
	if f.of.Silent {
		c.note(f.of.Meta, key, ReasonSilent)
		return dst
	}
	id := c.findingID(f)
	why := c.decide(id)
	c.note(f.of.Meta, key, why)
	if why != ReasonNew {
		return dst
	}
	last := f.events[len(f.events)-1]
	return c.send(dst, &alert.Alert{
		ID: id, Time: time.UnixMilli(last.id.Msec).UTC(), Level: f.of.Meta.Level, Rules: []*rule.Meta{f.of.Meta},
		Evidence: last.evidence, Event: f.ev, Incident: c.incident(f.ev, id, f.processes()...),
		Related: f.related(), Group: groupValues(f.of.names(), key),
	}, &c.stats.Sequences)
}

// names are the fields of the key, as the first step calls them.
func (d *series) names() []string { return d.Terms[d.steps[0].term].By }

func (f *finding) related() []alert.Related {
	rs := make([]alert.Related, len(f.events))
	for i, o := range f.events {
		rs[i] = alert.Related{ID: o.id, Rule: f.of.Meta, Evidence: o.evidence, What: o.what}
	}
	return rs
}

// processes are the entity ids of those that made the events.
func (f *finding) processes() (ids []string) {
	for _, o := range f.events {
		if o.who != "" {
			ids = append(ids, o.who)
		}
	}
	return ids
}

// findingID names an alert by its sequence and all its events. The key is not part of it, unless each key is to have its
// alert: events that make the same sequence by several values of a field are told once.
func (c *Correlator) findingID(f *finding) string {
	what := f.of.Meta.ID
	for _, o := range f.events[1:] {
		what += fmt.Sprintf("\x00%s\x00%d\x00%d", o.id.Node, o.id.Msec, o.id.Serial)
	}
	if c.opts.PerKey {
		what += "\x00\x00" + f.key
	}
	return alertID(f.events[0].id, what)
}
