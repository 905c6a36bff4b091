package correlate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// planWorld is one rule, "base", and frequency rules that count it and each other.
type planWorld struct {
	base   *rule.Meta
	freqs  []*rule.Frequency
	counts []bool // of each of freqs, whether a firing of it counts for the next
	same   []bool // by group
	differ []bool
	ignore time.Duration // of base
}

func newPlanWorld(seed uint64) *planWorld {
	r := rand.New(rand.NewPCG(seed, 3))
	w := &planWorld{base: &rule.Meta{ID: "base"}, ignore: time.Duration(r.IntN(2)*r.IntN(4)) * time.Second}
	for i := range 1 + r.IntN(3) {
		f := &rule.Frequency{
			Meta: &rule.Meta{ID: fmt.Sprint("f", i)}, Times: 2 + r.IntN(3), Span: time.Duration(2+r.IntN(6)) * time.Second, Rank: 3 + r.IntN(3), Global: r.IntN(3) == 0,
		}
		w.counts, w.same, w.differ = append(w.counts, r.IntN(2) == 0), append(w.same, r.IntN(2) == 0), append(w.differ, r.IntN(4) == 0)
		if w.differ[i] {
			f.Differ = []string{"d"}
		}
		w.freqs = append(w.freqs, f)
	}
	return w
}

// happening is an event of base: of a node, a group and a value.
type happening struct {
	id           audit.ID
	group, value string // "" is absent
}

func (w *planWorld) values(i int, h happening) (v rule.Values) {
	if w.same[i] {
		v.Same, v.Missing = []string{h.group}, h.group == ""
	}
	if w.differ[i] {
		v.Differ = []string{h.value}
	}
	return v
}

// match is what a dialect makes of an event.
func (w *planWorld) match(h happening) []rule.Match {
	p := &rule.Plan{Else: &rule.Outcome{Rule: w.base, Of: w.base, Ignore: w.ignore}}
	for i, f := range w.freqs {
		p.Else.Counts = append(p.Else.Counts, rule.Count{Of: f, With: w.values(i, h)})
		o := &rule.Outcome{Rule: f.Meta, Of: f.Meta}
		if w.counts[i] && i+1 < len(w.freqs) {
			o.Counts = []rule.Count{{Of: w.freqs[i+1], With: w.values(i+1, h)}}
		}
		p.Ifs = append(p.Ifs, rule.Branch{Of: f, With: w.values(i, h), Then: &rule.Plan{Else: o}})
	}
	return []rule.Match{{Rule: w.base, Plan: p}}
}

// happenings are read from data, two bytes each.
func happenings(data []byte) (out []happening) {
	now := int64(1_000_000)
	for i := 0; i+1 < len(data); i += 2 {
		now += int64(data[i]%16) * 250
		out = append(out, happening{
			audit.ID{Node: []string{"", "n"}[data[i]>>4&1], Msec: now, Serial: uint64(i/2 + 1)},
			[]string{"x", "y", ""}[data[i+1]%3], []string{"1", "2", ""}[data[i+1]/3%3],
		})
	}
	return out
}

// naivePlans is the same, told in the plainest way: all events are kept.
type naivePlans struct {
	w      *planWorld
	past   [][]*pastEvent // by frequency rule
	fired  map[string]int // by rule and series: how many of past do not count any more
	passed map[string]int64
}

type pastEvent struct {
	happening
	used *int
}

func (n *naivePlans) series(i int, h happening) string {
	key := fmt.Sprint(i)
	if !n.w.freqs[i].Global {
		key += "\x00" + h.id.Node
	}
	if n.w.same[i] {
		key += "\x00" + h.group
	}
	return key
}

func (n *naivePlans) observe(h happening) string {
	rank := 0
	for i, f := range n.w.freqs {
		used := n.before(i, h)
		if len(used) < f.Times-1 {
			continue
		}
		for _, e := range used {
			*e.used = max(*e.used, f.Rank)
		}
		n.fired[n.series(i, h)] = len(n.past[i])
		if rank = max(rank, f.Rank); n.w.counts[i] && i+1 < len(n.w.freqs) {
			n.count(i+1, h, rank, new(int))
		}
		return f.Meta.ID
	}
	if n.w.ignore > 0 {
		last, ok := n.passed[h.id.Node]
		if ok && h.id.Msec-last < n.w.ignore.Milliseconds() {
			return ""
		}
		n.passed[h.id.Node] = h.id.Msec
	}
	used := new(int)
	for i := range n.w.freqs {
		n.count(i, h, rank, used)
	}
	return "base"
}

func (n *naivePlans) count(i int, h happening, rank int, used *int) {
	if n.w.same[i] && h.group == "" || rank >= n.w.freqs[i].Rank {
		return
	}
	*used = rank
	n.past[i] = append(n.past[i], &pastEvent{h, used})
}

func (n *naivePlans) before(i int, h happening) (out []*pastEvent) {
	f := n.w.freqs[i]
	if n.w.same[i] && h.group == "" {
		return nil
	}
	for at := len(n.past[i]) - 1; at >= n.fired[n.series(i, h)] && len(out) < f.Times-1; at-- {
		e := n.past[i][at]
		if n.series(i, e.happening) != n.series(i, h) {
			continue
		}
		if *e.used >= f.Rank {
			return out
		}
		if h.id.Msec-e.id.Msec > f.Span.Milliseconds() || n.w.differ[i] && h.value != "" && h.value == e.value {
			continue
		}
		out = append(out, e)
	}
	return out
}

