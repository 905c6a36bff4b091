package correlate

import (
	"fmt"
	"maps"
)

// Move makes next, which has seen nothing, remember what c does, and go on where c stands with the counters of c: alerts
// that were raised, incidents, the windows of correlations and the sequences that are in rules unchanged. Those of others
// are gone. It must be called between two events, and c not be used after it.
//
// If that memory cannot be taken over the error says why, and next has seen nothing.
func (c *Correlator) Move(next *Correlator, rules Rules) error {
	if _, err := next.LoadState(c.AppendState(nil), rules); err != nil {
		return fmt.Errorf("take over what was remembered: %w", err)
	}
	next.stats = c.stats
	maps.Copy(next.sent, c.sent)
	return nil
}
