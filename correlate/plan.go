package correlate

import (
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// settle makes each match with a plan what the plan comes to, and takes out those that come to nothing.
func (c *Correlator) settle(ev *event.Event, ms []rule.Match) []rule.Match {
	kept := ms[:0]
	for i := range ms {
		m := &ms[i]
		if m.Plan != nil && !c.plan(ev, m) {
			continue
		}
		kept = append(kept, *m)
	}
	clear(ms[len(kept):])
	return kept
}

// plan settles a match, and reports whether anything matched.
func (c *Correlator) plan(ev *event.Event, m *rule.Match) bool {
	p := settling{f: &c.freq, ev: ev}
	o := p.outcome(m.Plan)
	if o == nil {
		return false
	}
	o = c.ignored(ev, o)
	if o == nil {
		return false
	}
	p.count(o)
	m.Rule, m.Evidence, m.Silent, m.Plan = o.Rule, o.Evidence, o.Silent, nil
	if len(p.related) > 0 {
		c.related, c.relatedTo, c.unlisted = p.related, o.Rule, p.unlisted
	}
	return true
}

// settling is one plan while it is settled.
type settling struct {
	f        *frequencies
	ev       *event.Event
	rank     int // the highest that fired
	related  []alert.Related
	unlisted int
}

// outcome is what a plan comes to, nil if that is nothing.
func (p *settling) outcome(plan *rule.Plan) *rule.Outcome {
	for i := range plan.Ifs {
		b := &plan.Ifs[i]
		if !p.fires(b) {
			continue
		}
		if o := p.outcome(b.Then); o != nil {
			return o
		}
	}
	return plan.Else
}

// ignored is what an event comes down to while the rule that it would come down to is ignored.
func (c *Correlator) ignored(ev *event.Event, o *rule.Outcome) *rule.Outcome {
	if o.Ignore <= 0 || o.Silent {
		return o
	}
	key := ev.ID.Node + "\x00" + o.Rule.ID
	last, ok := c.alerted.get(key)
	if since := ev.ID.Msec - last.msec; ok && since >= 0 && since < o.Ignore.Milliseconds() && last.serial != ev.ID.Serial {
		c.stats.Ignored++
		c.note(o.Rule, nil, ReasonIgnored)
		return o.Above
	}
	c.alerted.put(key, moment{ev.ID.Msec, ev.ID.Serial})
	return o
}

// moment is when a rule that is ignored for a time after an alert last gave one.
type moment struct {
	msec   int64
	serial uint64
}
