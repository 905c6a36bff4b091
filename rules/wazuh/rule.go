package wazuh

import (
	"time"

	"github.com/auditpy/auditpy/rules/rule"
)

// compiled is one rule. Its index in Engine.rules is its rank among siblings: that is the same under every parent.
type compiled struct {
	meta    *rule.Meta
	id      int
	level   int
	tests   []use
	parents []int32 // indexes, sorted; of a rule without parents the root
	// always are the children that no literal tells anything about, in order.
	always []int32
	// grouping: it is ours, or has no parents and no tests but of decoders.
	grouping bool
	noAlert  bool // it is no result itself, only its children are
	silent   bool // it is a result that raises no alert
	base     bool // one of ours, for others to build on
	doubt    bool // see onLimitAlert

	freq    *rule.Frequency
	counted bool      // some rule counts for freq
	same    []valueOf // of freq
	differ  []valueOf
	ignore  time.Duration
	counts  []countFor
	title   template
}

// use is a test as a rule asks it.
type use struct {
	leaf   int32 // in Engine.leaves
	negate bool
}

// countFor is a frequency rule that matches of a rule count for.
type countFor struct {
	freq         *rule.Frequency
	same, differ []valueOf
}

// valueOf is a field of Engine.fields.
type valueOf = int32

// root is the parent of rules without parents.
const root = -1

// levelOf is Wazuh's level in Sigma's words, as Wazuh's dashboard divides them; of its low ones those up to 3, which
// its users mostly hide, are informational.
func levelOf(level int) rule.Level {
	switch {
	case level >= 15:
		return rule.Critical
	case level >= 12:
		return rule.High
	case level >= 7:
		return rule.Medium
	case level >= 4:
		return rule.Low
	}
	return rule.Informational
}
