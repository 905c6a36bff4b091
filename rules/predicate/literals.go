package predicate

import (
	mathbits "math/bits"
	"slices"
)

// Place says where in a value a literal must stand.
type Place uint8

// The places.
const (
	Anywhere Place = iota
	AtStart
	AtEnd
	Whole // the literal is the value
)

// Needle is a literal to look for. Text must not be empty.
type Needle struct {
	Text  string
	Place Place
}

// Literals finds which of many needles a value has. ASCII letters count in either case; all other bytes
// are compared as they are. It is immutable and safe for concurrent use.
//
// Each needle is located by windows, some bytes in a row that are rare in command lines. Find reads a value
// once and asks bitmaps for its windows. No step waits for the step before, so it takes 1.0 ns/byte if
// nothing is near a needle; the bare loop of an automaton, where each step waits for a load, took 1.7. What
// is marked is compared in full, so Find is exact. Values of 200 bytes took 1.1 ns/byte with 300 needles,
// 1.8 with 3,000 and 4 with 30,000 (BenchmarkLiterals); what grows is the number of near misses.
//
// The worst value repeats the window that most needles share: compiling keeps that number low, by preferring
// windows whose bucket is free. Among 16,000 needles, rules of Linux and variants of them, 67 shared one, and
// the worst value took 18 ns/byte.
type Literals struct {
	wide    bitmap
	narrow  bitmap
	buckets []uint32 // the spots of bucket b are spots[buckets[b]:buckets[b+1]]; a bucket for each row
	spots   []spot
	needles []needle
	text    string // of all needles, folded
	ids     []int32
	single  bool // some needle has one byte
	front   int  // windows begin before this offset,
	back    int  // or at most this far from the end
}

// spot is a window of a needle.
type spot struct {
	window window
	mask   window // has the bytes that the window has
	at     uint32 // its offset in the text
	needle uint32
}

// needle is a distinct (text, place).
type needle struct {
	text, size  uint32
	first, last uint32 // its ids are ids[first:last]
	place       Place
}

// search is one call of Find. Ids before dst[from] are the caller's; those after are sorted.
type search struct {
	dst   []int32
	from  int
	value string
}

// Find appends to dst the index of each needle that value has, once each and in ascending order. It does
// not allocate if dst has room. If all needles have a place, it reads only the ends of a long value.
func (l *Literals) Find(dst []int32, value string) []int32 {
	s := search{dst: dst, from: len(dst), value: value}
	front := min(l.front, len(value))
	l.scan(&s, 0, front)
	if l.back > 0 {
		l.scan(&s, max(len(value)-l.back, front), len(value))
	}
	return s.dst
}

// scan tries the windows that begin in value[i:end], and up to two more.
func (l *Literals) scan(s *search, i, end int) {
	value, wide, narrow := s.value, l.wide, l.narrow
	for ; i < end; i += stride {
		var w window
		if i+8 <= len(value) {
			w = load(value[i : i+8])
		} else {
			w = loadTail(value, i)
		}
		p, c := w.pair(), w.column()
		if (wide.hasWide(w)|narrow.hasNarrow(p, c)|narrow.hasNarrow(p>>8, c>>8)|narrow.hasNarrow(p>>16, c>>16))&1 != 0 {
			l.verify(s, i, w)
		}
	}
}

// verify compares the needles of the wide window at offset i and of the narrow ones at i and after it.
func (l *Literals) verify(s *search, i int, w window) {
	if l.wide.hasWide(w)&1 != 0 {
		l.compare(s, i, w, l.wide.wideRow(w))
	}
	p, c := w.pair(), w.column()
	marks := l.narrow.hasNarrow(p, c)&1 | l.narrow.hasNarrow(p>>8, c>>8)&1<<1 | l.narrow.hasNarrow(p>>16, c>>16)&1<<2
	for ; marks != 0; marks &= marks - 1 {
		k := mathbits.TrailingZeros64(marks)
		w := w >> (8 * k)
		l.compare(s, i+k, w, l.wide.wideRow(w.first(narrow)))
		l.compare(s, i+k, w, len(l.wide)+l.narrow.narrowRow(w))
		if l.single {
			l.compare(s, i+k, w, len(l.wide)+l.narrow.narrowRow(w&0xff))
		}
	}
}

// compare tries the spots of a bucket, for the window w at offset i of the value.
func (l *Literals) compare(s *search, i int, w window, bucket int) {
	for k := l.buckets[bucket]; k < l.buckets[bucket+1]; k++ {
		if p := &l.spots[k]; w&p.mask == p.window {
			if n := &l.needles[p.needle]; l.stands(n, s.value, i-int(p.at)) {
				s.add(l.ids[n.first:n.last])
			}
		}
	}
}

// stands reports whether n is a part of value at offset start, and in its place.
func (l *Literals) stands(n *needle, value string, start int) bool {
	end := start + int(n.size)
	if start < 0 || end > len(value) ||
		start > 0 && (n.place == AtStart || n.place == Whole) ||
		end < len(value) && (n.place == AtEnd || n.place == Whole) {
		return false
	}
	return equalASCII(value[start:end], l.text[n.text:n.text+n.size])
}

// add keeps the ids sorted: so a repeated one is found in logarithmic time, and without a table of all
// ids, which would have to be cleared for each value.
func (s *search) add(ids []int32) {
	for _, id := range ids {
		if i, found := slices.BinarySearch(s.dst[s.from:], id); !found {
			s.dst = slices.Insert(s.dst, s.from+i, id)
		}
	}
}

// What a Literals and its parts take by themselves, on 64 bits.
const (
	headerBytes = 184
	needleBytes = 20
	spotBytes   = 24
)

// Size returns the memory in use, in bytes: at most 64 for each byte of the texts, and 52 KiB for short ones.
func (l *Literals) Size() int {
	return headerBytes + 8*(len(l.wide)+len(l.narrow)) + 4*(len(l.buckets)+len(l.ids)) +
		spotBytes*len(l.spots) + needleBytes*len(l.needles) + len(l.text)
}
