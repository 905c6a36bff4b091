package correlate

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// crowd gives matches of so many groups to a Correlator.
func crowd(c *Correlator, of *rule.Correlation, begin, groups int) {
	ev, ms := &event.Event{}, make([]rule.Match, 1)
	for i := range groups {
		ev.ID = audit.ID{Msec: 5000, Serial: uint64(begin + i)}
		ms[0] = rule.Match{Rule: low, Silent: true, Parts: []rule.Part{{Of: of, Group: []string{"group" + strconv.Itoa(begin+i)}, Has: true}}}
		c.Observe(nil, ev, ms)
	}
}

// TestRebind: what was counted goes on under new rules, for correlations that are the same and for them alone.
func TestRebind(t *testing.T) {
	c := New(Options{})
	feed := func(of *rule.Correlation, serial int) int {
		ev := &event.Event{ID: audit.ID{Msec: 5000, Serial: uint64(serial)}}
		m := rule.Match{Rule: &rule.Meta{ID: "low"}, Silent: true, Parts: []rule.Part{{Of: of, Group: []string{"g"}, Has: true}}}
		as := c.Observe(nil, ev, []rule.Match{m})
		for _, a := range as {
			if len(a.Rules) != 2 {
				t.Errorf("rules of %s: %v", a.Rules[0].ID, a.Rules)
			}
		}
		return len(as)
	}
	same := func(id string, n float64) *rule.Correlation {
		of := over(rule.EventCount, "a", bound("gte", n))
		of.Meta = &rule.Meta{ID: id, Title: id}
		of.Span = time.Hour
		return of
	}
	kept, changed, gone := same("kept", 5), same("changed", 5), same("gone", 5)
	for i := range 4 {
		for j, of := range []*rule.Correlation{kept, changed, gone} {
			feed(of, 10*i+j)
		}
	}
	newKept, newChanged := same("kept", 5), same("changed", 6)
	c.Rebind(Options{}, Rules{Correlations: []*rule.Correlation{newKept, newChanged}})
	if s := c.Stats(); s.Groups != 1 || s.Matches != 12 {
		t.Errorf("%+v, want the one window that is left", s)
	}
	if n := feed(newKept, 30); n != 0 { // an event that it has
		t.Errorf("an event that was counted before: %d alerts", n)
	}
	if n := feed(newKept, 100); n != 1 {
		t.Errorf("the fifth match of a correlation that did not change: %d alerts, want 1", n)
	}
	if n := feed(newChanged, 101); n != 0 {
		t.Errorf("the first match of one that changed: %d alerts, want 0", n)
	}
}

// BenchmarkRebind is how long reading waits at a reload with so many open windows.
func BenchmarkRebind(b *testing.B) {
	for _, groups := range []int{100, 10_000, 65_536} {
		b.Run(strconv.Itoa(groups), func(b *testing.B) {
			of := over(rule.EventCount, "a", bound("gte", 1e9))
			c := New(Options{})
			crowd(c, of, 1, groups)
			b.ReportAllocs()
			for b.Loop() {
				next := *of
				c.Rebind(Options{}, Rules{Correlations: []*rule.Correlation{&next}})
			}
		})
	}
}

// TestRebindUnseen: rules that were loaded again, wherever in a stream and however often, change no alert: for correlations of
// all kinds, and for sequences and samples.
func TestRebindUnseen(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 7))
		data := make([]byte, 4*200)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		h, o := historyOf(seed, data), restartOptions(seed)
		h.load()
		want := liveThrough(New(o), h, o, 0)
		if got := liveThrough(New(o), h, o, 1+r.IntN(9)); !slices.Equal(got, want) {
			t.Fatalf("seed %d:\n got %s\nwant %s", seed, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
	}
}

// liveThrough returns what comes of a history, with the rules loaded again before each so manyth event.
func liveThrough(c *Correlator, h history, o Options, every int) (got []string) {
	h.load()
	for i := range h.len() {
		if every > 0 && i%every == 0 {
			c.Rebind(o, h.load())
		}
		got = append(got, outcome(relive(c, h, i))...)
	}
	return append(got, outcome(c.Flush(nil))...)
}

// TestRebindBeforeAsked: an event that waits, and was not asked for its keys, asks no rule that is gone by then.
func TestRebindBeforeAsked(t *testing.T) {
	q := sequenceOf("A B", time.Minute)
	q.Keys = func(dst [][]rule.Key, _ int, _ *event.Event) ([][]rule.Key, bool) {
		t.Error("the rule is gone")
		return append(dst[:0], []rule.Key{{Text: "k"}}), true
	}
	c := New(Options{})
	c.Observe(nil, &event.Event{ID: audit.ID{Msec: 1, Serial: 1}}, []rule.Match{{Rule: q.Meta, Silent: true, Stages: []rule.Stage{{Of: q}}}})
	c.Rebind(Options{}, Rules{})
	c.Observe(nil, &event.Event{ID: audit.ID{Msec: 10_000, Serial: 2}}, nil)
	if s := c.Stats(); s.Keys != 0 || s.SequenceBytes != 0 {
		t.Errorf("%+v", s)
	}
}
