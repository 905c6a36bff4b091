package assemble

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// restartable is a log of two nodes whose events interleave, some without an end, some late.
func restartable(r *rand.Rand) []audit.Record {
	var queues [][]string
	var lines []string
	for serial := 1; serial < 40; serial++ {
		q := shape(byte(r.Uint32()), serial)
		if r.IntN(4) == 0 {
			q = q[:1+r.IntN(len(q))]
		}
		for i := range q {
			q[i] = strings.Replace(q[i], "audit(5.", fmt.Sprintf("audit(%d.", 100+serial/2-r.IntN(2)*(serial%7/6)*3), 1)
			if serial%3 == 0 {
				q[i] = "node=web " + q[i]
			}
		}
		if queues = append(queues, q); len(queues) == 5 {
			choice := make([]byte, 11)
			for i := range choice {
				choice[i] = byte(r.Uint32())
			}
			lines, queues = append(lines, mix(queues, choice)...), nil
		}
	}
	var rs []audit.Record
	for i, line := range lines {
		rec, err := audit.ParseLine(line)
		if err != nil {
			panic(err)
		}
		rec.Mark = uint64(i + 1)
		rs = append(rs, rec)
		if r.IntN(9) == 0 {
			rec.Mark, rs = uint64(i+1), append(rs, rs[r.IntN(len(rs))]) // read twice, or late
		}
	}
	for i := range rs {
		rs[i].Mark = uint64(i + 1)
	}
	return rs
}

func feed(a *Assembler, rs []audit.Record) (told []string) {
	for _, r := range rs {
		told = append(told, tellAll(a.Add(nil, r))...)
	}
	return told
}

func tellAll(evs []*event.Event) (told []string) {
	for _, ev := range evs {
		told = append(told, tell(ev))
	}
	return told
}

// TestRestart cuts streams anywhere: an Assembler that begins at LowWater with the State of the one before returns what that
// one did not.
func TestRestart(t *testing.T) {
	for seed := range uint64(25) {
		rs := restartable(rand.New(rand.NewPCG(seed, 9)))
		uncut := New(Options{})
		want := append(feed(uncut, rs), tellAll(uncut.Flush(nil))...)
		for cut := range rs {
			a, got, from := New(Options{}), []string(nil), 0
			for _, to := range []int{cut, min(cut+3, len(rs)), len(rs)} { // killed twice
				got = append(got, feed(a, rs[from:to])...)
				if to < len(rs) {
					low, ok := a.LowWater()
					if from = to; ok {
						from = int(low) - 1
					}
					a = New(Options{State: a.State()})
				}
			}
			got = append(got, tellAll(a.Flush(nil))...)
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, cut at %d:\n got %s\nwant %s", seed, cut, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
			}
		}
	}
}

// TestStateIsBounded: what is remembered for a restart does not grow with the log.
func TestStateIsBounded(t *testing.T) {
	a := New(Options{})
	one := shape(5, 1)
	for serial := 1; serial < 10_000; serial++ {
		for _, line := range one {
			r, _ := audit.ParseLine(line)
			r.ID.Serial, r.Mark = uint64(serial), uint64(serial)
			a.Add(nil, r)
		}
	}
	if s := a.State(); len(s.Done) != minRecent || s.Given != 0 || len(s.Clocks) != 1 || cap(a.recent.list) > 4*minRecent {
		t.Errorf("%d events, %d records, %d clocks, room for %d", len(s.Done), s.Given, len(s.Clocks), cap(a.recent.list))
	}
	open, _ := audit.ParseLine(shape(0, 20_000)[0])
	a.Add(nil, open)
	for serial := 20_001; serial < 60_000; serial++ {
		r, _ := audit.ParseLine(shape(4, 1)[0])
		r.ID.Serial, r.ID.Msec = uint64(serial), open.ID.Msec
		a.Add(nil, r)
	}
	if s := a.State(); len(s.Done) != a.opts.MaxDone || s.Given != 40_000 {
		t.Errorf("behind an open event: %d events, %d records", len(s.Done), s.Given)
	}
}
