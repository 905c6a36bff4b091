package predicate

import "slices"

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
// Each needle is located by a window, up to four bytes of it in a row that are rare in command lines. A
// value is read once, and each four bytes of it are asked for in a bitmap: no step waits for the step
// before, so the time per byte hardly depends on how many needles there are. (In an automaton every step
// waits for a load: an Aho-Corasick table took 1.5 to 1.7 times as long at 300 needles, and 160 bytes
// per literal byte.) What passes is compared in full, so Find is exact.
//
// The worst value repeats the window that most needles share; compiling keeps that number low by
// choosing windows that are still free.
type Literals struct {
	filter  filter
	buckets []uint32 // the needles of bucket b are needles[buckets[b]:buckets[b+1]]
	needles []needle
	text    string // of all needles, folded
	ids     []int32
	masks   []window // the widths in use, as masks of a window
	least   int      // the smallest width
	front   int      // windows begin before this offset,
	back    int      // or less than or at this distance from the end
}

// needle is a distinct (text, place).
type needle struct {
	window      window
	at          uint32 // offset of the window in the text
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
// not allocate if dst has room.
func (l *Literals) Find(dst []int32, value string) []int32 {
	s := search{dst: dst, from: len(dst), value: value}
	front := min(l.front, len(value))
	l.scan(&s, 0, front)
	if l.back > 0 {
		l.scan(&s, max(len(value)-l.back, front), len(value))
	}
	return s.dst
}

// scan tries the windows that begin in value[i:end]. At the last three bytes windows are narrow.
func (l *Literals) scan(s *search, i, end int) {
	value, rows := s.value, l.filter
	for wide := min(end, len(value)-3); i < wide; i++ {
		v := value[i : i+4]
		w := window(v[0]) | window(v[1])<<8 | window(v[2])<<16 | window(v[3])<<24 | caseBits
		if rows[w.row()&(len(rows)-1)]>>(w.column()&63)&1 != 0 {
			l.verify(s, i, w)
		}
	}
	for end = min(end, len(value)-l.least+1); i < end; i++ {
		l.verify(s, i, windowOf(value[i:]))
	}
}

// verify compares the needles that may have the window w at offset i of the value.
func (l *Literals) verify(s *search, i int, w window) {
	for _, mask := range l.masks {
		w := w & mask
		b := w.bucket(len(l.buckets) - 1)
		for k := l.buckets[b]; k < l.buckets[b+1]; k++ {
			n := &l.needles[k]
			if n.window == w && l.stands(n, s.value, i-int(n.at)) {
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

// What a Literals and a needle take by themselves, on 64 bits.
const (
	headerBytes = 160
	needleBytes = 28
)

// Size returns the memory in use, in bytes: at most 64 for each byte of the literals, and 4 KiB.
func (l *Literals) Size() int {
	return headerBytes + 8*len(l.filter) + 4*(len(l.buckets)+len(l.ids)+len(l.masks)) + needleBytes*len(l.needles) + len(l.text)
}
