package predicate

import (
	"cmp"
	"math"
	mathbits "math/bits"
	"slices"
	"strings"
)

// CompileLiterals returns the Literals whose ids are the indices in needles. It panics if a text is empty.
func CompileLiterals(needles []Needle) *Literals {
	l := &Literals{}
	l.distinct(needles)
	l.allocate()
	for i := range l.needles {
		l.locate(i)
	}
	l.group()
	return l
}

// allocate makes a row or two for each wide window, and up to 16 for each narrow one, which may fill a row.
func (l *Literals) allocate() {
	long, short := 0, 0
	for _, n := range l.needles {
		if n.size < minWide {
			short++
		} else {
			long += stride
		}
	}
	l.wide, l.narrow = make(bitmap, powerOfTwo(long+short)), make(bitmap, min(max(256, powerOfTwo(8*short)), maxRows))
	l.buckets = make([]uint32, len(l.wide)+len(l.narrow)+1)
	l.spots = make([]spot, 0, long+short)
}

// powerOfTwo returns the least power of two that is not less than n.
func powerOfTwo(n int) int {
	p := 1
	for p < n {
		p *= 2
	}
	return p
}

// distinct sorts the needles: so equal ones are neighbours, and the same needles give the same result.
func (l *Literals) distinct(needles []Needle) {
	fold := make([]Needle, len(needles))
	l.ids = make([]int32, len(needles))
	for i, n := range needles {
		if n.Text == "" {
			panic("predicate: a needle without text")
		}
		fold[i], l.ids[i] = Needle{foldASCII(n.Text), n.Place}, int32(i)
	}
	slices.SortFunc(l.ids, func(a, b int32) int {
		return cmp.Or(cmp.Compare(fold[a].Text, fold[b].Text), cmp.Compare(fold[a].Place, fold[b].Place), cmp.Compare(a, b))
	})
	var text strings.Builder
	var last Needle
	for i, id := range l.ids {
		l.append(&text, last, fold[id], uint32(i))
		last = fold[id]
	}
	l.needles, l.text = slices.Clip(l.needles), strings.Clone(text.String())
}

// append adds the needle n, of the i-th id, after the needle last, of which it may be another.
func (l *Literals) append(text *strings.Builder, last, n Needle, i uint32) {
	if n != last {
		if n.Text != last.Text {
			text.WriteString(n.Text)
		}
		size := len(n.Text)
		l.needles = append(l.needles, needle{text: uint32(text.Len() - size), size: uint32(size), first: i, place: n.Place})
	}
	l.needles[len(l.needles)-1].last = i + 1
}

// locate chooses the windows of needle i.
func (l *Literals) locate(i int) {
	n := l.needles[i]
	text := l.text[n.text : n.text+n.size]
	width, count := wide, stride
	if len(text) < minWide {
		width, count = min(narrow, len(text)), 1
		l.single = l.single || width == 1
	}
	first := l.rarest(text, width, count)
	for at := first; at < first+count; at++ {
		l.mark(spot{loadShort(text[at : at+width]), window(math.MaxUint64).first(width), uint32(at), uint32(i)}, width)
	}
	l.reach(n, first, first+count)
}

// rarest returns the offset of the first of count windows that are rare together.
func (l *Literals) rarest(text string, width, count int) (at int) {
	least := math.MaxInt
	for i := range len(text) - (width + count - 1) + 1 {
		all := loadShort(text[i : i+width+count-1])
		cost := all.cost()
		for k := range count {
			cost += crowd * int(l.buckets[l.bucket((all>>(8*k)).first(width), width)])
		}
		if cost < least {
			least, at = cost, i
		}
	}
	return at
}

// mark keeps a spot and counts it in its bucket.
func (l *Literals) mark(p spot, width int) {
	l.spots = append(l.spots, p)
	l.buckets[l.bucket(p.window, width)]++
	if width == wide {
		l.wide.mark(p.window, width)
	} else {
		l.narrow.mark(p.window, width)
	}
}

// bucket returns the one in which verify looks for w. Windows of four bytes have the buckets of wide ones:
// in the rows of two bytes 600 of them stood 9 together, and Find took 6 ns/byte with 30,000 needles, not 4.
func (l *Literals) bucket(w window, width int) int {
	if width >= narrow {
		return l.wide.wideRow(w)
	}
	return len(l.wide) + l.narrow.narrowRow(w)
}

// reach widens what Find has to read to the windows of n, at the offsets from first to end.
func (l *Literals) reach(n needle, first, end int) {
	switch n.place {
	case Anywhere:
		l.front = math.MaxInt
	case AtEnd:
		l.back = max(l.back, int(n.size)-first)
	default:
		l.front = max(l.front, end)
	}
}

// group sorts the spots by bucket, whose counts become offsets.
func (l *Literals) group() {
	for b := range len(l.buckets) - 1 {
		l.buckets[b+1] += l.buckets[b]
	}
	grouped := make([]spot, len(l.spots))
	for _, p := range slices.Backward(l.spots) {
		b := &l.buckets[l.bucket(p.window, mathbits.Len64(uint64(p.mask))/8)]
		*b--
		grouped[*b] = p
	}
	l.spots = grouped
}

// foldASCII returns s with ASCII letters in lower case.
func foldASCII(s string) string {
	folded := []byte(s)
	for i, b := range folded {
		folded[i] = lower[b]
	}
	return string(folded)
}
