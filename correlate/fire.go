package correlate

import (
	"cmp"
	"slices"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// firing is a correlation that held.
type firing struct {
	*made
	of       *rule.Correlation
	key      string
	group    []string
	last     audit.ID
	ev       *event.Event
	evidence []rule.Evidence
}

// made is what a firing is made of.
type made struct {
	related []alert.Related // in the order of their times; at least one
	more    int             // events beyond MaxRelated
	rules   []*rule.Meta    // those that matched, and correlations between; the highest level first
	seen    map[cause]bool  // while it is made
}

// cause is a match, by which it is known.
type cause struct {
	id   audit.ID
	rule *rule.Meta
}

// decide fires if the condition holds now.
func (s *windows) decide(w *window, x *contribution) {
	why := ReasonOpen
	switch {
	case w.of.closes:
		why = ReasonClosing
	case w.suppressed():
		why = ReasonSuppressed
		s.stats.Suppressed++
	default:
		if es := w.holds(); es != nil {
			s.fire(w, es, x)
			return
		}
	}
	s.note(w.of.Meta, w.group, why)
}

// close ends a window. If matches still wait, they begin the next one in its place.
func (s *windows) close(w *window) {
	x := contribution{now: w.due, ev: w.final, kept: w.kept}
	var es []entry
	if w.of.closes {
		if es = w.holds(); es == nil {
			s.note(w.of.Meta, w.group, ReasonFalse)
		}
	}
	if len(w.waiting) == 0 {
		s.remove(w)
	} else {
		s.restart(w)
	}
	if es != nil {
		s.fire(w, es, &x)
	}
}

func (s *windows) restart(w *window) {
	for i := range w.entries {
		s.account(w, -w.entries[i].size())
	}
	s.account(w, -w.kept)
	w.reset()
	s.schedule(w)
}

// fire makes a firing of es, which are matches of w, and gives it to the correlations that refer to this one, as a match
// at the time of its last event.
func (s *windows) fire(w *window, es []entry, x *contribution) {
	last := &es[len(es)-1]
	if !w.of.closes {
		w.reported, w.until = true, last.ID.Msec
	}
	f := firing{made: makeOf(es), of: w.of.Correlation, key: w.key, group: w.group, last: last.ID, ev: x.ev, evidence: x.evidence}
	s.fired = append(s.fired, f)
	n := s.clock(last.ID.Node)
	for i, l := range w.of.Outer {
		group, ok := project(f.group, l.Group)
		inner := contribution{entry: entry{ID: f.last, Ref: l.Ref, Rule: f.of.Meta, Inner: f.made}, node: n, now: x.now, ev: x.ev, kept: x.kept}
		if d := w.of.outer[i]; ok && d.measure(&inner.entry, &rule.Part{}) {
			s.feed(d, group, &inner)
		}
	}
}

// project returns the values of a group that another correlation groups by; false if it lacks one.
func project(group []string, at []int) ([]string, bool) {
	out := make([]string, len(at))
	for i, j := range at {
		if j < 0 || j >= len(group) {
			return nil, false
		}
		out[i] = group[j]
	}
	return out, true
}

func makeOf(es []entry) *made {
	m := &made{seen: make(map[cause]bool)}
	for i := range es {
		m.include(&es[i])
	}
	slices.SortStableFunc(m.related, func(a, b alert.Related) int { return cmp.Compare(a.ID.Msec, b.ID.Msec) })
	slices.SortFunc(m.rules, byLevel)
	m.seen = nil
	return m
}

func (m *made) include(e *entry) {
	m.name(e.Rule)
	if e.Inner == nil {
		m.relate(alert.Related{ID: e.ID, Rule: e.Rule})
		return
	}
	m.more += e.Inner.more
	for _, r := range e.Inner.related {
		m.relate(r)
	}
	for _, r := range e.Inner.rules {
		m.name(r)
	}
}

// name adds a rule. There are few.
func (m *made) name(r *rule.Meta) {
	if !slices.Contains(m.rules, r) {
		m.rules = append(m.rules, r)
	}
}

func (m *made) relate(r alert.Related) {
	c := cause{r.ID, r.Rule}
	if m.seen[c] {
		return
	}
	m.seen[c] = true
	if len(m.related) == alert.MaxRelated {
		m.more++
		return
	}
	m.related = append(m.related, r)
}
