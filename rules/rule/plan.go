package rule

import "time"

// Plan is what a tree of rules leaves open where some of them ask what matched before, as Wazuh's frequency and ignore
// do: whoever keeps the windows settles it, and makes the match that it belongs to what came out.
type Plan struct {
	Ifs []Branch // to be asked in this order: the first whose Frequency fires decides
	// Else is what comes out if none does; nil: nothing matched, and in a Branch: the plan goes on behind it.
	Else *Outcome
}

// Branch is a frequency rule all of whose other conditions hold.
type Branch struct {
	Of   *Frequency
	With Values
	Then *Plan
}

// Outcome is a rule that the event may come down to.
type Outcome struct {
	Rule     *Meta // its Title may speak of the event
	Of       *Meta // the same without that, for whoever keeps it
	Evidence []Evidence
	Silent   bool          // it raises no alert
	Ignore   time.Duration // after an alert, how long Above stands in for it; 0: not at all
	Above    *Outcome      // what the event comes down to then; nil: nothing
	Counts   []Count       // the frequency rules that a match of Rule counts for
}

// Count is a match that counts for a frequency rule.
type Count struct {
	Of   *Frequency
	With Values
}

// Values are what an event has of the fields that a frequency rule compares.
type Values struct {
	Same    []string // of those that must be the same
	Differ  []string // of those that must differ; "": absent, which differs from everything
	Missing bool     // one of Same is absent: the event neither counts nor fires
}

// Frequency is a rule that fires when the event at hand is the Times-th, within Span, of those that count. Then it
// counts anew.
type Frequency struct {
	Meta   *Meta
	Times  int // at least 2, the event at hand included
	Span   time.Duration
	Rank   int  // Wazuh's level: what fired a rule of a level counts for none of that level or a lower one again
	Global bool // over all nodes, not for each
	// The names of the fields that must be the same and that must differ, and what counts, in the rule's words.
	Same, Differ []string
	Counts       string
}
