package correlate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// naiveSequence says which sequences of one key there are, slowly: it has all events at hand, in order, forgets none, and
// looks for events that end a sequence, or must be missing, among all of them.
type naiveSequence struct {
	of     *rule.Sequence
	events []naiveEvent
	groups [][][]int // by step: the partial sequences that reached it, as indices of events
	out    []string
}

type naiveEvent struct {
	id    audit.ID
	terms []bool
}

// steps are the indices in Of.Steps of those that events must satisfy.
func (v *naiveSequence) steps() (at []int) {
	for i, term := range v.of.Steps {
		if !v.of.Terms[term].Missing {
			at = append(at, i)
		}
	}
	return at
}

func (v *naiveSequence) run() []string {
	steps := v.steps()
	v.groups = make([][][]int, len(steps))
	for i, e := range v.events {
		for j := len(steps) - 1; j >= 0; j-- {
			if !e.terms[v.of.Steps[steps[j]]] {
				continue
			}
			if p := v.take(j, i); p != nil && v.allowed(p, steps) {
				v.groups[j] = append(v.groups[j], p)
			}
		}
	}
	for _, p := range v.groups[len(steps)-1] {
		if !v.surrounded(p, steps) {
			v.out = append(v.out, v.describe(p))
		}
	}
	return v.out
}

// take returns what event i makes at step j: of the partial sequences before it the newest, and none of them is used again.
func (v *naiveSequence) take(j, i int) []int {
	if j == 0 {
		return []int{i}
	}
	group := v.groups[j-1]
	v.groups[j-1] = nil
	if len(group) == 0 {
		return nil
	}
	return append(slices.Clone(group[len(group)-1]), i)
}

// allowed reports whether nothing stands against the last event of p.
func (v *naiveSequence) allowed(p, steps []int) bool {
	n := len(p) - 1
	if n == 0 {
		return true
	}
	if v.of.MaxSpan > 0 && v.events[p[n]].id.Msec-v.events[p[0]].id.Msec > v.of.MaxSpan.Milliseconds() {
		return false
	}
	if v.of.Until >= 0 {
		for _, e := range v.events[p[n-1]:p[n]] {
			if e.terms[v.of.Until] {
				return false
			}
		}
	}
	for _, term := range v.of.Steps[steps[n-1]+1 : steps[n]] {
		for _, e := range v.events[p[n-1]+1 : p[n]] {
			if e.terms[term] {
				return false
			}
		}
	}
	return true
}

// surrounded reports whether events that should be missing before and after p are there, and MaxSpan reaches over all.
func (v *naiveSequence) surrounded(p, steps []int) bool {
	leads, trails := v.of.Steps[:steps[0]], v.of.Steps[steps[len(steps)-1]+1:]
	first, last := p[0], p[len(p)-1]
	from, to := v.events[first].id.Msec, v.events[last].id.Msec
	if len(leads) > 0 {
		from = math.MinInt64 / 2
		for _, e := range v.events[:first] {
			if slices.ContainsFunc(leads, func(term int) bool { return e.terms[term] }) {
				from = e.id.Msec
			}
		}
	}
	if len(trails) > 0 {
		to = math.MaxInt64 / 2
		for i := len(v.events) - 1; i > last; i-- {
			if slices.ContainsFunc(trails, func(term int) bool { return v.events[i].terms[term] }) {
				to = v.events[i].id.Msec
			}
		}
	}
	return len(leads)+len(trails) > 0 && to-from <= v.of.MaxSpan.Milliseconds()
}

func (v *naiveSequence) describe(p []int) string {
	var s []string
	for _, i := range p {
		s = append(s, strconv.FormatUint(v.events[i].id.Serial, 10))
	}
	return strings.Join(s, " ")
}

// stream is random events for a random sequence, in the order in which a log may have them.
type stream struct {
	of     *rule.Sequence
	events []streamed
}

type streamed struct {
	id    audit.ID
	terms []bool
	keys  []rule.Key
}

var sequenceShapes = []string{
	"A B", "A A", "A B C", "A A B", "A*3", "A B A", "A B until C", "A A until A", "A B C until D", "A*2 B*2 until D",
	"A !M B", "A !M B !N C", "A !A B", "!M A", "!M A B", "!M !N A B", "A !M", "A B !M", "A !M B !N", "!M A !M", "!M A B !N", "!M A !M B until C", "A B !A",
}

const sequenceLetters = "ABCDMN"

func newStream(seed uint64, data []byte) *stream {
	r := rand.New(rand.NewPCG(seed, 3))
	shape := sequenceShapes[r.IntN(len(sequenceShapes))]
	span := time.Duration(r.IntN(8)) * time.Second
	if span == 0 && strings.Contains(shape, "!") {
		span = time.Second
	}
	s := &stream{of: sequenceOf(shape, span)}
	now := int64(1_000_000)
	for i := uint64(1); len(data) >= 3 && i < 80; i, data = i+1, data[3:] {
		now += []int64{0, 0, 1, 500, 1000, 1000, 1500, 3000}[data[0]&7]
		e := streamed{id: audit.ID{Msec: now - int64(data[0]>>3&3)*60, Serial: i}}
		for _, term := range s.of.Terms {
			at := strings.Index(sequenceLetters, term.By[0])
			e.terms = append(e.terms, data[1]>>at&1 == 1 && data[1]>>6 != 0)
		}
		for k := range 3 {
			if data[2]>>k&1 == 1 {
				e.keys = append(e.keys, rule.Key{Text: string(rune('x' + k))})
			}
		}
		if data[2]>>3&7 == 0 {
			e.keys = []rule.Key{{Null: true}}
		}
		s.events = append(s.events, e)
		if data[2]>>6 == 0 { // read twice
			s.events = append(s.events, e)
		}
	}
	return s
}

