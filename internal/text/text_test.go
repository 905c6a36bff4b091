package text

import (
	"strings"
	"testing"
)

func TestArena(t *testing.T) {
	var a Arena
	var kept, want []string
	for i := range 300 { // over several blocks: the strings of the first stay
		s := strings.Repeat(string(rune('a'+i%26)), i)
		kept, want = append(kept, a.Add(s)), append(want, s)
	}
	for i := range kept {
		if kept[i] != want[i] {
			t.Fatalf("string %d = %q, want %q", i, kept[i], want[i])
		}
	}
	a.Reset(1 << 30)
	size := a.Size()
	a.Reset(size)
	if a.Size() != size {
		t.Errorf("Reset kept %d bytes, want %d", a.Size(), size)
	}
	a.Reset(size - 1)
	if a.Size() != 0 {
		t.Errorf("Reset kept %d bytes, want none", a.Size())
	}
}

func TestAllocDoesNotOverlap(t *testing.T) {
	var a Arena
	b, c := a.Alloc(3), a.Alloc(3)
	b = append(b, "xyz"...)
	copy(c, "abc")
	if View(c) != "abc" || len(b) != 6 {
		t.Errorf("the second block is %q after an append to the first", c)
	}
}

func TestNoAllocation(t *testing.T) {
	var a Arena
	a.Alloc(1000)
	if n := testing.AllocsPerRun(100, func() {
		a.Reset(1 << 20)
		a.Add("0123456789")
		a.Alloc(900)
	}); n != 0 {
		t.Errorf("%v allocations a round, want none", n)
	}
}
