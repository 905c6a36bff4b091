package agent

import (
	"sync"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/rules/rule"
)

// drops counts the alerts that a queue gave up, by rule.
type drops struct {
	mu    sync.Mutex
	rules map[string]uint64
}

const (
	// maxDropRules bounds the rules that are told apart. Those beyond count as one.
	maxDropRules = 64
	otherRules   = "other rules"
	// confessEvery is the least time between two notices of one sink, and confessLate the time after which one is sent
	// though the sink is still down: the others should know.
	confessEvery = time.Minute
	confessLate  = 10 * time.Minute
)

// see is told of each frame that is dropped.
func (d *drops) see(frame []byte) {
	id := otherRules
	env, err := alert.ParseEnvelope(frame)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rules == nil {
		d.rules = make(map[string]uint64)
	}
	if _, known := d.rules[env.Rule]; err == nil && (known || len(d.rules) < maxDropRules) {
		id = env.Rule
	}
	d.rules[id]++
}

// take returns the counts so far and begins anew.
func (d *drops) take() map[string]uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	rules := d.rules
	d.rules = nil
	return rules
}

// confession is what an outlet has told of its losses. It is owned by the outlet's goroutine.
type confession struct {
	told  uint64    // alerts
	last  time.Time // of the last notice
	since time.Time // of the oldest loss not told
}

// confess sends one notice to all sinks that alerts for this one were lost: when it works again, or after a while, or at the end.
func (o *outlet) confess(works, end bool, now time.Time) {
	c, s := &o.confessed, o.queue.Stats()
	lost := s.Dropped + s.Lost - c.told
	if lost == 0 {
		return
	}
	if c.since.IsZero() {
		c.since = now
	}
	due := works && now.Sub(c.last) >= confessEvery || now.Sub(later(c.since, c.last)) >= confessLate
	if !due && !end || o.notify == nil {
		return
	}
	n := alert.Notice{
		Rule: "auditpy-alerts-dropped", Title: "Alerts were dropped while a sink did not take them", Level: rule.High, Time: now,
		About: map[string]any{"sink": o.sink.Name(), "dropped": lost, "rules": o.drops.take()},
	}
	if o.notify(&n) {
		c.told, c.last, c.since = c.told+lost, now, time.Time{}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
