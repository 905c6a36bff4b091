package rule

import "time"

// Correlation is a rule over the matches of other rules within a time. What it takes from an event is decided by the
// dialect when the event matches (see Part), so that whoever keeps the windows knows no fields.
type Correlation struct {
	Meta *Meta
	Kind CorrelationKind
	// Refs are what it refers to, rules or correlations, by their names in the rule; the order counts for Ordered.
	Refs []string
	Span time.Duration
	By   []string // names of the group-by fields, in the order of Part.Group
	// Bounds must all hold: of the number of matches, of different values, or of the sum, average or percentile of values.
	// Empty for Temporal and Ordered: each of Refs once, or what Expr says.
	Bounds     []Bound
	Percentile float64 // of Percentile, from 0 to 100
	Expr       *Expr   // of Temporal and Ordered; nil: all of Refs
	// Outer are the correlations that refer to this one.
	Outer []Link
	// Silent: its own alerts are not raised, only what refers to it is.
	Silent bool
}

// MaxPerGroup is how many matches of one group are remembered: a correlation that counts to more never fires.
const MaxPerGroup = 10_000

// CorrelationKind is what a correlation counts.
type CorrelationKind uint8

// The kinds, under Sigma's names.
const (
	EventCount CorrelationKind = iota
	ValueCount
	Temporal
	Ordered // temporal_ordered
	ValueSum
	ValueAvg
	ValuePercentile
	ValueMedian
)

// Bound is one comparison of a condition.
type Bound struct {
	Op    string // gt, gte, lt, lte, eq, neq
	Value float64
}

// Expr is a condition over the Refs of a correlation: a leaf says that Refs[Ref] matched in the window.
type Expr struct {
	Op   string // "", and, or, not
	Ref  int    // of a leaf
	Kids []*Expr
}

// Link leads from a correlation to one that refers to it.
type Link struct {
	To  *Correlation
	Ref int // index in To.Refs
	// Group are the indices of To's group values among those of the correlation that the link leads from; -1: it has none,
	// and its matches do not take part.
	Group []int
}

// Part is what a match contributes to one correlation.
type Part struct {
	Of    *Correlation
	Ref   int      // index in Of.Refs
	Group []string // values of the group-by fields; the part is left out where the event lacks one
	Value string   // of the field that is counted or summed; several fields are joined with a NUL
	Has   bool     // the event has a Value
}
