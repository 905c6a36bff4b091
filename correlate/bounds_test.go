package correlate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

func TestMaxGroups(t *testing.T) {
	f := newFeeder(Options{MaxGroups: 2}, over(rule.EventCount, "a", bound("gte", 2)))
	// y is touched least recently when z comes, and y's own second match then takes x's place.
	if got := f.run("1a:x 1a:y 1a:x 1a:z 1a:y 1a:z"); got != "3: 1 3; 6: 4 6" {
		t.Errorf("alerts %q, want those of x and z", got)
	}
	if s := f.c.Stats(); s.OverGroups != 2 {
		t.Errorf("stats %+v, want 2 windows given up", s)
	}
}

func TestMaxPerGroup(t *testing.T) {
	f := newFeeder(Options{MaxPerGroup: 2}, over(rule.ValueCount, "a", bound("gte", 3)))
	if got := f.run("1a=1 2a=2 3a=3 4a=4"); got != "" || f.c.Stats().OverPerGroup != 2 {
		t.Errorf("alerts %q, stats %+v, want none and 2 matches given up", got, f.c.Stats())
	}
	f = newFeeder(Options{MaxPerGroup: 2}, over(rule.Ordered, "ab"))
	if got := f.run("1a 2a 3a 4b"); got != "4: 3 4" {
		t.Errorf("alerts %q, want the oldest to be given up", got)
	}
}

// TestMaxWindowBytes: nothing that an event says makes windows grow over the bound.
func TestMaxWindowBytes(t *testing.T) {
	const most = 100_000
	huge := []audit.Record{{Type: audit.Proctitle, Body: strings.Repeat("x", 3<<20)}, {Type: audit.CWD, Body: "cwd=/"}}
	for _, of := range []*rule.Correlation{
		over(rule.ValueCount, "a", bound("gte", 1e6)), over(rule.ValueMedian, "a", bound("lt", 0)), over(rule.EventCount, "a", bound("gte", 1e6)),
		chained(over(rule.EventCount, "a", bound("lt", 0)), over(rule.EventCount, "a", bound("gte", 1e6)), 0),
	} {
		c := New(Options{MaxWindowBytes: most})
		f := newFeeder(Options{}, of)
		for i := range uint64(3000) {
			x := parseSample(fmt.Sprintf("1a:%s%d=%d", strings.Repeat("g", int(i%300)), i%50, i))
			ev := &event.Event{ID: audit.ID{Msec: 1000, Serial: i}, Records: huge}
			c.Observe(nil, ev, f.matches(x))
			if n := c.Stats().WindowBytes; n > most {
				t.Fatalf("kind %d: %d bytes after event %d, want no more than %d", of.Kind, n, i, most)
			}
		}
		if s := c.Stats(); s.OverBytes == 0 || s.OverGroups > 0 || s.Groups == 0 {
			t.Errorf("kind %d: stats %+v", of.Kind, s)
		}
		if c.Flush(nil); c.Stats().WindowBytes != 0 {
			t.Errorf("kind %d: %d bytes after Flush", of.Kind, c.Stats().WindowBytes)
		}
	}
}

// TestOneWindowOverBytes: a single window gives up its oldest matches.
func TestOneWindowOverBytes(t *testing.T) {
	f := newFeeder(Options{MaxWindowBytes: windowSize + 3*entrySize}, over(rule.Ordered, "ab"))
	if got := f.run("1a 2a 3a 4a 5b"); got != "5: 4 5" || f.c.Stats().OverBytes == 0 {
		t.Errorf("alerts %q, stats %+v", got, f.c.Stats())
	}
}

func TestMaxNodes(t *testing.T) {
	f := newFeeder(Options{MaxNodes: 2}, over(rule.EventCount, "a", bound("gte", 3)))
	if got := f.run("m/1a n/1a o/1a p/1a"); got != "3: 1 2 3" || len(f.c.clocks.named) != 3 || f.c.Stats().OverNodes != 2 {
		t.Errorf("alerts %q, %d clocks, stats %+v", got, len(f.c.clocks.named), f.c.Stats())
	}
}

// TestMaxRelated: an alert of thousands of events names the first ones and counts the others.
func TestMaxRelated(t *testing.T) {
	f := newFeeder(Options{}, over(rule.EventCount, "a", bound("gte", 1000)))
	var as []alert.Alert
	for i := range uint64(1000) {
		as = f.c.Observe(as, at(i+1, 5000, nil), f.matches(parseSample("5a")))
	}
	if len(as) != 1 || len(as[0].Related) != alert.MaxRelated || as[0].Unlisted != 1000-alert.MaxRelated || as[0].Related[0].ID.Serial != 1 {
		t.Fatalf("alerts = %+v", as)
	}
}

// TestLongValues: values that differ at their end only are different, and as a group too.
func TestLongValues(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	f := newFeeder(Options{}, over(rule.ValueCount, "a", bound("gte", 2)))
	if got := f.run("1a:" + long + "1=1 2a:" + long + "2=2 3a=" + long + "3 4a=" + long + "3 5a=" + long + "5"); got != "5: 3 4 5" {
		t.Errorf("alerts %q, want that of different values in one group", got)
	}
}
