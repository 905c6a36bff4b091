package correlate

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"github.com/auditpy/auditpy/internal/snapshot"
	"github.com/auditpy/auditpy/rules/rule"
)

// What survives a restart: all that a Correlator remembers, as of between two events. One that has loaded it and is given
// the events behind it raises the same alerts as if nothing had happened, whatever rules were added or removed meanwhile; a
// correlation or a sequence that was changed begins anew.

// Rules are what a state refers to by its id.
type Rules struct {
	All          []*rule.Meta
	Correlations []*rule.Correlation
	Sequences    []*rule.Sequence
	Frequencies  []*rule.Frequency
}

const (
	stateKind    = "auditpy correlator\n"
	stateVersion = 3
)

// AppendState appends what the Correlator remembers, but for its counters. It must not be called while Flush runs, and is
// not larger than about what MaxSeen, MaxWindowBytes and MaxSequenceBytes allow.
func (c *Correlator) AppendState(dst []byte) []byte {
	return snapshot.Append(dst, stateKind, stateVersion, func(w *snapshot.Writer) {
		s := &saver{Writer: w, clocks: make(map[*clock]int)}
		w.Part(func() { s.body(c) })
		s.tables()
	})
}

// LoadState takes what AppendState wrote at the begin of b into a Correlator that has seen nothing, and returns what is
// behind it. After an error, one that wraps snapshot.ErrVersion or snapshot.ErrCorrupt, it still has seen nothing.
func (c *Correlator) LoadState(b []byte, rules Rules) (rest []byte, err error) {
	r, rest, err := snapshot.Open(b, stateKind, stateVersion)
	if err != nil {
		return nil, err
	}
	l := newLoader(c, r, rules)
	l.body()
	if err := l.err(); err != nil {
		c.init()
		return nil, fmt.Errorf("read state of correlations: %w", err)
	}
	return rest, nil
}

// Sent tells which alerts went out after the state that was loaded: they will be raised again, and are not to be returned.
// No more than 8192 are remembered.
func (c *Correlator) Sent(ids []string) {
	for _, id := range ids {
		c.sent.put(id, struct{}{})
	}
}

const maxSent = 8192

// awaited are those of Sent that were not raised again yet. Others are in seen.
func (c *Correlator) awaited() (ids []string) {
	for id := range c.sent.all() {
		if _, ok := c.seen.get(id); !ok {
			ids = append(ids, id)
		}
	}
	return ids
}

func (s *saver) body(c *Correlator) {
	s.saveClocks(c.clocks)
	s.saveMemory(c)
	s.saveWindows(&c.win)
	s.saveSequences(&c.seq)
	s.saveFrequencies(c)
}

func (l *loader) body() {
	l.loadClocks()
	l.loadMemory()
	l.loadWindows()
	l.loadSequences()
	l.loadFrequencies()
	l.End()
}

func (s *saver) saveClocks(cs *clocks) {
	s.Count(len(cs.order))
	for i, n := range cs.order {
		s.clocks[n] = i
		s.Text(n.name)
		s.Int(n.newest)
		s.Int(n.heard)
		s.Int(int64(n.behind))
		s.Int(n.recent)
		s.Uint(uint64(n.epoch))
	}
	s.Uint(cs.number)
}

func (l *loader) loadClocks() {
	for range l.Count() {
		n := l.c.clocks.add(l.Text())
		n.newest, n.heard, n.behind, n.recent, n.epoch = l.Int(), l.Int(), int(l.Int()), l.Int(), l.Size(math.MaxInt)
		l.clocks = append(l.clocks, n)
	}
	l.number = l.Uint()
}

// saveMemory writes the ids of alerts and the incidents, the oldest first.
func (s *saver) saveMemory(c *Correlator) {
	s.Count(len(c.seen.ring))
	for id := range c.seen.all() {
		s.Text(id)
	}
	awaited := c.awaited()
	s.Count(len(awaited))
	for _, id := range awaited {
		s.Text(id)
	}
	var incidents table[*incident]
	s.Count(len(c.incidents.ring))
	for entity, in := range c.incidents.all() {
		s.Text(entity)
		s.Count(incidents.index(in))
	}
	s.Count(len(incidents.list))
	for _, in := range incidents.list {
		s.Text(in.id)
		s.Int(in.last)
		s.Count(in.count)
	}
}

func (l *loader) loadMemory() {
	for range l.Count() {
		l.c.seen.put(l.Text(), struct{}{})
	}
	for range l.Count() {
		l.c.sent.put(l.Text(), struct{}{})
	}
	type member struct {
		entity string
		of     uint64
	}
	var members []member
	for range l.Count() {
		members = append(members, member{l.Text(), l.Uint()})
	}
	var incidents []*incident
	for range l.Count() {
		incidents = append(incidents, &incident{id: l.Text(), last: l.Int(), count: l.Size(math.MaxInt)})
	}
	for _, m := range members {
		if m.of >= uint64(len(incidents)) {
			l.Fail("incident")
			return
		}
		l.c.incidents.put(m.entity, incidents[m.of])
	}
}

// fingerprint tells whether what a state says of a correlation is of this one.
func fingerprint(of *rule.Correlation) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %q %d %v %v %q", of.Kind, of.Refs, of.Span, of.Bounds, of.Percentile, of.By)
	describeExpr(of.Expr, func(s string) { h.Write([]byte(s)) })
	for _, l := range of.Outer {
		fmt.Fprintf(h, " %q %d %v", l.To.Meta.ID, l.Ref, l.Group)
	}
	return h.Sum64()
}

func describeExpr(e *rule.Expr, write func(string)) {
	if e == nil {
		return
	}
	write(fmt.Sprintf("(%s %d", e.Op, e.Ref))
	for _, k := range e.Kids {
		describeExpr(k, write)
	}
	write(")")
}

// sequencePrint is fingerprint for a sequence.
func sequencePrint(of *rule.Sequence) uint64 {
	type term struct {
		By      []string
		Missing bool
	}
	var terms []term
	for i := range of.Terms {
		terms = append(terms, term{of.Terms[i].By, of.Terms[i].Missing})
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%+v %v %d %d %v", terms, of.Steps, of.Until, of.MaxSpan, of.Sample)
	return h.Sum64()
}

// sorted returns the correlations that have windows or had.
func (s *windows) sorted() []*definition {
	var ds []*definition
	for _, d := range s.defs {
		ds = append(ds, d)
	}
	slices.SortFunc(ds, func(a, b *definition) int { return cmp.Compare(a.Meta.ID, b.Meta.ID) })
	return ds
}
