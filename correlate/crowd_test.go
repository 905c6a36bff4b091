package correlate

import (
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// live returns the bytes of the heap that are in use.
func live() uint64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestCrowdOfGroups: a million groups cost bounded memory, and each that was given up is counted.
func TestCrowdOfGroups(t *testing.T) {
	const million, most = 1_000_000, 96 << 20
	of := over(rule.EventCount, "a", bound("gte", 3))
	c := New(Options{})
	before := live()
	for begin := 0; begin < million; begin += 10_000 {
		crowd(c, of, begin, 10_000)
	}
	took := live() - before
	s := c.Stats()
	t.Logf("%d MiB for %d windows, %d given up", took>>20, s.Groups, s.OverGroups+s.OverBytes)
	if uint64(s.Groups)+s.OverGroups+s.OverBytes != million || s.Groups > 65536 {
		t.Errorf("%d windows and %d given up, of a million: %+v", s.Groups, s.OverGroups, s)
	}
	if took > most {
		t.Errorf("%d MiB, want %d at most", took>>20, most>>20)
	}
	runtime.KeepAlive(c)
}

// TestCrowdOfRules: ten thousand rules that match each event give one alert each, and cost bounded memory.
func TestCrowdOfRules(t *testing.T) {
	ms := make([]rule.Match, 10_000)
	for i := range ms {
		ms[i].Rule = &rule.Meta{ID: "rule" + strconv.Itoa(i), Level: rule.High}
	}
	c := New(Options{PerRule: true})
	before := live()
	alerts := 0
	for i := range 50 {
		ev := &event.Event{ID: audit.ID{Msec: int64(i), Serial: uint64(i + 1)}}
		alerts += len(c.Observe(nil, ev, ms))
	}
	took := live() - before
	s := c.Stats()
	if alerts != 500_000 || s.Matches != s.Alerts || len(c.seen.m) > 65536 {
		t.Errorf("%d alerts, %d ids remembered, %+v", alerts, len(c.seen.m), s)
	}
	if took > 64<<20 {
		t.Errorf("%d MiB, want 64 at most", took>>20)
	}
	t.Logf("%d MiB", took>>20)
	runtime.KeepAlive(c)
}
