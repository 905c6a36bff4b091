package predicate

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestMemo: what a Memo tells of a text is what was last put for it, however often its rings went round.
func TestMemo(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	m, truth, told := NewMemo(256), map[string][]int32{}, 0
	for range 200_000 {
		question := uint32(rng.IntN(3))
		a, b := strings.Repeat("/usr/bin/x", rng.IntN(4)), strings.Repeat("y", rng.IntN(300))
		k := m.Key(question, a, b)
		name := string(rune('0'+question)) + a + "|" + b
		found, ok := m.Get(k)
		if ok {
			if told++; !slices.Equal(found, truth[name]) {
				t.Fatalf("Get(%q): %v, want %v", name, found, truth[name])
			}
		}
		if !ok || rng.IntN(10) == 0 {
			ids := make([]int32, rng.IntN(20))
			for i := range ids {
				ids[i] = rng.Int32()
			}
			m.Put(k, ids)
			truth[name] = ids
		}
	}
	if told < 50_000 {
		t.Errorf("%d of 200,000 texts were known, want most of those that came again", told)
	}
}

// TestMemoParts: the same bytes, parted elsewhere, are another text.
func TestMemoParts(t *testing.T) {
	m := NewMemo(256)
	k := m.Key(1, "ab", "c")
	m.Put(k, []int32{7})
	for _, other := range []MemoKey{m.Key(1, "a", "bc"), m.Key(1, "abc", ""), m.Key(2, "ab", "c")} {
		other.hash = k.hash // as if two texts had one
		if found, ok := m.Get(other); ok {
			t.Errorf("question %d of %q and %q: known as %v, want not known", other.Question, other.A, other.B, found)
		}
	}
	if found, ok := m.Get(k); !ok || !slices.Equal(found, []int32{7}) {
		t.Errorf("Get: %v, %v; want [7]", found, ok)
	}
}

// TestMemoTooLong: what is too long is not kept, and takes nobody's place.
func TestMemoTooLong(t *testing.T) {
	m := NewMemo(256)
	m.Put(m.Key(1, "a", ""), nil)
	long := m.Key(1, strings.Repeat("x", maxMemoText), "y")
	m.Put(long, nil)
	many := m.Key(1, "b", "")
	m.Put(many, make([]int32, maxMemoFound+1))
	for k, want := range map[*MemoKey]bool{&long: false, &many: false} {
		if _, ok := m.Get(*k); ok != want {
			t.Errorf("a text of %d bytes: known %v, want %v", len(k.A), ok, want)
		}
	}
	if _, ok := m.Get(m.Key(1, "a", "")); !ok {
		t.Error("a short text is not known any more")
	}
}

// TestMemoGrows: an attacker who names ever new texts gets no more than its bound.
func TestMemoGrows(t *testing.T) {
	m := NewMemo(256)
	for i := range 100_000 {
		m.Put(m.Key(1, strings.Repeat("x", i%2000), string(rune(i))), []int32{int32(i)})
	}
	if len(m.slots) != mostSlots || len(m.texts) != mostSlots*256 || len(m.ids) != mostSlots*slotIDs {
		t.Errorf("%d slots, %d bytes and %d numbers, want %d slots", len(m.slots), len(m.texts), len(m.ids), mostSlots)
	}
	k := m.Key(1, "/usr/bin/ls", "-l")
	found := []int32{1, 2, 3}
	if n := testing.AllocsPerRun(100, func() { m.Put(k, found); m.Get(k) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
