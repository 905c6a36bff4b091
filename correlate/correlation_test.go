package correlate

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// observe gives a match of rule r with one part for the group g.
func observe(c *Correlator, ev *event.Event, r *rule.Meta, of *rule.Correlation, g string) []alert.Alert {
	parts := []rule.Part{{Of: of, Group: []string{g}}}
	return c.Observe(nil, ev, []rule.Match{{Rule: r, Evidence: []rule.Evidence{{Field: "f"}}, Parts: parts}})
}

func TestCorrelationAlert(t *testing.T) {
	of := over(rule.EventCount, "a", bound("gte", 2))
	of.Meta.Level = rule.Critical
	c := New(Options{})
	if as := observe(c, at(7, 1000, nil), low, of, "g"); len(as) != 1 || as[0].Rules[0] != low {
		t.Fatalf("first event: alerts %+v, want its own", as)
	}
	ev := at(8, 2000, nil)
	as := observe(c, ev, low, of, "g")
	if len(as) != 2 || as[0].Rules[0] != low || as[0].Related != nil {
		t.Fatalf("second event: alerts %+v, want its own and the correlation's", as)
	}
	a := as[1]
	if a.Event != ev || a.Level != rule.Critical || a.Time != ev.Time() || !slices.Equal(a.Rules, []*rule.Meta{of.Meta, low}) || len(a.Evidence) != 1 {
		t.Errorf("alert = %+v", a)
	}
	if want := []alert.Related{{ID: audit.ID{Msec: 1000, Serial: 7}, Rule: low}, {ID: ev.ID, Rule: low}}; !reflect.DeepEqual(a.Related, want) {
		t.Errorf("related = %+v, want %+v", a.Related, want)
	}
	if s := c.Stats(); s.Alerts != 3 || s.Correlated != 1 || s.Groups != 1 {
		t.Errorf("stats %+v", s)
	}
}

// TestCorrelationID: ids are a contract with whoever stores them; they may not change between versions.
func TestCorrelationID(t *testing.T) {
	id := func(g string, first uint64) string {
		c, of := New(Options{}), over(rule.EventCount, "a", bound("gte", 2))
		observe(c, at(first, 1000, nil), low, of, g)
		return observe(c, at(9, 2000, nil), low, of, g)[1].ID
	}
	if got, want := id("g", 7), "4daprzpk2awkfwrdncrf"; got != want {
		t.Errorf("ID = %q, want %q", got, want)
	}
	if id("g", 7) == id("h", 7) || id("g", 7) == id("g", 8) {
		t.Error("another group or first event has the same id")
	}
}

// TestReplay: events that are read twice count once, and alert once, also when the window is long gone.
func TestReplay(t *testing.T) {
	c, of := New(Options{}), over(rule.EventCount, "a", bound("gte", 2))
	observe(c, at(1, 1000, nil), low, of, "g")
	if as := observe(c, at(1, 1000, nil), low, of, "g"); len(as) != 0 || c.Stats().Doubled != 1 {
		t.Errorf("the same event again: alerts %+v, stats %+v", as, c.Stats())
	}
	observe(c, at(2, 2000, nil), low, of, "g")
	c.Flush(nil)
	as := observe(c, at(1, 1000, nil), low, of, "g")
	as = append(as, observe(c, at(2, 2000, nil), low, of, "g")...)
	if len(as) != 0 || c.Stats().Correlated != 1 {
		t.Errorf("both again: alerts %+v, stats %+v", as, c.Stats())
	}
}

func TestSilent(t *testing.T) {
	of := over(rule.EventCount, "ab", bound("gte", 3))
	parts := []rule.Part{{Of: of}}
	for _, perRule := range []bool{false, true} {
		c := New(Options{PerRule: perRule})
		as := c.Observe(nil, at(1, 1000, nil), []rule.Match{{Rule: high, Parts: parts, Silent: true}, {Rule: low, Parts: parts}})
		if len(as) != 1 || !slices.Equal(as[0].Rules, []*rule.Meta{low}) {
			t.Errorf("alerts %+v, want one of the rule that is not silent", as)
		}
		as = c.Observe(nil, at(2, 2000, nil), []rule.Match{{Rule: high, Parts: parts, Silent: true}})
		if len(as) != 1 || as[0].Rules[0] != of.Meta {
			t.Errorf("alerts %+v, want that of the correlation only", as)
		}
	}
	of = over(rule.EventCount, "a", bound("gte", 1))
	of.Silent = true
	if as := New(Options{}).Observe(nil, at(1, 1000, nil), []rule.Match{{Rule: high, Parts: []rule.Part{{Of: of}}, Silent: true}}); len(as) != 0 {
		t.Errorf("a silent correlation: alerts %+v", as)
	}
}

