package regex

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// asCrowd searches without states.
func asCrowd(d *dfa, subject string, limit int) (yes, decided bool) {
	return newCrowd(d).match(&search{states: newStates(d), subject: subject}, limit)
}

// FuzzCrowd holds a crowd of up to some hundred positions to the reference.
func FuzzCrowd(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 12))
		for range 20 {
			tree := randomTree(r, 1+r.IntN(4))
			if r.IntN(2) == 0 {
				many := &node{op: opRepeat, min: r.IntN(9), max: 9 + r.IntN(60), kids: []*node{randomLeaf(r)}}
				tree = &node{op: opConcat, kids: []*node{randomTree(r, 1), many, tree}}
			}
			if !regular(tree) {
				continue
			}
			d, err := newDFA(tree, false)
			if err != nil || newCrowd(d) == nil {
				t.Fatalf("newDFA(%s): %v, or too many positions", show(tree), err)
			}
			for range 20 {
				k := r.IntN(len(someBytes))
				s := randomSubject(r) + strings.Repeat(someBytes[k:k+1], r.IntN(30)) + randomSubject(r)
				want := matches(tree, s)
				if got, decided := asCrowd(d, s, 1<<20); got != want || !decided {
					t.Fatalf("match(%s, %q) = %v, %v, want %v", show(tree), s, got, decided, want)
				}
			}
		}
	})
}

// TestCrowd: on subjects that make a state for each byte, all is decided, and as it is with states.
func TestCrowd(t *testing.T) {
	for _, tt := range hostile {
		d := mustDFA(t, tt.expr, 0)
		if newCrowd(d) == nil {
			continue
		}
		short := tt.subject[:min(len(tt.subject), 4096)]
		for _, subject := range []string{short, short + "!", short + strings.Repeat("y", 300), short[:len(short)/9]} {
			s := search{states: newStates(d), subject: subject, limit: 1 << 30, cold: true, tried: true}
			want, _ := s.run()
			if got, decided := asCrowd(d, subject, DefaultLimit); got != want || !decided {
				t.Errorf("match(%q, %d bytes) = %v, %v, want %v", tt.expr, len(subject), got, decided, want)
			}
			if got, decided, _ := d.match(subject, DefaultLimit); got != want || !decided {
				t.Errorf("match(%q, %d bytes) with states = %v, %v, want %v", tt.expr, len(subject), got, decided, want)
			}
		}
	}
}

// BenchmarkCrowd reads 128 KiB that would make a state for each byte.
func BenchmarkCrowd(b *testing.B) {
	subject := "y" + noise(1<<17, "xz")
	for _, expr := range []string{`x.{20}y`, `x.{200}y`, `x.{0,100}\by`} {
		d := mustDFA(b, expr, 0)
		b.Run(expr, func(b *testing.B) {
			b.SetBytes(int64(len(subject)))
			b.ReportAllocs()
			for b.Loop() {
				if _, decided, _ := d.match(subject, DefaultLimit); !decided {
					b.Fatal("undecided")
				}
			}
		})
	}
}
