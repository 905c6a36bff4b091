package correlate

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// BenchmarkObserve gives one event a millisecond to count correlations that do not fire.
func BenchmarkObserve(b *testing.B) {
	for _, size := range []struct{ groups, correlations int }{{1, 0}, {1, 1}, {10_000, 1}, {1, 100}} {
		name := fmt.Sprintf("groups=%d/correlations=%d", size.groups, size.correlations)
		b.Run(name, func(b *testing.B) { benchmark(b, rule.EventCount, size.groups, size.correlations) })
	}
	for kind, name := range map[rule.CorrelationKind]string{rule.ValueCount: "values", rule.ValueMedian: "median", rule.ValueSum: "sum", rule.Ordered: "ordered"} {
		b.Run(name, func(b *testing.B) { benchmark(b, kind, 1, 1) })
	}
	b.Run("closing", func(b *testing.B) { benchmark(b, rule.EventCount, 1000, 1, bound("lt", 1)) })
}

func benchmark(b *testing.B, kind rule.CorrelationKind, groups, correlations int, bounds ...rule.Bound) {
	m := rule.Match{Rule: low, Silent: true}
	for range correlations {
		of := over(kind, "ab", append(bounds, bound("gte", 1e9))...)
		of.Span = time.Second
		m.Parts = append(m.Parts, rule.Part{Of: of, Group: []string{""}, Has: true})
	}
	names := make([]string, groups)
	for i := range names {
		names[i] = "user" + strconv.Itoa(i)
	}
	c, ev, ms := New(Options{}), &event.Event{}, make([]rule.Match, 1)
	var as []alert.Alert
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		ev.ID = audit.ID{Msec: int64(i), Serial: uint64(i)}
		for j := range m.Parts {
			m.Parts[j].Group[0], m.Parts[j].Value = names[i%groups], names[i*7%groups]
			if kind == rule.ValueMedian || kind == rule.ValueSum {
				m.Parts[j].Value = strconv.Itoa(i % 1000)
			}
		}
		if ms[0] = m; correlations == 0 {
			as = c.Observe(as[:0], ev, nil)
		} else {
			as = c.Observe(as[:0], ev, ms)
		}
	}
}
