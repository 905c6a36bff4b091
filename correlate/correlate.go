// Package correlate turns the matches of events into alerts, and remembers what it takes to send each
// only once: the ids of alerts already raised, and the incident that a process lineage belongs to. It keeps the
// windows of correlations, rules over the matches of other rules, and the machines of sequences, rules over several events.
//
// What surprised us: "fewer than three" and "a and not b" are never true at an event, only once time has passed. So a
// correlation with more than lower bounds is decided when its window closes (see windows), and one that refers to
// such a correlation runs behind by as much. And a log has events in the order in which they ended, with the times at which
// they began: late is the rule, not the exception.
//
// A late event counts where it belongs in time. In a window it does if the window reaches back to it; if not, it is
// ignored (Stats.LateEvents). For sequences, events wait for Options.Reorder of event time; one that comes later still
// (Stats.LateSteps) extends what ended before it, and neither replaces nor ends what is newer. What was told is never taken
// back.
//
// It knows event time only, is bounded, and belongs to one goroutine.
package correlate

import (
	"cmp"
	"slices"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Options bound a Correlator. Zero fields take the default in brackets.
type Options struct {
	MaxSeen        int           // alert ids and processes of incidents remembered [65536 each]
	IncidentWindow time.Duration // event time after which a lineage's next alert is a new incident [10 min]
	PerRule        bool          // one alert per rule and event, not one per event
	MaxGroups      int           // windows of all correlations; over it the least recently touched goes [65536]
	// MaxPerGroup is how many matches one window holds; over it the oldest goes [rule.MaxPerGroup]. A correlation that counts to more
	// never fires.
	MaxPerGroup    int
	MaxWindowBytes int  // bytes of all windows, about; over it the least recently touched goes [64 MiB]
	MaxNodes       int  // nodes with a clock of their own; more share one [65536]
	Explain        bool // keep the Decisions
	MaxKeys        int  // keys of all sequences; over it that with the most gives up the least recently touched [65536]
	// MaxSequenceBytes is how much the sequences take, about; over it that with the most gives up keys. Events that wait
	// for their turn take up to a quarter more [64 MiB].
	MaxSequenceBytes int
	// Reorder is how long an event that a sequence has a term for waits, in event time, for those that began before it
	// and ended after it [200 ms; below 0: not at all].
	Reorder    time.Duration
	MaxWaiting int  // events that wait; over it the first one does not any more [8192]
	PerKey     bool // events that make a sequence by several keys give an alert for each
}

func (o Options) withDefaults() Options {
	def := func(p *int, n int) {
		if *p <= 0 {
			*p = n
		}
	}
	def(&o.MaxSeen, 65536)
	def(&o.MaxGroups, 65536)
	def(&o.MaxPerGroup, rule.MaxPerGroup)
	def(&o.MaxWindowBytes, 64<<20)
	def(&o.MaxNodes, 65536)
	def(&o.MaxKeys, 65536)
	def(&o.MaxWaiting, 8192)
	def(&o.MaxSequenceBytes, 64<<20)
	if o.Reorder == 0 {
		o.Reorder = 200 * time.Millisecond
	}
	if o.IncidentWindow <= 0 {
		o.IncidentWindow = 10 * time.Minute
	}
	return o
}

// Correlator decides what becomes an alert.
type Correlator struct {
	opts      Options
	seen      memory[struct{}]
	incidents memory[*incident] // by entity id
	sent      memory[struct{}]  // ids of alerts that went out before a restart, and may be raised again
	stats     Stats
	clocks    *clocks
	win       windows
	seq       sequences
	freq      frequencies
	alerted   memory[moment] // by node and rule, of rules that are ignored for a time after an alert
	// Of the event at hand, if a frequency rule fired: the events that led to it.
	related   []alert.Related
	relatedTo *rule.Meta
	unlisted  int
	decisions []Decision
}

// New returns a Correlator that has seen nothing.
func New(o Options) *Correlator {
	c := &Correlator{opts: o.withDefaults()}
	c.init()
	return c
}

func (c *Correlator) init() {
	c.seen, c.incidents, c.sent = newMemory[struct{}](c.opts.MaxSeen), newMemory[*incident](c.opts.MaxSeen), newMemory[struct{}](maxSent)
	c.clocks = newClocks(c.opts.MaxNodes)
	c.win, c.seq, c.freq = newWindows(c), newSequences(c), newFrequencies(c)
	c.alerted = newMemory[moment](c.opts.MaxSeen)
}

// Observe appends the alerts that one event, with its matches ms, gives to dst: those of correlations whose windows its
// time closed; its own, at most one or with PerRule at most one a rule; those of correlations that it completed. ms is
// reordered. The alerts, but for the first kind, are valid as long as the event.
func (c *Correlator) Observe(dst []alert.Alert, ev *event.Event, ms []rule.Match) []alert.Alert {
	c.forget()
	n := c.clock(ev.ID)
	if n.isDue() {
		c.advance(n)
		dst = c.decided(dst)
	}
	if len(ms) == 0 {
		return dst
	}
	c.stats.Matches += uint64(len(ms))
	all := len(ms)
	ms = c.settle(ev, ms)
	c.stats.Unmet += uint64(all - len(ms))
	slices.SortStableFunc(ms, compareMatches)
	dst = c.own(dst, ev, ms)
	c.related, c.relatedTo = nil, nil
	for i := range ms {
		c.win.match(n, ev, &ms[i])
	}
	c.seq.observe(n, ev, ms)
	return c.decided(dst)
}

// decided raises the alerts of what fired and was found.
func (c *Correlator) decided(dst []alert.Alert) []alert.Alert { return c.found(c.fired(dst)) }

// clock returns that of the event's node, and lets the event set it.
func (c *Correlator) clock(id audit.ID) *clock {
	n := c.clocks.clock(id.Node)
	if n.name == manyNodes {
		c.stats.OverNodes++
	}
	if n.tick(id.Msec) {
		c.stats.SetBack++
		c.seq.settle(n)
	}
	return n
}

// compareMatches puts the silent ones last, and of the others the highest level first.
func compareMatches(a, b rule.Match) int {
	switch {
	case a.Silent == b.Silent:
		return byLevel(a.Rule, b.Rule)
	case a.Silent:
		return 1
	}
	return -1
}

// byLevel puts the highest level first, and of equal ones Sigma's: what is found by any means is told by the rule that says
// most about it.
func byLevel(a, b *rule.Meta) int {
	return cmp.Or(-cmp.Compare(a.Level, b.Level), cmp.Compare(rankOf(a.Dialect), rankOf(b.Dialect)), cmp.Compare(a.ID, b.ID))
}

func rankOf(dialect string) int { return slices.Index([]string{"sigma", "eql", "wazuh"}, dialect) }

// own raises the alerts of the event itself. The silent matches are the last.
func (c *Correlator) own(dst []alert.Alert, ev *event.Event, ms []rule.Match) []alert.Alert {
	for len(ms) > 0 && ms[len(ms)-1].Silent {
		ms = ms[:len(ms)-1]
		c.stats.Silent++
	}
	if len(ms) > 0 && !c.opts.PerRule {
		return c.raise(dst, ev, ms)
	}
	for i := range ms {
		dst = c.raise(dst, ev, ms[i:i+1])
	}
	return dst
}

// Idle tells that no event of any node has come for that long, and appends the alerts of what was decided by that: for a live
// source. The clocks show as much more than when the last event came. (What they show is not known, and need not agree with
// ours.) Hold is how long a record may be on its way: what is decided by absence waits for it, events that wait for their
// turn do not.
func (c *Correlator) Idle(dst []alert.Alert, since, hold time.Duration) []alert.Alert {
	c.forget()
	for _, n := range c.clocks.order {
		n.newest = max(n.newest, n.heard+max(0, since-hold).Milliseconds())
		if n.isDue() {
			c.advance(n)
		}
		for len(n.waiting) > 0 && n.waiting[0].due < n.heard+since.Milliseconds() {
			c.seq.release(n)
		}
	}
	return c.decided(dst)
}

// Flush closes all windows, as if much time had passed without an event, and appends the alerts of those decided by it:
// at the end of the input.
func (c *Correlator) Flush(dst []alert.Alert) []alert.Alert {
	c.forget()
	c.advance(c.clocks.end())
	c.clocks.ending = nil
	c.seq.clear()
	return c.decided(dst)
}
