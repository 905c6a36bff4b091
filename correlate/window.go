package correlate

import (
	"cmp"
	"math"
	"slices"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// entry is one match in a window. Its time is that of its ID.
type entry struct {
	ID    audit.ID // of the event; of a firing the last one's
	Ref   int
	Value string // for ValueCount
	Num   float64
	Rule  *rule.Meta // of the match, or the correlation that fired
	Inner *made      // of a firing
}

func (e *entry) same(f *entry) bool {
	return e.ID == f.ID && e.Ref == f.Ref && e.Rule == f.Rule && e.Value == f.Value && e.Num == f.Num
}

func (e *entry) size() int {
	n := entrySize + len(e.Value)
	if e.Inner != nil {
		n += entrySize + 40*len(e.Inner.related) + 8*len(e.Inner.rules)
	}
	return n
}

// What things take in memory, about.
const (
	entrySize  = 192
	windowSize = 512
)

// window is the matches of one group of one correlation, of no more than its span.
type window struct {
	seat
	of    *definition
	key   string   // of the group
	group []string // parts of key

	entries  []entry // by time; those of equal times as they came
	store    []entry // the memory of entries, from its begin
	waiting  []contribution
	final    *event.Event // copy of the newest's event, if the correlation is decided on closing
	kept     int          // bytes of final
	reported bool
	until    int64 // time of the last match reported, if reported is true

	counts  []int          // entries of each of Refs
	values  map[string]int // of ValueCount: entries of each value
	nums    []float64      // of ValuePercentile and ValueMedian: sorted
	total   float64        // of the values that are exact
	inexact int            // entries whose values are not
	clock   *clock         // that of the newest match
	latest  int64          // time of the newest match, waiting ones too
	epoch   int            // of clock, when it was last touched
	bytes   int
}

func (w *window) newest() int64 { return w.entries[len(w.entries)-1].ID.Msec }

// deadline is when the next thing is due in it: once its clock is past that.
func (w *window) deadline() int64 {
	if len(w.waiting) > 0 {
		if due := w.waiting[0].ID.Msec + w.of.delay; len(w.entries) == 0 || due <= w.closing() {
			return due
		}
	}
	return w.closing()
}

func (w *window) closing() int64 { return w.newest() + w.of.span + w.of.delay }

// suppressed reports whether it still holds what was reported.
func (w *window) suppressed() bool { return w.reported && w.until >= w.newest()-w.of.span }

// place returns where a match of that time goes, behind those of equal time.
func place(es []entry, msec int64) int {
	if n := len(es); n == 0 || es[n-1].ID.Msec <= msec { // mostly
		return n
	}
	i, _ := slices.BinarySearchFunc(es, msec, func(e entry, t int64) int { return cmp.Or(cmp.Compare(e.ID.Msec, t), -1) })
	return i
}

// has reports whether one of the entries before i is this match.
func (w *window) has(e *entry, i int) bool {
	for i--; i >= 0 && w.entries[i].ID.Msec == e.ID.Msec; i-- {
		if w.entries[i].same(e) {
			return true
		}
	}
	return false
}

// waits reports whether one of the first i that wait is this match.
func (w *window) waits(e *entry, i int) bool {
	for i--; i >= 0 && w.waiting[i].ID.Msec == e.ID.Msec; i-- {
		if w.waiting[i].same(e) {
			return true
		}
	}
	return false
}

// add counts an entry.
func (w *window) add(e *entry) {
	w.counts[e.Ref]++
	switch w.of.Kind {
	case rule.ValueCount:
		w.values[e.Value]++
	case rule.ValuePercentile, rule.ValueMedian:
		i, _ := slices.BinarySearch(w.nums, e.Num)
		w.nums = slices.Insert(w.nums, i, e.Num)
	case rule.ValueSum, rule.ValueAvg:
		if exact(e.Num) {
			w.total += e.Num
		} else {
			w.inexact++
		}
	}
}

// remove is the inverse of add.
func (w *window) remove(e *entry) {
	w.counts[e.Ref]--
	switch w.of.Kind {
	case rule.ValueCount:
		if w.values[e.Value]--; w.values[e.Value] == 0 {
			delete(w.values, e.Value)
		}
	case rule.ValuePercentile, rule.ValueMedian:
		i, _ := slices.BinarySearch(w.nums, e.Num)
		w.nums = slices.Delete(w.nums, i, i+1)
	case rule.ValueSum, rule.ValueAvg:
		if exact(e.Num) {
			w.total -= e.Num
		} else {
			w.inexact--
		}
	}
}

// exact reports whether a sum of a million values like v has no rounding, and so no memory of what left it.
func exact(v float64) bool { return v == math.Trunc(v) && math.Abs(v) <= 1<<32 }

// grow makes room for one more entry: where entries were removed from the front, if they were as many as those left.
// (append alone copied each entry four times.)
func (w *window) grow() {
	n := len(w.entries)
	if n < cap(w.entries) {
		return
	}
	if cap(w.store)-cap(w.entries) < n || n == 0 {
		w.store = make([]entry, 0, 2*n+2)
	}
	w.entries = append(w.store[:0], w.entries...)
	clear(w.entries[n:cap(w.entries)])
}
