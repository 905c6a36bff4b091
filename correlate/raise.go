package correlate

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// incident is shared by the processes of a lineage.
type incident struct {
	id    string
	last  int64 // Msec of its last alert
	count int
}

func (c *Correlator) raise(dst []alert.Alert, ev *event.Event, ms []rule.Match) []alert.Alert {
	id := alertID(ev.ID, ms[0].Rule.ID)
	why := c.decide(id)
	for i := range ms {
		c.note(ms[i].Rule, nil, why)
	}
	if why != ReasonNew {
		c.stats.Repeated += uint64(len(ms))
		return dst
	}
	a := alert.Alert{ID: id, Time: ev.Time(), Level: ms[0].Rule.Level, Event: ev, Incident: c.incident(ev, id)}
	for _, m := range ms {
		a.Rules = append(a.Rules, m.Rule)
		a.Evidence = append(a.Evidence, m.Evidence...)
		if m.Rule == c.relatedTo {
			a.Related, a.Unlisted = append(c.related, alert.Related{ID: ev.ID, Rule: m.Rule}), c.unlisted
		}
	}
	return c.joined(dst, c.send(dst, &a, nil), len(ms))
}

// joined counts the matches that an alert was made of, if it was sent.
func (c *Correlator) joined(dst, sent []alert.Alert, matches int) []alert.Alert {
	if len(sent) == len(dst) {
		c.stats.Repeated += uint64(matches)
	} else {
		c.stats.Folded += uint64(matches - 1)
	}
	return sent
}

// fired raises the alerts of the correlations that fired.
func (c *Correlator) fired(dst []alert.Alert) []alert.Alert {
	for i := range c.win.fired {
		dst = c.correlated(dst, &c.win.fired[i])
	}
	clear(c.win.fired)
	c.win.fired = c.win.fired[:0]
	return dst
}

func (c *Correlator) correlated(dst []alert.Alert, f *firing) []alert.Alert {
	if f.of.Silent {
		c.note(f.of.Meta, f.group, ReasonSilent)
		return dst
	}
	id := alertID(f.related[0].ID, f.of.Meta.ID+"\x00"+f.key)
	why := c.decide(id)
	c.note(f.of.Meta, f.group, why)
	if why != ReasonNew {
		return dst
	}
	return c.send(dst, &alert.Alert{
		ID: id, Time: time.UnixMilli(f.last.Msec).UTC(), Level: f.of.Meta.Level, Rules: append([]*rule.Meta{f.of.Meta}, f.rules...),
		Evidence: f.evidence, Event: f.ev, Incident: c.incident(f.ev, id), Related: f.related, Unlisted: f.more, Group: groupValues(f.of.By, f.group),
	}, &c.stats.Correlated)
}

func (c *Correlator) decide(id string) Reason {
	if _, ok := c.seen.get(id); ok {
		c.stats.Replayed++
		return ReasonReplayed
	}
	c.seen.put(id, struct{}{})
	return ReasonNew
}

// send appends an alert and counts it, unless it went out before a restart.
func (c *Correlator) send(dst []alert.Alert, a *alert.Alert, kind *uint64) []alert.Alert {
	if _, ok := c.sent.get(a.ID); ok {
		c.stats.Replayed++
		return dst
	}
	c.stats.Alerts++
	if kind != nil {
		*kind++
	}
	return append(dst, *a)
}

// alertID names an alert by its event and leading rule, and that of a correlation by its first event, the correlation
// and the group: the same input gives the same id, wherever and however often it is read.
func alertID(id audit.ID, what string) string {
	var room [128]byte
	b := append(append(room[:0], id.Node...), 0)
	b = append(strconv.AppendInt(b, id.Msec, 10), 0)
	b = append(strconv.AppendUint(b, id.Serial, 10), 0)
	sum := sha256.Sum256(append(b, what...))
	return base32Lower.EncodeToString(sum[:])[:20]
}

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567")

// incident finds the incident of the process, of an ancestor, or of the other processes that an alert is about, or starts
// one. It is that of all of them from then on: those of a pipeline are brothers, of which none descends from another.
func (c *Correlator) incident(ev *event.Event, alertID string, others ...string) alert.Incident {
	in := c.lineage(ev)
	for i := 0; in == nil && i < len(others); i++ {
		in = c.open(ev, others[i])
	}
	if in == nil {
		in = &incident{id: alertID}
	}
	in.last = max(in.last, ev.ID.Msec)
	in.count++
	if ev.Process != nil {
		c.incidents.put(ev.Process.EntityID(), in)
	}
	for _, id := range others {
		c.incidents.put(id, in)
	}
	return alert.Incident{ID: in.id, Count: in.count}
}

func (c *Correlator) lineage(ev *event.Event) *incident {
	for p := ev.Process; p != nil; p = p.Parent {
		if in := c.open(ev, p.EntityID()); in != nil {
			return in
		}
	}
	return nil
}

// open returns the incident of a process, if it goes on at the time of an event.
func (c *Correlator) open(ev *event.Event, entity string) *incident {
	in, ok := c.incidents.get(entity)
	if !ok || ev.ID.Msec-in.last > c.opts.IncidentWindow.Milliseconds() {
		return nil
	}
	return in
}
