package correlate

import "github.com/auditpy/auditpy/rules/rule"

// Through returns what the pipes of a query leave of its results, which stay in their order. It is for batches: a stream
// has no end to take a tail of.
func Through[T any](results []T, pipes []rule.Pipe) []T {
	for _, p := range pipes {
		n := min(max(p.N, 0), len(results))
		if p.Tail {
			results = results[len(results)-n:]
		} else {
			results = results[:n]
		}
	}
	return results
}
