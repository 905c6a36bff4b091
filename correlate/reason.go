package correlate

import "github.com/auditpy/auditpy/rules/rule"

// Reason says why matches became an alert or did not.
type Reason uint8

// The reasons. Those after ReasonReplayed are of correlations.
const (
	ReasonNew        Reason = iota // an alert
	ReasonReplayed                 // this alert was raised before: the event was read twice
	ReasonOpen                     // the window does not hold what the condition asks for, yet
	ReasonClosing                  // the condition is decided when the window closes
	ReasonFalse                    // the window closed, and the condition did not hold
	ReasonSuppressed               // the window still holds matches that were reported
	ReasonLate                     // the match is older than the window
	ReasonDoubled                  // the window has this match: the event was read twice
	ReasonNoValue                  // the event has no value to count, or it is no number
	ReasonDelayed                  // the correlation refers to one decided on closing, and waits for it
	ReasonSilent                   // the correlation only serves others
	ReasonEvicted                  // a bound took the window
)

var reasonNames = [...]string{
	"new", "replayed", "open", "closing", "false", "suppressed", "late", "doubled", "no value", "delayed", "silent", "evicted",
}

func (r Reason) String() string { return reasonNames[r] }

// Decision is what was decided about a rule or a correlation, and why.
type Decision struct {
	Rule   *rule.Meta
	Group  []string // of a correlation
	Reason Reason
}

// Stats count the decisions, and what the bounds cost.
type Stats struct {
	Matches    uint64 `json:"matches"`
	Alerts     uint64 `json:"alerts"`
	Replayed   uint64 `json:"replayed"`
	Correlated uint64 `json:"correlated"` // alerts of correlations, among Alerts

	// It always holds that Matches = Alerts − Correlated − Sequences + Folded + Silent + Repeated.
	Folded   uint64 `json:"folded"`   // matches in the alert of a match of the same event
	Silent   uint64 `json:"silent"`   // matches that only serve correlations
	Repeated uint64 `json:"repeated"` // matches whose alert was raised before

	Suppressed uint64 `json:"suppressed"`  // matches in windows that still held reported ones
	LateEvents uint64 `json:"late_events"` // matches older than their window
	Doubled    uint64 `json:"doubled"`     // matches that their window had already, events that a sequence had
	NoValue    uint64 `json:"no_value"`    // matches without a value to count, or not a number
	SetBack    uint64 `json:"set_back"`    // times that the clock of a node was set back

	Sequences uint64 `json:"sequences"`  // alerts of sequences, among Alerts
	LateSteps uint64 `json:"late_steps"` // events of sequences that came later than Reorder

	Groups       int    `json:"groups"`         // windows now
	WindowBytes  int    `json:"window_bytes"`   // theirs, about
	OverGroups   uint64 `json:"over_groups"`    // windows given up for MaxGroups
	OverPerGroup uint64 `json:"over_per_group"` // matches given up for MaxPerGroup
	OverBytes    uint64 `json:"over_bytes"`     // windows, and matches of the last one, given up for MaxWindowBytes
	OverNodes    uint64 `json:"over_nodes"`     // events of nodes that share a clock for MaxNodes

	Keys              int    `json:"keys"`                // of sequences, now
	SequenceBytes     int    `json:"sequence_bytes"`      // theirs, and of events that wait, about
	OverKeys          uint64 `json:"over_keys"`           // keys given up for MaxKeys
	OverSequenceBytes uint64 `json:"over_sequence_bytes"` // keys given up for MaxSequenceBytes
	OverWaiting       uint64 `json:"over_waiting"`        // events that did not wait for Reorder, for MaxWaiting or MaxSequenceBytes
	OverEventKeys     uint64 `json:"over_event_keys"`     // times that an event had more keys than are looked at
	OverPending       uint64 `json:"over_pending"`        // whole sequences given up because too many of a key waited for what must not follow
}

// Stats returns the counters.
func (c *Correlator) Stats() Stats {
	s := c.stats
	s.Groups, s.WindowBytes = c.win.count, c.win.bytes
	s.Keys, s.SequenceBytes = c.seq.count, c.seq.bytes+c.seq.held
	return s
}

// Decisions returns, with Options.Explain, what the last call decided. It is valid until the next.
func (c *Correlator) Decisions() []Decision { return c.decisions }

func (c *Correlator) note(r *rule.Meta, group []string, why Reason) {
	if c.opts.Explain {
		c.decisions = append(c.decisions, Decision{r, group, why})
	}
}

func (c *Correlator) forget() { c.decisions = c.decisions[:0] }
