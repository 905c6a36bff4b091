package correlate

import (
	"container/list"
	"strings"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/rules/rule"
)

// frequencies are what matched before, for rules that fire at the n-th match within a time: for each such rule, node and
// group of values that must be the same a series.
//
// They are apart from the windows of correlations because they decide at once what the event itself comes down to, and
// because what one of them used counts no more for another of its rank or a lower one.
type frequencies struct {
	opts   Options
	stats  *Stats
	note   func(*rule.Meta, []string, Reason)
	series map[*rule.Frequency]map[string]*list.Element
	recent *list.List // of *frequent, that touched last at the front
	bytes  int
	key    []byte
	raised *memory[struct{}] // ids of alerts
}

// frequent is one series.
type frequent struct {
	of      *rule.Frequency
	key     string
	entries []*counted // as they came
	bytes   int
}

// counted is an event that counts.
type counted struct {
	id     audit.ID
	rule   *rule.Meta
	differ []string
	used   *int // the highest rank that it fired; of all series that the event counts in
}

func newFrequencies(c *Correlator) frequencies {
	return frequencies{opts: c.opts, stats: &c.stats, note: c.note, series: make(map[*rule.Frequency]map[string]*list.Element), recent: list.New(), raised: &c.seen}
}

// keyOf is the key of a series. Without Global the nodes are apart.
func (f *frequencies) keyOf(of *rule.Frequency, id audit.ID, v *rule.Values) {
	f.key = f.key[:0]
	if !of.Global {
		f.key = append(append(f.key, id.Node...), 0)
	}
	f.key = appendKey(f.key, v.Same)
}

// get returns the series of f.key, nil if there is none.
func (f *frequencies) get(of *rule.Frequency) *frequent {
	at := f.series[of][string(f.key)]
	if at == nil {
		return nil
	}
	f.recent.MoveToFront(at)
	return at.Value.(*frequent)
}

// fires reports whether the event at hand is the n-th, and if so marks those before it as used.
func (p *settling) fires(b *rule.Branch) bool {
	if b.With.Missing {
		return false
	}
	p.f.keyOf(b.Of, p.ev.ID, &b.With)
	s := p.f.get(b.Of)
	var used []*counted
	if s != nil {
		used = s.before(p.ev.ID, &b.With)
	}
	if len(used) < b.Of.Times-1 {
		p.f.note(b.Of.Meta, b.With.Same, ReasonOpen)
		return p.firedBefore(b)
	}
	p.rank = max(p.rank, b.Of.Rank)
	p.relate(used)
	for _, e := range used {
		*e.used = max(*e.used, b.Of.Rank)
	}
	p.f.remove(s)
	return true
}

// firedBefore reports whether the event was the n-th when it was read before. (What it counted is used up since; it must
// not come down to something else now.)
func (p *settling) firedBefore(b *rule.Branch) bool {
	if b.Then.Else == nil {
		return false
	}
	if _, ok := p.f.raised.get(alertID(p.ev.ID, b.Then.Else.Rule.ID)); !ok {
		return false
	}
	p.rank = max(p.rank, b.Of.Rank)
	return true
}

// before returns the events that count together with one of id, at most as many as it takes, the newest first.
func (s *frequent) before(id audit.ID, with *rule.Values) (out []*counted) {
	for i := len(s.entries) - 1; i >= 0 && len(out) < s.of.Times-1; i-- {
		e := s.entries[i]
		switch {
		case *e.used >= s.of.Rank:
			return out
		case e.id == id || id.Msec-e.id.Msec > s.of.Span.Milliseconds() || !e.differs(with.Differ):
		default:
			out = append(out, e)
		}
	}
	return out
}

// differs reports whether the event has another value of each field; what is absent differs from everything.
func (e *counted) differs(values []string) bool {
	for i, v := range values {
		if v != "" && compact(v) == e.differ[i] {
			return false
		}
	}
	return true
}

