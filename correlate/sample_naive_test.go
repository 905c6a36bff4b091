package correlate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// naiveSample says at which events of one key a sample is found, slowly: it forgets nothing, and tries every event for every
// step.
func naiveSample(of *rule.Sequence, events []naiveEvent) (at []string) {
	span, muted, until := of.MaxSpan.Milliseconds(), false, int64(0)
	var seen []naiveEvent
	for _, e := range events {
		if muted && (span == 0 || e.id.Msec <= until) {
			continue
		}
		seen = append(seen, e)
		inside := slices.Clone(seen)
		if span > 0 {
			inside = slices.DeleteFunc(inside, func(o naiveEvent) bool { return e.id.Msec-o.id.Msec > span })
		}
		if covers(of.Terms, of.Steps, inside, nil) {
			at = append(at, fmt.Sprint(e.id.Serial))
			seen, muted, until = nil, true, e.id.Msec+span
		}
	}
	return at
}

// covers reports whether each step can have an event of its own.
func covers(terms []rule.Term, steps []int, events []naiveEvent, taken []int) bool {
	if len(steps) == 0 {
		return true
	}
	for i, e := range events {
		if e.terms[steps[0]] && !slices.Contains(taken, i) && covers(terms, steps[1:], events, append(slices.Clone(taken), i)) {
			return true
		}
	}
	return false
}

func agreeOnSamples(t *testing.T, s *stream) int {
	t.Helper()
	s.of.Sample = true
	events := slices.Clone(s.events)
	slices.SortStableFunc(events, func(a, b streamed) int { return order(a.id, b.id) })
	var want []string
	for _, key := range []rule.Key{{Text: "x"}, {Text: "y"}, {Text: "z"}, {Null: true}} {
		var own []naiveEvent
		for i, e := range events {
			if slices.Contains(e.keys, key) && slices.Contains(e.terms, true) && (i == 0 || events[i-1].id != e.id) {
				own = append(own, naiveEvent{e.id, e.terms})
			}
		}
		for _, at := range naiveSample(s.of, own) {
			want = append(want, joinOf(string(appendJoin(nil, key)))[0]+" "+at)
		}
	}
	slices.Sort(want)
	if got := s.samples(t); !slices.Equal(got, want) {
		t.Fatalf("found %q\nnaive found %q\n%v", got, want, s)
	}
	return len(want)
}

// samples returns the keys and the last events of the samples that the machines find; each has what it must have.
func (s *stream) samples(t *testing.T) (out []string) {
	c := New(Options{PerKey: true})
	var as []alert.Alert
	for _, e := range s.events {
		as = c.Observe(as, &event.Event{ID: e.id}, s.matches(&e))
	}
	for _, a := range c.Flush(as) {
		var chosen []naiveEvent
		for _, r := range a.Related {
			i := slices.IndexFunc(s.events, func(e streamed) bool { return e.id == r.ID })
			chosen = append(chosen, naiveEvent{r.ID, s.events[i].terms})
		}
		first, last := a.Related[0].ID, a.Related[len(a.Related)-1].ID
		if len(chosen) != len(s.of.Steps) || !covers(s.of.Terms, s.of.Steps, chosen, nil) || s.of.MaxSpan > 0 && last.Msec-first.Msec > s.of.MaxSpan.Milliseconds() {
			t.Fatalf("a sample of %v\n%v", a.Related, s)
		}
		out = append(out, fmt.Sprint(a.Group[0].Value, " ", last.Serial))
	}
	slices.Sort(out)
	return out
}

// isSample reports whether a sample can have the shape of a sequence.
func isSample(of *rule.Sequence) bool {
	return of.Until < 0 && !slices.ContainsFunc(of.Terms, func(term rule.Term) bool { return term.Missing })
}

func TestSamplesRandomly(t *testing.T) {
	found, shapes := 0, make(map[string]bool)
	for seed := range uint64(800) {
		r := rand.New(rand.NewPCG(seed, 5))
		data := make([]byte, 3*60)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		if s := newStream(seed, data); isSample(s.of) {
			found += agreeOnSamples(t, s)
			shapes[strings.Trim(fmt.Sprint(s.of.Steps), "[]")] = true
		}
	}
	if found < 500 || len(shapes) < 3 {
		t.Errorf("only %d samples of %d shapes were found: the streams test little", found, len(shapes))
	}
}

// FuzzSamples holds the machines of samples to what naiveSample says.
func FuzzSamples(f *testing.F) {
	f.Add(uint64(1), []byte("0123456789abcdef0123456789abcdef"))
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) {
		if s := newStream(seed, data); isSample(s.of) {
			agreeOnSamples(t, s)
		}
	})
}
