package correlate

import (
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// TestIncidentOfMany: brothers that one sequence or sample is about are of one incident, whichever alerts first.
func TestIncidentOfMany(t *testing.T) {
	parent := &event.Process{PID: 1}
	shell, netcat, stranger := &event.Process{PID: 2, Parent: parent}, &event.Process{PID: 3, Parent: parent}, &event.Process{PID: 4, Parent: parent}
	of := sampleOf("A B", 5*time.Second)
	for name, first := range map[string]*event.Process{"alone": nil, "after the shell's": shell, "after netcat's": netcat} {
		t.Run(name, func(t *testing.T) {
			c := New(Options{})
			var as []alert.Alert
			if first != nil {
				as = c.Observe(as, at(1, 1000, first), matches(low))
			}
			for i, p := range []*event.Process{shell, netcat} {
				x := sighting{id: at(uint64(2+i), 2000+int64(i), p).ID, terms: "AB"[i : i+1], keys: []rule.Key{{Text: "k"}}}
				as = c.Observe(as, at(uint64(2+i), 2000+int64(i), p), x.matches(of))
			}
			as = c.Idle(as, time.Minute, 0)
			sample := len(as) - 1
			as = c.Observe(as, at(8, 3000, shell), matches(low))
			as = c.Observe(as, at(9, 3001, netcat), matches(low))
			if sample < 0 || len(as) != sample+3 {
				t.Fatalf("%d alerts", len(as))
			}
			for i := range as {
				if as[i].Incident.ID != as[0].Incident.ID || as[i].Incident.Count != i+1 {
					t.Errorf("alert %d: incident %+v, want the first's", i, as[i].Incident)
				}
			}
			if a := c.Observe(nil, at(10, 3002, stranger), matches(low))[0]; a.Incident.ID == as[0].Incident.ID {
				t.Error("a brother that has no part in it is of the incident")
			}
			if r := as[sample].Related; len(r) != 2 || !strings.HasPrefix(r[0].What, "unknown (pid 2)") || !strings.HasPrefix(r[1].What, "unknown (pid 3)") {
				t.Errorf("related %+v", r)
			}
		})
	}
}

// TestLeader: of equal levels Sigma's rule leads, then EQL's: so an alert has the same id whatever else matched.
func TestLeader(t *testing.T) {
	rules := []*rule.Meta{{ID: "1", Dialect: "wazuh", Level: rule.High}, {ID: "2", Dialect: "eql", Level: rule.High}, {ID: "3", Dialect: "sigma", Level: rule.High}, {ID: "0", Dialect: "sigma", Level: rule.Low}}
	a := New(Options{}).Observe(nil, at(1, 1, nil), matches(rules...))[0]
	var got []string
	for _, m := range a.Rules {
		got = append(got, m.ID)
	}
	if strings.Join(got, " ") != "3 2 1 0" {
		t.Errorf("rules %q, want 3 2 1 0", got)
	}
}
