package correlate

import "fmt"

// Replace returns a Correlator for other rules that remembers what c does, its counters included, and goes on where c
// stands: alerts that were raised, incidents, the windows of correlations and sequences that are in rules unchanged. Those
// of others are gone. It must be called between two events, and c not be used after it.
//
// If c's memory cannot be taken over, the error says why, and the Correlator returned has seen nothing.
func (c *Correlator) Replace(o Options, rules Rules) (*Correlator, error) {
	next := New(o)
	_, err := next.LoadState(c.AppendState(nil), rules)
	if err != nil {
		return New(o), fmt.Errorf("take over what was remembered: %w", err)
	}
	next.stats = c.stats
	for id := range c.sent {
		next.sent[id] = struct{}{}
	}
	return next, nil
}
