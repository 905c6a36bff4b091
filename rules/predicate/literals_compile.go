package predicate

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// CompileLiterals returns the Literals whose ids are the indices in needles. It panics if a text is empty.
func CompileLiterals(needles []Needle) *Literals {
	l := &Literals{least: maxWidth}
	l.distinct(needles)
	size := 1
	for size <= len(l.needles) {
		size *= 2
	}
	l.filter = make(filter, max(256, size/2)) // 32 to 64 bits for a needle
	l.buckets = make([]uint32, size+1)
	for i := range l.needles {
		l.locate(&l.needles[i])
	}
	l.group()
	return l
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

// locate chooses the window of n, and counts it in its bucket.
func (l *Literals) locate(n *needle) {
	text := l.text[n.text : n.text+n.size]
	width := min(maxWidth, len(text))
	least := math.MaxInt
	for at := range len(text) - width + 1 {
		w := windowOf(text[at : at+width])
		if cost := w.cost() + crowd*int(l.buckets[w.bucket(len(l.buckets)-1)]); cost < least {
			least, n.window, n.at = cost, w, uint32(at)
		}
	}
	l.buckets[n.window.bucket(len(l.buckets)-1)]++
	l.filter.mark(n.window, width)
	l.reach(n, width)
}

// reach widens what Find has to read.
func (l *Literals) reach(n *needle, width int) {
	switch n.place {
	case Anywhere:
		l.front = math.MaxInt
	case AtEnd:
		l.back = max(l.back, int(n.size-n.at))
	default:
		l.front = max(l.front, int(n.at)+1)
	}
	l.least = min(l.least, width)
	if mask := ^window(0) >> (8 * (maxWidth - width)); !slices.Contains(l.masks, mask) {
		l.masks = append(l.masks, mask)
	}
}

// group sorts the needles by bucket, whose counts become offsets.
func (l *Literals) group() {
	for b := range len(l.buckets) - 1 {
		l.buckets[b+1] += l.buckets[b]
	}
	grouped := make([]needle, len(l.needles))
	for _, n := range slices.Backward(l.needles) {
		b := &l.buckets[n.window.bucket(len(l.buckets)-1)]
		*b--
		grouped[*b] = n
	}
	l.needles = grouped
}
