package correlate

import (
	"fmt"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// crowded is a Correlator with n windows, n keys of a sequence, and n alerts.
func crowded(n int) (*Correlator, Rules) {
	m := &rule.Meta{ID: "base"}
	k := &rule.Correlation{Meta: &rule.Meta{ID: "count"}, Refs: []string{"base"}, Span: time.Hour, Bounds: []rule.Bound{{Op: "gte", Value: 5}}}
	q := sequenceOf("A B", time.Hour)
	c := New(Options{})
	for i := range n {
		name := fmt.Sprint("user", i)
		ms := []rule.Match{{Rule: m, Parts: []rule.Part{{Of: k, Group: []string{name}}},
			Stages: []rule.Stage{{Of: q, Keys: [][]rule.Key{{{Text: name}}}, Evidence: []rule.Evidence{{Field: "process.name", Value: "python3", Match: "python*"}}}}}}
		c.Observe(nil, &event.Event{ID: audit.ID{Msec: int64(i), Serial: uint64(i)}, Process: &event.Process{PID: i}}, ms)
	}
	return c, Rules{All: []*rule.Meta{m}, Correlations: []*rule.Correlation{k}, Sequences: []*rule.Sequence{q}}
}

func BenchmarkState(b *testing.B) {
	for _, n := range []int{100, 10_000, 65_000} {
		c, rules := crowded(n)
		state := c.AppendState(nil)
		b.Run(fmt.Sprint("append/", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(state)))
			for b.Loop() {
				state = c.AppendState(state[:0])
			}
		})
		b.Run(fmt.Sprint("load/", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(state)))
			for b.Loop() {
				if _, err := New(Options{}).LoadState(state, rules); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Logf("%d: %d bytes", n, len(state))
	}
}

// BenchmarkSequence is an event for each of two steps, of many keys.
func BenchmarkSequence(b *testing.B) {
	for _, keys := range []int{1, 1000, 50_000} {
		b.Run(fmt.Sprint(keys), func(b *testing.B) {
			q := sequenceOf("A B", time.Minute)
			q.Silent = true
			c := New(Options{})
			ev := &event.Event{}
			ms := []rule.Match{{Rule: q.Meta, Silent: true, Stages: []rule.Stage{{Of: q, Keys: [][]rule.Key{{{}}}}}}}
			names := make([]string, keys)
			for i := range names {
				names[i] = fmt.Sprint("user", i)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				ev.ID = audit.ID{Msec: int64(i), Serial: uint64(i)}
				ms[0].Stages[0].Term, ms[0].Stages[0].Keys[0][0].Text = i/keys%2, names[i%keys]
				c.Observe(nil, ev, ms)
			}
		})
	}
}