func eventAt(h happening) *event.Event {
	return &event.Event{ID: h.id, Records: []audit.Record{{ID: h.id, Type: audit.CWD, Body: `cwd="/"`}}}
}

func agreeOnPlans(t *testing.T, seed uint64, data []byte) {
	t.Helper()
	w := newPlanWorld(seed)
	n := &naivePlans{w: w, past: make([][]*pastEvent, len(w.freqs)), fired: make(map[string]int), passed: make(map[string]int64)}
	c := New(Options{})
	for i, h := range happenings(data) {
		got := ""
		for _, a := range c.Observe(nil, eventAt(h), w.match(h)) {
			got += a.Rules[0].ID
		}
		if want := n.observe(h); got != want {
			t.Fatalf("seed %d, event %d %+v: alert of %q, want %q", seed, i, h, got, want)
		}
	}
}

func TestPlans(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for seed := range uint64(300) {
		data := make([]byte, 200)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		agreeOnPlans(t, seed, data)
	}
}

func FuzzPlans(f *testing.F) {
	f.Add(uint64(1), []byte("abcdefghijklmnop"))
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) {
		if len(data) <= 400 {
			agreeOnPlans(t, seed, data)
		}
	})
}

// planHistory is a history of plans, for what survives a restart.
type planHistory struct {
	seed uint64
	w    *planWorld
	all  []happening
}

func (h *planHistory) load() Rules {
	h.w = newPlanWorld(h.seed)
	r := Rules{All: []*rule.Meta{h.w.base}, Frequencies: h.w.freqs}
	for _, f := range h.w.freqs {
		r.All = append(r.All, f.Meta)
	}
	return r
}

func (h *planHistory) len() int { return len(h.all) }

func (h *planHistory) event(i int) (*event.Event, []rule.Match) {
	return eventAt(h.all[i]), h.w.match(h.all[i])
}

// TestPlanEvents: an alert names the events that led to it, and a replay gives none.
func TestPlanEvents(t *testing.T) {
	w := &planWorld{base: &rule.Meta{ID: "base"}, same: []bool{true}, differ: []bool{false}, counts: []bool{false}}
	w.freqs = []*rule.Frequency{{Meta: &rule.Meta{ID: "f"}, Times: 3, Span: time.Minute, Rank: 5}}
	c := New(Options{Explain: true})
	var as []alert.Alert
	var told []string
	for i := range 4 {
		h := happening{audit.ID{Msec: int64(1000 * i), Serial: uint64(i)}, "x", ""}
		for range 2 { // each is read twice
			as = c.Observe(as, eventAt(h), w.match(h))
			for _, d := range c.Decisions() {
				told = append(told, d.Rule.ID+" "+d.Reason.String())
			}
		}
	}
	var ids []string
	for _, a := range as {
		ids = append(ids, fmt.Sprint(a.Rules[0].ID, len(a.Related)))
	}
	if want := []string{"base0", "base0", "f3", "base0"}; !slices.Equal(ids, want) {
		t.Errorf("alerts %q, want %q; %q", ids, want, told)
	}
	if r := as[2].Related; r[0].ID.Serial != 0 || r[0].Rule != w.base || r[2].ID.Serial != 2 {
		t.Errorf("related %+v", r)
	}
	if s := c.Stats(); s.Doubled == 0 || !slices.Contains(told, "f doubled") {
		t.Errorf("stats %+v, decisions %q", s, told)
	}
}

// TestPlanBounds: nothing that an event says makes the series grow over the bounds.
func TestPlanBounds(t *testing.T) {
	w := &planWorld{base: &rule.Meta{ID: "base"}, same: []bool{true}, differ: []bool{true}, counts: []bool{false}}
	w.freqs = []*rule.Frequency{{Meta: &rule.Meta{ID: "f"}, Times: 9999, Span: time.Hour, Rank: 5, Differ: []string{"d"}}}
	for _, o := range []Options{{MaxGroups: 7}, {MaxPerGroup: 5}, {MaxWindowBytes: 20_000}} {
		c := New(o)
		for i := range 5000 {
			h := happening{audit.ID{Msec: int64(i), Serial: uint64(i + 1)}, fmt.Sprint(i % 40), strings.Repeat("v", i%400) + fmt.Sprint(i)}
			c.Observe(nil, eventAt(h), w.match(h))
		}
		s := c.Stats()
		if s.OverGroups+s.OverPerGroup+s.OverBytes == 0 || o.MaxGroups > 0 && s.Groups > o.MaxGroups || o.MaxWindowBytes > 0 && s.WindowBytes > o.MaxWindowBytes+entrySize+2*maxValue {
			t.Errorf("%+v: stats %+v", o, s)
		}
		if c.freq.bytes != sizes(&c.freq) {
			t.Errorf("%+v: %d bytes counted, %d there", o, c.freq.bytes, sizes(&c.freq))
		}
	}
}

func sizes(f *frequencies) (n int) {
	for e := f.recent.Front(); e != nil; e = e.Next() {
		n += e.Value.(*frequent).bytes
	}
	return n
}
