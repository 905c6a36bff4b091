package proctree

import (
	"math/rand/v2"
	"testing"
)

// TestPids: the table says what a map says.
func TestPids(t *testing.T) {
	p, naive := newPids(), make(map[key]*entry)
	bytes := 0
	for i := range 200_000 {
		k := key(rand.IntN(3))<<32 | key(rand.IntN(100+i/1000))
		if rand.IntN(4) == 0 {
			k = key(rand.IntN(maxPID + 1))
		}
		switch e := p.get(k); {
		case e != naive[k]:
			t.Fatalf("%d: %p, want %p", k, e, naive[k])
		case e == nil:
			naive[k] = &entry{key: k}
			bytes += p.put(k, naive[k])
		case rand.IntN(2) == 0:
			delete(naive, k)
			bytes -= p.remove(k)
		}
		if p.count != len(naive) || bytes != pageSize*len(p.pages) {
			t.Fatalf("%d entries, %d bytes in %d pages; want %d", p.count, bytes, len(p.pages), len(naive))
		}
	}
	for e := range p.all() {
		if naive[e.key] != e {
			t.Errorf("%d is not in it", e.key)
		}
		delete(naive, e.key)
	}
	for k := range naive {
		t.Errorf("%d is missing", k)
	}
}
