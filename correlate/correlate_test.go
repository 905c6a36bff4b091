package correlate

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

var (
	low  = &rule.Meta{ID: "low", Title: "Low", Level: rule.Low}
	high = &rule.Meta{ID: "high", Title: "High", Level: rule.High}
)

func at(serial uint64, msec int64, p *event.Process) *event.Event {
	return &event.Event{ID: audit.ID{Msec: msec, Serial: serial}, Process: p}
}

func matches(rs ...*rule.Meta) []rule.Match {
	var ms []rule.Match
	for _, r := range rs {
		ms = append(ms, rule.Match{Rule: r, Evidence: []rule.Evidence{{Field: r.ID}}})
	}
	return ms
}

func TestOneAlertPerEvent(t *testing.T) {
	c := New(Options{})
	as := c.Observe(nil, at(1, 1, nil), matches(low, high))
	if len(as) != 1 {
		t.Fatalf("alerts = %d, want 1", len(as))
	}
	a := as[0]
	if !slices.Equal(a.Rules, []*rule.Meta{high, low}) || a.Level != rule.High || len(a.Evidence) != 2 {
		t.Errorf("alert = %+v, want the highest level to lead", a)
	}
	if as = c.Observe(nil, at(1, 1, nil), matches(high, low)); len(as) != 0 || c.Stats().Replayed != 1 {
		t.Errorf("the same event again: alerts = %+v, stats %+v", as, c.Stats())
	}
	if as = c.Observe(nil, at(2, 1, nil), matches(low)); len(as) != 1 || as[0].ID == a.ID {
		t.Errorf("another event: alerts = %+v", as)
	}
	if as = c.Observe(nil, at(3, 1, nil), nil); len(as) != 0 {
		t.Errorf("no match: alerts = %+v", as)
	}
}

func TestPerRule(t *testing.T) {
	as := New(Options{PerRule: true}).Observe(nil, at(1, 1, nil), matches(low, high))
	if len(as) != 2 || as[0].Rules[0] != high || as[1].Rules[0] != low || as[0].ID == as[1].ID {
		t.Errorf("alerts = %+v, want one for each rule", as)
	}
}

// TestAlertID: ids are a contract with whoever stores them; they may not change between versions.
func TestAlertID(t *testing.T) {
	got := alertID(audit.ID{Node: "web", Msec: 1795250967999, Serial: 629868}, "r1")
	if want := "sgp4uiljpmlowujyan5m"; got != want {
		t.Errorf("alertID = %q, want %q", got, want)
	}
	if got == alertID(audit.ID{Node: "db", Msec: 1795250967999, Serial: 629868}, "r1") {
		t.Error("two nodes share an alert id")
	}
}

func TestIncident(t *testing.T) {
	shell := &event.Process{PID: 1}
	python := &event.Process{PID: 2, Parent: shell}
	other := &event.Process{PID: 3}
	c := New(Options{IncidentWindow: time.Minute})
	first := c.Observe(nil, at(1, 0, shell), matches(low))[0]
	steps := []struct {
		ev    *event.Event
		same  bool
		count int
	}{
		{at(2, 1000, python), true, 2},
		{at(3, 2000, shell), true, 3},
		{at(4, 3000, other), false, 1},
		{at(5, 62001, python), false, 1}, // a minute after the last
		{at(6, 63000, nil), false, 1},
	}
	for _, s := range steps {
		a := c.Observe(nil, s.ev, matches(low))[0]
		if (a.Incident.ID == first.Incident.ID) != s.same || a.Incident.Count != s.count {
			t.Errorf("event %d: incident = %+v, want same %v, count %d", s.ev.ID.Serial, a.Incident, s.same, s.count)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := newMemory[int](10)
	for i := range 1000 {
		m.put(fmt.Sprint(i), i)
		m.put(fmt.Sprint(i), i)
	}
	if len(m.m) != 10 {
		t.Errorf("%d keys kept, want 10", len(m.m))
	}
	if _, ok := m.get("989"); ok {
		t.Error("an old key was kept")
	}
	if v, ok := m.get("990"); v != 990 || !ok {
		t.Error("a new key was lost")
	}
}