// relate names the events that led to the firing, in the order of their times.
func (p *settling) relate(used []*counted) {
	p.related, p.unlisted = nil, 0
	for i := len(used) - 1; i >= 0; i-- {
		if len(p.related) == alert.MaxRelated-1 {
			p.unlisted = i + 1
			return
		}
		p.related = append(p.related, alert.Related{ID: used[i].id, Rule: used[i].rule})
	}
}

// count adds the event to what it counts for.
func (p *settling) count(o *rule.Outcome) {
	used := p.rank
	var id audit.ID
	for i := range o.Counts {
		n := &o.Counts[i]
		if n.With.Missing || p.rank >= n.Of.Rank { // it would be used at once
			continue
		}
		if id == (audit.ID{}) {
			id = p.ev.ID
			id.Node = strings.Clone(id.Node)
		}
		p.f.add(n, o.Of, id, &used)
	}
}

func (f *frequencies) add(n *rule.Count, of *rule.Meta, id audit.ID, used *int) {
	f.keyOf(n.Of, id, &n.With)
	s := f.get(n.Of)
	if s == nil {
		s = f.open(n.Of)
	}
	if s.has(id) {
		f.stats.Doubled++
		f.note(n.Of.Meta, n.With.Same, ReasonDoubled)
		return
	}
	e := &counted{id: id, rule: of, used: used}
	for _, v := range n.With.Differ {
		e.differ = append(e.differ, ownValue(v))
	}
	s.entries = append(s.entries, e)
	f.account(s, e.size())
	f.trim(s)
}

func (e *counted) size() int {
	size := entrySize
	for _, v := range e.differ {
		size += len(v)
	}
	return size
}

// ownValue is a value that is compared, in memory of ours.
func ownValue(v string) string { return string([]byte(compact(v))) }

// has reports whether the event was counted before: it was read twice.
func (s *frequent) has(id audit.ID) bool {
	for i := len(s.entries) - 1; i >= 0 && s.entries[i].id.Msec >= id.Msec; i-- {
		if s.entries[i].id == id {
			return true
		}
	}
	return false
}

// trim drops what can count no more: what is too old, and, where nothing must differ, more than it takes.
func (f *frequencies) trim(s *frequent) {
	newest := s.entries[len(s.entries)-1].id.Msec
	for len(s.entries) > 1 && (newest-s.entries[0].id.Msec > s.of.Span.Milliseconds() || len(s.entries[0].differ) == 0 && len(s.entries) >= s.of.Times) {
		f.shorten(s)
	}
	for len(s.entries) > f.opts.MaxPerGroup {
		f.stats.OverPerGroup++
		f.shorten(s)
	}
	for f.bytes > f.opts.MaxWindowBytes && f.recent.Len() > 1 {
		f.stats.OverBytes++
		f.evict()
	}
}

func (f *frequencies) shorten(s *frequent) {
	f.account(s, -s.entries[0].size())
	s.entries[0] = nil
	s.entries = s.entries[1:]
}

func (f *frequencies) open(of *rule.Frequency) *frequent {
	for f.recent.Len() >= f.opts.MaxGroups {
		f.stats.OverGroups++
		f.evict()
	}
	s := &frequent{of: of, key: string(f.key)}
	if f.series[of] == nil {
		f.series[of] = make(map[string]*list.Element)
	}
	f.series[of][s.key] = f.recent.PushFront(s)
	f.account(s, windowSize+len(s.key))
	return s
}

// evict gives up the series that was touched least recently.
func (f *frequencies) evict() {
	s := f.recent.Back().Value.(*frequent)
	f.note(s.of.Meta, nil, ReasonEvicted)
	f.remove(s)
}

func (f *frequencies) remove(s *frequent) {
	f.recent.Remove(f.series[s.of][s.key])
	delete(f.series[s.of], s.key)
	f.account(s, -s.bytes)
}

func (f *frequencies) account(s *frequent, n int) {
	s.bytes += n
	f.bytes += n
}
