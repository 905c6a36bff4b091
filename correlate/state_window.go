package correlate

import (
	"math"

	"github.com/auditpy/auditpy/rules/rule"
)

// maxKept bounds the size of an event as a state may claim it.
const maxKept = 1 << 30

// saveWindows writes the windows, the least recently touched first.
func (s *saver) saveWindows(ws *windows) {
	ds := ws.sorted()
	at := make(map[*definition]int)
	s.Count(len(ds))
	for i, d := range ds {
		at[d] = i
		s.Text(d.Meta.ID)
		s.Uint(fingerprint(d.Correlation))
	}
	s.Count(ws.count)
	for t := ws.oldest; t != nil; t = t.newer {
		s.Count(at[t.win.of])
		s.Part(func() { s.window(t.win) })
	}
}

func (s *saver) window(w *window) {
	s.Text(w.key)
	s.Count(s.clocks[w.clock])
	s.Uint(uint64(w.epoch))
	s.Int(w.latest)
	s.Uint(w.number)
	s.Bool(w.reported)
	s.Int(w.until)
	s.Count(s.events.optional(w.final))
	s.Count(w.kept)
	s.Count(len(w.entries))
	for i := range w.entries {
		s.entry(&w.entries[i])
	}
	s.Count(len(w.waiting))
	for i := range w.waiting {
		x := &w.waiting[i]
		s.entry(&x.entry)
		s.Count(s.clocks[x.node])
		s.Int(x.now)
		s.Count(s.events.index(x.ev))
		s.Count(x.kept)
	}
}

func (s *saver) entry(e *entry) {
	s.ID(e.ID)
	s.Count(e.Ref)
	s.Text(e.Value)
	s.Float(e.Num)
	s.Count(s.rules.index(e.Rule))
	s.Count(s.inner.optional(e.Inner))
}

func (l *loader) loadWindows() {
	known := make(map[string]*rule.Correlation)
	for _, k := range l.of.Correlations {
		known[k.Meta.ID] = k
	}
	var ds []*definition
	for n := l.Count(); n > 0 && l.Err() == nil; n-- {
		k, print := known[l.Text()], l.Uint()
		if k == nil || fingerprint(k) != print {
			ds = append(ds, nil)
			continue
		}
		ds = append(ds, l.c.win.define(k))
	}
	for n := l.Count(); n > 0 && l.Err() == nil; n-- {
		d, part := pick(l, ds), l.Part()
		if d != nil {
			l.in(part, func() { l.window(d) })
		}
	}
}

func (l *loader) window(d *definition) {
	s := &l.c.win
	s.key = append(s.key[:0], l.key(false)...)
	n := pick(l, l.clocks)
	if l.Err() != nil || d.windows[string(s.key)] != nil {
		l.Fail("window")
		return
	}
	w := s.open(d, n)
	w.epoch, w.latest, w.number, w.reported, w.until = l.Size(math.MaxInt), l.Int(), l.Uint(), l.Bool(), l.Int()
	w.final, w.kept = pickOptional(l, l.events), l.Size(maxKept)
	s.account(w, w.kept)
	for i := l.Count(); i > 0 && l.Err() == nil; i-- {
		e := l.entry(d)
		if len(w.entries) > 0 && e.ID.Msec < w.newest() {
			l.Fail("order of matches")
		}
		w.entries = append(w.entries, e)
		w.add(&e)
		s.account(w, e.size())
	}
	l.waiting(w)
	if l.End(); l.Err() == nil && (len(w.entries)+len(w.waiting) == 0 || d.closes && len(w.entries) > 0 && w.final == nil) {
		l.Fail("empty window")
	}
	if l.Err() == nil {
		s.schedule(w)
	}
}

func (l *loader) waiting(w *window) {
	for i := l.Count(); i > 0 && l.Err() == nil; i-- {
		x := contribution{entry: l.entry(w.of), node: pick(l, l.clocks), now: l.Int(), ev: pick(l, l.events), kept: l.Size(maxKept), waited: true}
		if n := len(w.waiting); n > 0 && x.ID.Msec < w.waiting[n-1].ID.Msec {
			l.Fail("order of matches")
		}
		w.waiting = append(w.waiting, x)
		l.c.win.account(w, x.size()+x.kept)
	}
}

func (l *loader) entry(d *definition) entry {
	e := entry{ID: l.ID(), Ref: l.Index(len(d.Refs)), Value: l.Text(), Num: l.Float(), Rule: l.rule(), Inner: pickOptional(l, l.inner)}
	if math.IsNaN(e.Num) || math.IsInf(e.Num, 0) {
		l.Fail("number to count")
	}
	return e
}

// key reads a key; nulls says whether its values may be null.
func (l *loader) key(nulls bool) string {
	key := l.Text()
	for rest := key; rest != ""; {
		n := 1 + int(rest[0])
		if nulls && rest[0] == joinNull {
			n = 1
		}
		if n > len(rest) {
			l.Fail("key")
			return ""
		}
		rest = rest[n:]
	}
	return key
}
