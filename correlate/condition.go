package correlate

import "github.com/auditpy/auditpy/rules/rule"

// holds returns the matches that make the condition true, nil if it is not.
func (w *window) holds() []entry {
	switch w.of.Kind {
	case rule.Temporal:
		if w.truth(w.of.expr, nil, false) {
			return w.entries
		}
		return nil
	case rule.Ordered:
		return w.chain()
	}
	if v := w.measure(); !within(v, w.of.Bounds) {
		return nil
	}
	return w.entries
}

// truth evaluates e over what the window holds. A leaf asks whether its rule matched, and unless it is denied, whether
// it is not among skipped.
func (w *window) truth(e *rule.Expr, skipped []bool, denied bool) bool {
	switch e.Op {
	case "not":
		return !w.truth(e.Kids[0], skipped, !denied)
	case "and", "or":
		for _, k := range e.Kids {
			if w.truth(k, skipped, denied) == (e.Op == "or") {
				return e.Op == "or"
			}
		}
		return e.Op == "and"
	}
	return w.counts[e.Ref] > 0 && (denied || skipped == nil || !skipped[e.Ref])
}

// measure returns what is compared with the bounds.
func (w *window) measure() float64 {
	switch w.of.Kind {
	case rule.ValueCount:
		return float64(len(w.values))
	case rule.ValueSum:
		return w.sum()
	case rule.ValueAvg:
		return w.sum() / float64(len(w.entries))
	case rule.ValuePercentile:
		return percentile(w.nums, w.of.rank())
	case rule.ValueMedian:
		return percentile(w.nums, 50)
	}
	return float64(len(w.entries))
}

// sum adds up anew, unless the running sum is exact: one of fractions would depend on what has left the window.
func (w *window) sum() float64 {
	if w.inexact == 0 {
		return w.total
	}
	var sum float64
	for i := range w.entries {
		sum += w.entries[i].Num
	}
	return sum
}

// rank is Percentile, or 50 if there is none.
func (d *definition) rank() float64 {
	if d.Percentile == 0 {
		return 50
	}
	return d.Percentile
}

// percentile returns the value below which p percent of the sorted values are, between two of them as PERCENTILE_CONT of
// SQL: so the median of an even number is the mean of the two in the middle.
func percentile(sorted []float64, p float64) float64 {
	at := p / 100 * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

func within(v float64, bounds []rule.Bound) bool {
	for _, b := range bounds {
		if !satisfies(v, b) {
			return false
		}
	}
	return true
}

func satisfies(v float64, b rule.Bound) bool {
	switch b.Op {
	case "gt":
		return v > b.Value
	case "gte":
		return v >= b.Value
	case "lt":
		return v < b.Value
	case "lte":
		return v <= b.Value
	case "eq":
		return v == b.Value
	case "neq":
		return v != b.Value
	}
	panic("correlate: a bound with the operator " + b.Op)
}
