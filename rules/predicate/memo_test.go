package predicate

import (
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestMemo: what a Memo tells of a text is what was last put for it, however often its ring went round.
func TestMemo(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	m, truth, told := NewMemo(), map[string][]int32{}, 0
	for range 200_000 {
		question := uint32(rng.IntN(3))
		a, b := strings.Repeat("/usr/bin/x", rng.IntN(4)), strings.Repeat("y", rng.IntN(300))
		d := digest(m, a, b)
		name := string(rune('0'+question)) + a + "|" + b
		found, ok := m.Get(question, &d)
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
			m.Put(question, &d, ids)
			truth[name] = ids
		}
	}
	if told < 50_000 {
		t.Errorf("%d of 200,000 texts were known, want most of those that came again", told)
	}
}

func digest(m *Memo, texts ...string) Digest {
	d := m.Digest()
	for _, s := range texts {
		d.Text(s)
	}
	return d
}

// TestMemoTooLong: what is too long is not kept, and takes nobody's place.
func TestMemoTooLong(t *testing.T) {
	m := NewMemo()
	short, long, many := digest(m, "a"), digest(m, strings.Repeat("x", 8*digestWords), "y"), digest(m, "b")
	m.Put(1, &short, nil)
	m.Put(1, &long, nil)
	m.Put(1, &many, make([]int32, maxMemoFound+1))
	for d, want := range map[*Digest]bool{&short: true, &long: false, &many: false} {
		if _, ok := m.Get(1, d); ok != want {
			t.Errorf("a list of %d words: known %v, want %v", d.words, ok, want)
		}
	}
}

// TestMemoGrows: an attacker who names ever new texts gets no more than its bound.
func TestMemoGrows(t *testing.T) {
	m := NewMemo()
	for i := range 100_000 {
		d := digest(m, strings.Repeat("x", i%2000), string(rune(i)))
		m.Put(1, &d, []int32{int32(i)})
	}
	if len(m.slots) != mostSlots || len(m.ids) != mostSlots*slotIDs {
		t.Errorf("%d slots and %d numbers, want %d slots", len(m.slots), len(m.ids), mostSlots)
	}
	found := []int32{1, 2, 3}
	if n := testing.AllocsPerRun(100, func() {
		d := m.Digest()
		d.Text("/usr/bin/ls")
		d.Number(7)
		m.Put(1, &d, found)
		m.Get(1, &d)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// FuzzDigest: lists that differ have different digests, and equal ones the same; and the long loop says what a plain one does.
func FuzzDigest(f *testing.F) {
	f.Add("ab", "c", "a", "bc", uint64(0))
	f.Add("", "", "", "", uint64(1))
	f.Add("/usr/bin/python3", "-c import pty", "/usr/bin/python3", "-c import ptx", uint64(16))
	f.Add(strings.Repeat("x", 24), strings.Repeat("y", 17), strings.Repeat("x", 25), strings.Repeat("y", 16), uint64(0))
	m := NewMemo()
	f.Fuzz(func(t *testing.T, a, b, c, d string, n uint64) {
		one, two := digest(m, a, b), digest(m, c, d)
		if same := a == c && b == d; (one == two) != same && one.words <= digestWords && two.words <= digestWords {
			t.Errorf("%q, %q and %q, %q: same digest %v, want %v", a, b, c, d, one == two, same)
		}
		one.Number(n)
		if plain := plainDigest(m, a, b, n); one.words <= digestWords && one != plain {
			t.Errorf("%q, %q, %d: %v, want %v", a, b, n, one, plain)
		}
	})
}

// plainDigest is NH as its authors write it: the words of a list, a sum of products.
func plainDigest(m *Memo, a, b string, n uint64) Digest {
	var words []uint64
	for _, s := range []string{a, b} {
		words = append(words, uint64(len(s)))
		if len(s) <= 8 {
			words = append(words, short(s))
			continue
		}
		at := 0
		for ; at+8 <= len(s); at += 8 {
			if at > 0 && (at-8)%16 == 0 && at+16 > len(s) {
				break // one word is left, and a part
			}
			words = append(words, word(s[at:]))
		}
		switch {
		case at == len(s):
		case len(s) < 16:
			words = append(words, word(s[len(s)-8:]), 0)
		default:
			words = append(words, word(s[len(s)-16:]), word(s[len(s)-8:]))
		}
	}
	words = append(words, n, 0)
	d := m.Digest()
	for i := 0; i < len(words) && len(words) <= digestWords; i += 2 {
		d.pair(words[i], words[i+1])
	}
	return d
}

// BenchmarkDigest: the texts of a record or two by their digest, and as they were known before: written down, hashed as maps do
// it, and compared.
func BenchmarkDigest(b *testing.B) {
	m, seed := NewMemo(), maphash.MakeSeed()
	s := strings.Repeat("name=\"/usr/bin/python3\" inode=123 ", 4)
	all := strings.Repeat(s, 6)
	b.Run("digest", func(b *testing.B) {
		b.SetBytes(int64(len(all)))
		for b.Loop() {
			d := m.Digest()
			for range 6 {
				d.Text(s)
			}
			m.Get(1, &d)
		}
	})
	b.Run("texts", func(b *testing.B) {
		b.SetBytes(int64(len(all)))
		var buf []byte
		var sum uint64
		for b.Loop() {
			buf = buf[:0]
			for range 6 {
				buf = append(buf, s...)
			}
			if h := maphash.Bytes(seed, buf); string(buf) == all {
				sum += h
			}
		}
		_ = sum
	})
}
