package correlate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// world is random rules and correlations.
type world struct {
	rand  *rand.Rand
	bases []*rule.Meta
	all   []*rule.Correlation
	// asks are the correlations of each base rule, with the index in Refs, and the fields of each correlation's groups.
	asks   [][]rule.Part
	fields map[*rule.Correlation][]int
}

func newWorld(seed uint64) *world {
	w := &world{rand: rand.New(rand.NewPCG(seed, 1)), fields: make(map[*rule.Correlation][]int)}
	for i := range 4 {
		w.bases = append(w.bases, &rule.Meta{ID: "r" + strconv.Itoa(i), Level: rule.Level(i)})
	}
	w.asks = make([][]rule.Part, len(w.bases))
	for range 1 + w.rand.IntN(4) {
		w.correlation()
	}
	return w
}

// correlation adds one that refers to base rules and to correlations before it.
func (w *world) correlation() {
	c := &rule.Correlation{
		Meta: &rule.Meta{ID: "c" + strconv.Itoa(len(w.all))}, Kind: rule.CorrelationKind(w.rand.IntN(8)),
		Span: time.Duration(w.rand.IntN(6)) * time.Second, Percentile: []float64{25, 50, 75, 90, 100}[w.rand.IntN(5)],
	}
	w.fields[c] = []int{0, 1}[:w.rand.IntN(3)]
	for i := range w.bases {
		if w.rand.IntN(3) == 0 && w.room(c) {
			w.asks[i] = append(w.asks[i], rule.Part{Of: c, Ref: len(c.Refs)})
			c.Refs = append(c.Refs, w.bases[i].ID)
			// Listed twice. Not if the order counts: while windows have the first half of a match, naive finds chains that
			// they find with the second.
			if w.rand.IntN(6) == 0 && c.Kind != rule.Ordered {
				w.asks[i] = append(w.asks[i], rule.Part{Of: c, Ref: len(c.Refs)})
				c.Refs = append(c.Refs, w.bases[i].ID)
			}
		}
	}
	for _, in := range w.all {
		if w.rand.IntN(2) == 0 && w.room(c) {
			w.link(in, c)
		}
	}
	if len(c.Refs) == 0 {
		w.asks[0] = append(w.asks[0], rule.Part{Of: c})
		c.Refs = append(c.Refs, w.bases[0].ID)
	}
	w.condition(c)
	w.all = append(w.all, c)
}

// room bounds what naive tries: every match for every rule.
func (w *world) room(c *rule.Correlation) bool { return c.Kind != rule.Ordered || len(c.Refs) < 3 }

func (w *world) link(in, out *rule.Correlation) {
	l := rule.Link{To: out, Ref: len(out.Refs)}
	for _, f := range w.fields[out] {
		l.Group = append(l.Group, slices.Index(w.fields[in], f))
	}
	in.Outer = append(in.Outer, l)
	out.Refs = append(out.Refs, in.Meta.ID)
}

func (w *world) condition(c *rule.Correlation) {
	if c.Kind == rule.Temporal || c.Kind == rule.Ordered {
		if w.rand.IntN(2) == 0 {
			refs := w.rand.Perm(len(c.Refs))
			c.Expr = w.expr(refs)
		}
		return
	}
	ops := []string{"gt", "gte", "gte", "gte", "lt", "lte", "eq", "neq"}
	for range 1 + w.rand.IntN(2) {
		c.Bounds = append(c.Bounds, rule.Bound{Op: ops[w.rand.IntN(len(ops))], Value: float64(w.rand.IntN(5))})
	}
}

func (w *world) expr(refs []int) *rule.Expr {
	e := &rule.Expr{Ref: refs[0]}
	if len(refs) > 1 {
		at := 1 + w.rand.IntN(len(refs)-1)
		e = &rule.Expr{Op: []string{"and", "or"}[w.rand.IntN(2)], Kids: []*rule.Expr{w.expr(refs[:at]), w.expr(refs[at:])}}
	}
	if w.rand.IntN(5) == 0 {
		return &rule.Expr{Op: "not", Kids: []*rule.Expr{e}}
	}
	return e
}

