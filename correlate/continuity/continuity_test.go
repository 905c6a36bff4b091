package continuity

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
)

func rec(msec int64, serial uint64) *audit.Record {
	return &audit.Record{ID: audit.ID{Msec: msec, Serial: serial}, Type: audit.Syscall}
}

// run observes records of 1 ms each and flushes.
func run(serials ...uint64) (*Ledger, []Finding) {
	l := New(Options{})
	var all []Finding
	for i, s := range serials {
		all = l.Observe(all, rec(int64(i), s))
	}
	return l, l.Flush(all)
}

func TestGaps(t *testing.T) {
	span := func(a, b uint64) (s []uint64) {
		for ; a <= b; a++ {
			s = append(s, a)
		}
		return s
	}
	for _, tt := range []struct {
		name    string
		serials []uint64
		want    []string
	}{
		{"none", span(100, 9000), nil},
		{"repeated", []uint64{5, 5, 5, 6, 6}, nil},
		{"out of order", []uint64{7, 5, 9, 6, 8}, []string{}},
		{"one", []uint64{5, 7}, []string{"gap 6-6"}},
		{"two", append(span(5, 9), append(span(12, 20000), 20002)...), []string{"gap 10-11", "gap 20001-20001"}},
		{"longer than the window", append(span(5, 9), span(30000, 30010)...), []string{"gap 10-29999"}},
		{"at the window's edge", []uint64{1, 2, Window + 2}, []string{fmt.Sprintf("gap 3-%d", Window+1)}},
		{"boot", append(span(70000, 70010), span(1, 5)...), []string{"boot 1-1"}},
		{"boot with a gap before", append(append(span(70000, 70010), 70012), span(1, 5)...), []string{"gap 70011-70011", "boot 1-1"}},
	} {
		_, got := run(tt.serials...)
		var told []string
		for _, f := range got {
			told = append(told, fmt.Sprintf("%v %d-%d", f.Kind, f.First, f.Last))
		}
		if !slices.Equal(told, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, told, tt.want)
		}
	}
}

// TestE1Reboot: serials that begin anew are not billions of lost records.
func TestE1Reboot(t *testing.T) {
	l, got := run(100000, 100001, 5, 6)
	if s := l.Stats(); s.Missing != 0 || s.Boots != 1 || len(got) != 1 {
		t.Errorf("stats %+v, findings %+v; want no record missing and one boot", s, got)
	}
}

// TestBackward: lines of an old log put behind newer ones.
func TestBackward(t *testing.T) {
	l := New(Options{})
	var all []Finding
	for s := uint64(50000); s < 50010; s++ {
		all = l.Observe(all, rec(int64(s)*1000, s))
	}
	for s := uint64(100); s < 110; s++ {
		all = l.Observe(all, rec(int64(s)*1000, s))
	}
	if len(all) != 1 || all[0].Kind != Backward || all[0].First != 100 || all[0].Last != 50009 {
		t.Errorf("findings %+v, want one that goes back from 50009 to 100", all)
	}
	if s := l.Stats(); s.Missing+s.Boots != 0 {
		t.Errorf("stats %+v", s)
	}
}

// TestOwnSerials: auditd's records count on their own; nodes count on their own.
func TestOwnSerials(t *testing.T) {
	l := New(Options{MaxNodes: 2})
	var all []Finding
	for i, node := range []string{"a", "b", "a", "b", "c", "a"} {
		r := rec(int64(i), uint64(10+i/2))
		r.ID.Node = node
		all = l.Observe(all, r)
		d := rec(int64(i), uint64(9000-i*100))
		d.Type = 1200
		all = l.Observe(all, d)
	}
	if all = l.Flush(all); len(all) != 0 || l.Stats().Crowded != 1 {
		t.Errorf("findings %+v, stats %+v", all, l.Stats())
	}
}

// TestAgainstNaive: of serials in an order that is a little mixed, some left out, exactly those left out are missing.
func TestAgainstNaive(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		l := New(Options{})
		missing := 0
		var order []uint64
		for s := uint64(1000); s < 30000; s++ {
			if s > 1100 && s < 29900 && rnd.IntN(50) == 0 {
				skip := min(uint64(rnd.IntN(9000))*uint64(rnd.IntN(2))+1, 29900-s)
				missing += int(skip)
				s += skip - 1
				continue
			}
			order = append(order, s)
		}
		for i := 100; i+50 < len(order); i += 20 { // neighbours change places
			if order[i+39]-order[i] > Window/2 {
				continue
			}
			rnd.Shuffle(40, func(a, b int) { order[i+a], order[i+b] = order[i+b], order[i+a] })
		}
		var all []Finding
		for i, s := range order {
			all = l.Observe(all, rec(int64(i), s))
			if l.Open() > Window {
				t.Fatalf("%d serials open", l.Open())
			}
		}
		all = l.Flush(all)
		told := 0
		for _, f := range all {
			if f.Kind == Gap {
				told += int(f.Last - f.First + 1)
			}
		}
		s := l.Stats()
		if int(s.Missing) != missing || told != missing || int(s.Gaps) != len(all) || l.Open() != 0 {
			t.Fatalf("seed %d: %d missing, %d told, stats %+v in %d findings, want %d", seed, s.Missing, told, s, len(all), missing)
		}
	}
}

// FuzzLedger: any serials leave the counters consistent, and nothing is told twice.
func FuzzLedger(f *testing.F) {
	f.Add([]byte{1, 2, 3, 200, 1, 0, 255})
	f.Fuzz(func(t *testing.T, steps []byte) {
		l := New(Options{})
		var all []Finding
		s, msec := uint64(1<<40), int64(0)
		for _, b := range steps {
			s += uint64(int64(int8(b)) * int64(b%7) * 100)
			msec += int64(int8(b))
			all = l.Observe(all, rec(msec, s))
		}
		all = l.Flush(all)
		var gaps, missing, boots, back uint64
		for _, x := range all {
			switch x.Kind {
			case Gap:
				gaps, missing = gaps+1, missing+x.Last-x.First+1
			case Boot:
				boots++
			case Backward:
				back++
			}
		}
		if st := l.Stats(); st.Missing != missing || st.Gaps != gaps || st.Boots != boots || st.Backward != back || st.Records != uint64(len(steps)) {
			t.Fatalf("stats %+v, findings %+v", st, all)
		}
	})
}

func BenchmarkObserve(b *testing.B) {
	l := New(Options{})
	r := rec(5, 100)
	var all []Finding
	b.ReportAllocs()
	for b.Loop() {
		r.ID.Serial++
		for range 5 {
			all = l.Observe(all[:0], r)
		}
	}
}
