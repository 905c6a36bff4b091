package correlate

import (
	"slices"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// windows are the windows of all correlations, one for each group of field values.
//
// A window slides: it holds the matches that are no more than the span older than its newest. A condition of lower
// bounds, or that only asks for matches to be there, is decided at each match; any other when the window closes: when its
// clock is more than the span past the newest match. The clock is the newest time of the node that this match is of: a
// group may have events of several nodes, whose clocks differ. After a firing the window is mute until all that was
// reported has left it: one alert for a flood, and one more each span while it lasts.
//
// A match that comes late is put where it belongs in time, if the window still reaches back to it; else it is counted and
// ignored.
type windows struct {
	*clocks
	recency
	opts  Options
	stats *Stats
	note  func(*rule.Meta, []string, Reason)
	defs  map[*rule.Correlation]*definition // no more than there are rules
	count int
	bytes int
	key   []byte
	fired []firing // since the last call
}

func newWindows(c *Correlator) windows {
	return windows{clocks: c.clocks, opts: c.opts, stats: &c.stats, note: c.note, defs: make(map[*rule.Correlation]*definition)}
}

// match gives a match to the windows of the correlations that it contributes to.
func (s *windows) match(n *clock, ev *event.Event, m *rule.Match) {
	for i := range m.Parts {
		p := &m.Parts[i]
		d := s.define(p.Of)
		x := contribution{entry: entry{ID: ev.ID, Ref: p.Ref, Rule: m.Rule}, node: n, now: n.newest, ev: ev, evidence: m.Evidence}
		if !d.measure(&x.entry, p) {
			s.stats.NoValue++
			s.note(d.Meta, p.Group, ReasonNoValue)
			continue
		}
		s.feed(d, p.Group, &x)
	}
}

// feed gives a match to the window of its group.
func (s *windows) feed(d *definition, group []string, x *contribution) {
	w := s.windowOf(d, group, x)
	if w == nil {
		s.late(d, group)
		return
	}
	s.touch(&w.seat)
	if d.delay > 0 && x.ID.Msec+d.delay >= x.now {
		s.wait(w, x)
	} else {
		s.take(w, x)
	}
}

func (s *windows) late(d *definition, group []string) {
	s.stats.LateEvents++
	s.note(d.Meta, group, ReasonLate)
}

// wait holds a match back until all that its correlation refers to is decided.
func (s *windows) wait(w *window, x *contribution) {
	i := len(w.waiting)
	for i > 0 && w.waiting[i-1].ID.Msec > x.ID.Msec {
		i--
	}
	if w.waits(&x.entry, i) {
		s.doubled(w)
		return
	}
	x.settle()
	x.keep()
	x.evidence, x.waited = nil, true
	s.account(w, x.size()+x.kept)
	w.waiting = slices.Insert(w.waiting, i, *x)
	s.stamp(w, x)
	s.schedule(w)
	s.note(w.of.Meta, w.group, ReasonDelayed)
	s.shrink(w)
}

// release takes the first match that waits.
func (s *windows) release(w *window) {
	x := s.pop(w)
	x.now = w.due
	s.take(w, &x)
}

// pop removes the first match that waits.
func (s *windows) pop(w *window) contribution {
	x := w.waiting[0]
	w.waiting[0] = contribution{}
	w.waiting = w.waiting[1:]
	s.account(w, -x.size()-x.kept)
	return x
}

// take puts a match into a window and decides whether the correlation fires. To fire is the last thing done: it may
// cost the window its place.
func (s *windows) take(w *window, x *contribution) {
	if why := s.insert(w, x); why != ReasonOpen {
		s.schedule(w)
		s.refuse(w, why)
		return
	}
	if !x.waited {
		s.stamp(w, x)
	}
	s.prune(w)
	s.schedule(w)
	s.shrink(w)
	s.decide(w, x)
}

func (s *windows) refuse(w *window, why Reason) {
	if why == ReasonLate {
		s.late(w.of, w.group)
		return
	}
	s.doubled(w)
}

func (s *windows) doubled(w *window) {
	s.stats.Doubled++
	s.note(w.of.Meta, w.group, ReasonDoubled)
}

// insert returns ReasonOpen, or why it did not take the match.
func (s *windows) insert(w *window, x *contribution) Reason {
	if len(w.entries) > 0 && x.ID.Msec < w.newest()-w.of.span {
		return ReasonLate
	}
	i := place(w.entries, x.ID.Msec)
	if w.has(&x.entry, i) {
		return ReasonDoubled
	}
	x.settle()
	w.grow()
	w.entries = slices.Insert(w.entries, i, x.entry)
	w.add(&x.entry)
	s.account(w, x.size())
	if w.of.closes && i == len(w.entries)-1 {
		x.keep()
		s.account(w, x.kept-w.kept)
		w.final, w.kept = x.ev, x.kept
	}
	return ReasonOpen
}