// TestClosedKeepsEvent: what decides on closing tells of an event whose memory has been used again since.
func TestClosedKeepsEvent(t *testing.T) {
	c, of := New(Options{}), over(rule.EventCount, "a", bound("lt", 3))
	line := []byte("ls -l")
	body := string(line) // stands for a view
	ev := at(1, 1000, &event.Process{PID: 5, Exe: "/bin/ls"})
	ev.Records = []audit.Record{{Body: body}, {Body: strings.Repeat("x", maxKeptText+1)}}
	ev.Exec = &event.Exec{Args: []string{"ls", strings.Repeat("l", maxKeptText)}, CommandLine: strings.Repeat("x", maxKeptText+3), Argc: 2, Complete: true}
	ev.Complete = true
	observe(c, ev, low, of, "g")
	process := ev.Process
	*ev = event.Event{}
	process.PID = 6
	as := c.Advance(nil, "", time.UnixMilli(12_000))
	if len(as) != 1 {
		t.Fatalf("alerts %+v, want one", as)
	}
	got := as[0].Event
	if got.ID.Serial != 1 || got.Process.PID != 5 || got.Process.Exe != "/bin/ls" || len(got.Records) != 1 || got.Complete {
		t.Errorf("event = %+v, process %+v", got, got.Process)
	}
	if x := got.Exec; len(x.Args) != 1 || len(x.CommandLine) != maxKeptText || x.Complete {
		t.Errorf("exec has %d arguments, a command line of %d bytes, complete %v", len(x.Args), len(x.CommandLine), x.Complete)
	}
}

// TestDecisions: what explain tells.
func TestDecisions(t *testing.T) {
	f := newFeeder(Options{Explain: true, MaxGroups: 2}, over(rule.ValueCount, "a", bound("gte", 2)))
	for _, s := range []struct {
		event string
		want  []Reason
	}{
		{"20a:x=1", []Reason{ReasonOpen}},
		{"20a:x=2", []Reason{ReasonNew}},
		{"21a:x=3", []Reason{ReasonSuppressed}},
		{"21a:x", []Reason{ReasonNoValue}},
		{"1a:x=1", []Reason{ReasonLate}},
		{"21-", nil},
		{"21a:y=1", []Reason{ReasonOpen}},
		{"21a:z=1", []Reason{ReasonEvicted, ReasonOpen}},
	} {
		f.feed(s.event)
		var got []Reason
		for _, d := range f.c.Decisions() {
			got = append(got, d.Reason)
		}
		if !slices.Equal(got, s.want) {
			t.Errorf("%s: %v, want %v", s.event, got, s.want)
		}
	}
	f = newFeeder(Options{Explain: true}, over(rule.EventCount, "a", bound("lt", 1)))
	f.feed("1a:x")
	if d := f.c.Decisions(); len(d) != 1 || d[0].Reason != ReasonClosing || d[0].Rule != f.of.Meta || !slices.Equal(d[0].Group, []string{"x"}) {
		t.Errorf("decisions %+v", d)
	}
	f.feed("20-")
	if d := f.c.Decisions(); len(d) != 1 || d[0].Reason != ReasonFalse || d[0].Reason.String() != "false" {
		t.Errorf("decisions %+v", d)
	}
}

// TestNoParts: an event that no correlation asks for costs no memory.
func TestNoParts(t *testing.T) {
	f := newFeeder(Options{}, over(rule.EventCount, "a", bound("gte", 9)))
	f.feed("1a")
	ev := at(2, 1000, nil)
	if n := testing.AllocsPerRun(1000, func() { f.c.Observe(nil, ev, nil) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
