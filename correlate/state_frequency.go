package correlate

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"github.com/auditpy/auditpy/rules/rule"
)

// saveFrequencies writes the series, the least recently touched first, and when rules that are ignored for a time gave
// alerts. What one event was used for is one number, of all series that it counts in.
func (s *saver) saveFrequencies(c *Correlator) {
	f := &c.freq
	of := f.sorted()
	at := make(map[*rule.Frequency]int)
	s.Count(len(of))
	for i, r := range of {
		at[r] = i
		s.Text(r.Meta.ID)
		s.Uint(frequencyPrint(r))
	}
	var marks table[*int]
	s.Count(f.recent.Len())
	for e := f.recent.Back(); e != nil; e = e.Prev() {
		t := e.Value.(*frequent)
		s.Count(at[t.of])
		s.Part(func() { s.frequent(t, &marks) })
	}
	s.Count(len(marks.list))
	for _, m := range marks.list {
		s.Int(int64(*m))
	}
	s.Count(len(c.alerted.ring))
	for key, m := range c.alerted.all() {
		s.Text(key)
		s.Int(m.msec)
		s.Uint(m.serial)
	}
}

func (s *saver) frequent(t *frequent, marks *table[*int]) {
	s.Text(t.key)
	s.Count(len(t.entries))
	for _, e := range t.entries {
		s.ID(e.id)
		s.Count(s.rules.index(e.rule))
		s.Count(len(e.differ))
		for _, v := range e.differ {
			s.Text(v)
		}
		s.Count(marks.index(e.used))
	}
}

func (l *loader) loadFrequencies() {
	var of []*rule.Frequency // nil: it is gone, or was changed
	for n := l.Count(); n > 0 && l.Err() == nil; n-- {
		of = append(of, l.frequency(l.Text(), l.Uint()))
	}
	marks := make(map[int]*int)
	for n := l.Count(); n > 0 && l.Err() == nil; n-- {
		r := pick(l, of)
		if part := l.Part(); r != nil {
			l.in(part, func() { l.frequent(r, marks) })
		}
	}
	for i := range l.Count() {
		v := int(l.Int())
		if m := marks[i]; m != nil {
			*m = v
		}
	}
	for n := l.Count(); n > 0 && l.Err() == nil; n-- {
		l.c.alerted.put(l.Text(), moment{l.Int(), l.Uint()})
	}
}

func (l *loader) frequent(of *rule.Frequency, marks map[int]*int) {
	f := &l.c.freq
	f.key = append(f.key[:0], l.Text()...)
	if f.series[of][string(f.key)] != nil {
		l.Fail("series twice")
		return
	}
	t := f.open(of)
	for n := l.Count(); n > 0 && l.Err() == nil; n-- {
		e := &counted{id: l.ID(), rule: l.rule()}
		for k := l.Size(len(of.Differ)); k > 0 && l.Err() == nil; k-- {
			e.differ = append(e.differ, l.Text())
		}
		at := l.Size(math.MaxInt32)
		if marks[at] == nil {
			marks[at] = new(int)
		}
		if e.used = marks[at]; len(e.differ) != len(of.Differ) {
			l.Fail("values of an event")
		}
		if l.Err() != nil {
			break
		}
		t.entries = append(t.entries, e)
		f.account(t, e.size())
	}
	l.End()
	switch {
	case l.Err() != nil:
	case len(t.entries) == 0:
		f.remove(t)
	default:
		f.trim(t)
	}
}

// frequency returns the rule of an id, if it still means the same.
func (l *loader) frequency(id string, print uint64) *rule.Frequency {
	i := slices.IndexFunc(l.of.Frequencies, func(f *rule.Frequency) bool { return f.Meta.ID == id })
	if i < 0 || frequencyPrint(l.of.Frequencies[i]) != print {
		return nil
	}
	return l.of.Frequencies[i]
}

// frequencyPrint tells whether what a state says of a rule is of this one.
func frequencyPrint(of *rule.Frequency) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %d %d %v %q %q %q", of.Times, of.Span, of.Rank, of.Global, of.Same, of.Differ, of.Counts)
	return h.Sum64()
}

// sorted returns the rules that have series.
func (f *frequencies) sorted() []*rule.Frequency {
	var of []*rule.Frequency
	for r, series := range f.series {
		if len(series) > 0 {
			of = append(of, r)
		}
	}
	slices.SortFunc(of, func(a, b *rule.Frequency) int { return cmp.Compare(a.Meta.ID, b.Meta.ID) })
	return of
}