// naive returns what there is to find, each once.
func (s *stream) naive() []string {
	events := slices.Clone(s.events)
	slices.SortStableFunc(events, func(a, b streamed) int { return order(a.id, b.id) })
	var out []string
	for _, key := range []rule.Key{{Text: "x"}, {Text: "y"}, {Text: "z"}, {Null: true}} {
		v := &naiveSequence{of: s.of}
		for i, e := range events {
			if slices.Contains(e.keys, key) && (i == 0 || events[i-1].id != e.id) {
				v.events = append(v.events, naiveEvent{e.id, e.terms})
			}
		}
		for _, found := range v.run() {
			out = append(out, joinOf(string(appendJoin(nil, key)))[0]+": "+found)
		}
	}
	slices.Sort(out)
	return out
}

// engine returns what the machines find, which are saved and loaded after some events, and go on, these or those.
func (s *stream) engine(t *testing.T, o Options, saved int, loaded bool) []string {
	o.PerKey = true
	c := New(o)
	var as []alert.Alert
	for i, e := range s.events {
		if i == saved {
			d := New(o)
			if _, err := d.LoadState(c.AppendState(nil), Rules{All: []*rule.Meta{s.of.Meta}, Sequences: []*rule.Sequence{s.of}}); err != nil {
				t.Fatal(err)
			}
			if was, is := c.Stats(), d.Stats(); is.Keys != was.Keys || is.SequenceBytes > was.SequenceBytes || is.SequenceBytes < was.SequenceBytes && s.of.Keys == nil { // what proved to have no keys is not saved
				t.Fatalf("%v: %d keys and %d bytes are saved, %d and %d loaded", s, was.Keys, was.SequenceBytes, is.Keys, is.SequenceBytes)
			}
			if loaded {
				c = d
			}
		}
		as = c.Observe(as, &event.Event{ID: e.id}, s.matches(&e))
	}
	as = c.Flush(as)
	if st := c.Stats(); st.Keys != 0 || st.SequenceBytes != 0 || st.LateSteps != 0 && o.Reorder == 0 {
		t.Fatalf("%v: after Flush: %+v", s, st)
	}
	out := describeAlerts(as)
	for i := range out {
		out[i] = as[i].Group[0].Value + ": " + out[i]
	}
	slices.Sort(out)
	return out
}

// askLate sees to it that keys and evidence are asked when an event has its turn.
func (s *stream) askLate() {
	keys := make(map[audit.ID][]rule.Key)
	for _, e := range s.events {
		keys[e.id] = e.keys
	}
	s.of.Keys = func(dst [][]rule.Key, _ int, ev *event.Event) ([][]rule.Key, bool) {
		return append(dst[:0], keys[ev.ID]), len(keys[ev.ID]) > 0
	}
	s.of.Evidence = func(dst []rule.Evidence, term int, _ *event.Event) []rule.Evidence {
		return append(dst, rule.Evidence{Field: s.of.Terms[term].By[0]})
	}
}

func (s *stream) matches(e *streamed) []rule.Match {
	m := rule.Match{Rule: s.of.Meta, Silent: true}
	for term, ok := range e.terms {
		if ok && s.of.Keys != nil {
			m.Stages = append(m.Stages, rule.Stage{Of: s.of, Term: term})
		} else if ok && len(e.keys) > 0 {
			m.Stages = append(m.Stages, rule.Stage{Of: s.of, Term: term, Keys: [][]rule.Key{e.keys}})
		}
	}
	return []rule.Match{m}
}

func (s *stream) String() string {
	out := fmt.Sprintf("steps %v of %v until %d, maxspan %v:", s.of.Steps, s.of.Terms, s.of.Until, s.of.MaxSpan)
	for _, e := range s.events {
		out += fmt.Sprintf("\n%d@%d %v %v", e.id.Serial, e.id.Msec, e.terms, e.keys)
	}
	return out
}

func agreeOnSequences(t *testing.T, seed uint64, data []byte) {
	s := newStream(seed, data)
	want := s.naive()
	saved, loaded := int(seed>>8%64), seed&1 == 1
	if got := s.engine(t, Options{}, saved, loaded); !slices.Equal(got, want) {
		t.Fatalf("found %q\nnaive found %q\n%v", got, want, s)
	}
	// In no order it may find others, but what is asked late finds what is asked at once.
	disordered := s.engine(t, Options{Reorder: -1}, saved, loaded)
	s.askLate()
	if got := s.engine(t, Options{}, saved, loaded); !slices.Equal(got, want) {
		t.Fatalf("asked late: found %q\nnaive found %q\n%v", got, want, s)
	}
	if got := s.engine(t, Options{Reorder: -1}, saved, loaded); !slices.Equal(got, disordered) {
		t.Fatalf("in no order: found %q\nasked at once %q\n%v", got, disordered, s)
	}
}

// FuzzSequences holds the machines to what naive says, over sequences of all shapes, with events that come out of order,
// that come twice, and that have several keys.
func FuzzSequences(f *testing.F) {
	f.Add(uint64(1), []byte("0123456789abcdef0123456789abcdef"))
	f.Fuzz(agreeOnSequences)
}

// TestSequencesRandomly is FuzzSequences with streams that need no luck.
func TestSequencesRandomly(t *testing.T) {
	found := 0
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 4))
		data := make([]byte, 3*60)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		agreeOnSequences(t, seed, data)
		found += len(newStream(seed, data).naive())
	}
	if found < 7_500 {
		t.Errorf("only %d sequences were found: the streams test little", found)
	}
}