// matches are those of one event, from four bytes.
func (w *world) matches(b []byte) []rule.Match {
	var ms []rule.Match
	group := []string{string('a' + b[1]&1), string('a' + b[1]>>1&1)}
	for i, m := range w.bases {
		if b[2]>>i&1 == 0 {
			continue
		}
		match := rule.Match{Rule: m, Silent: b[3]&1 == 0}
		for _, p := range w.asks[i] {
			for _, f := range w.fields[p.Of] {
				p.Group = append(p.Group, group[f])
			}
			p.Value = []string{"0", "1", "2", "3", "x", "-1", "0.5", "NaN"}[b[3]>>1&7]
			p.Has = b[3]>>4&7 != 0
			match.Parts = append(match.Parts, p)
		}
		ms = append(ms, match)
	}
	return ms
}

// id is that of one event: most are a little newer than the one before, some late, some come twice.
func (w *world) id(b []byte, now *int64, serial uint64) audit.ID {
	*now += int64(b[0]&7) * 250
	msec := *now
	if b[0]>>3&7 == 0 {
		msec -= int64(b[0]>>6) * 3000
	}
	if b[1]>>4&7 == 0 {
		serial--
	}
	return audit.ID{Node: string('m' + b[1]>>7), Msec: msec, Serial: serial}
}

// agree runs windows and naive over a stream.
func agree(t *testing.T, seed uint64, data []byte) {
	w, v := newWorld(seed), newNaive()
	c := New(Options{Explain: true})
	now := int64(1_000_000)
	var prev audit.ID
	var got []string
	for i := uint64(1); len(data) >= 4 && i < 64; i, data = i+1, data[4:] {
		id := w.id(data, &now, i)
		if data[1]>>4&7 == 1 && i > 1 {
			id = prev
		}
		prev = id
		ms := w.matches(data)
		got = appendFirings(got, c, &event.Event{ID: id}, ms)
		v.observe(id, ms)
		compare(t, w, v, c, got)
	}
	for _, a := range c.Flush(nil) {
		got = append(got, describeFiring(a.Rules[0].ID, a.Time.UnixMilli(), a.Related))
	}
	if !slices.Equal(v.flush(), got) {
		t.Fatalf("after Flush: windows fired %q\nnaive fired %q\n%s", got, v.fired, w)
	}
	if s := c.Stats(); s.Groups != 0 || s.WindowBytes != 0 {
		t.Fatalf("after Flush: stats %+v", s)
	}
}

// flush lets everything happen.
func (v *naive) flush() []string {
	v.run("*", 1<<60)
	return v.fired
}

func appendFirings(dst []string, c *Correlator, ev *event.Event, ms []rule.Match) []string {
	for _, a := range c.Observe(nil, ev, ms) {
		if len(a.Related) > 0 {
			dst = append(dst, describeFiring(a.Rules[0].ID, a.Time.UnixMilli(), a.Related))
		}
	}
	return dst
}

func compare(t *testing.T, w *world, v *naive, c *Correlator, got []string) {
	t.Helper()
	if !slices.Equal(v.fired, got) {
		t.Fatalf("windows fired %q\nnaive fired %q\n%s", got, v.fired, w)
	}
	if s := c.Stats(); s.LateEvents != v.late || s.Doubled != v.doubled || s.NoValue != v.noValue || s.Groups != len(v.groups) {

		t.Fatalf("stats %+v, naive late %d, doubled %d, no value %d, groups %d\n%s", s, v.late, v.doubled, v.noValue, len(v.groups), w)
	}
}

// String shows the correlations, for a failure.
func (w *world) String() string {
	var s string
	for _, c := range w.all {
		s += fmt.Sprintf("%s kind %d refs %q span %v bounds %v expr %s group %v links:", c.Meta.ID, c.Kind, c.Refs, c.Span, c.Bounds, show(c.Expr), w.fields[c])
		for _, l := range c.Outer {
			s += fmt.Sprintf(" %s[%d]%v", l.To.Meta.ID, l.Ref, l.Group)
		}
		s += "\n"
	}
	return s
}

func show(e *rule.Expr) string {
	if e == nil {
		return "-"
	}
	if e.Op == "" {
		return strconv.Itoa(e.Ref)
	}
	s := "(" + e.Op
	for _, k := range e.Kids {
		s += " " + show(k)
	}
	return s + ")"
}

// FuzzWindows holds the windows to what naive says, over random correlations and chains of them, with late events, equal
// times, events that come twice, and two nodes.
func FuzzWindows(f *testing.F) {
	f.Add(uint64(1), []byte("0123456789abcdef0123456789abcdef"))
	f.Fuzz(agree)
}

// TestWindowsRandomly is FuzzWindows with streams that need no luck.
func TestWindowsRandomly(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 2))
		data := make([]byte, 4*60)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		agree(t, seed, data)
	}
}
