package rule

// Undecided is a test whose regular expression took more steps than it may on some value. The test then failed: whoever
// can make such values may hide from the rules that ask it, so operators should know.
type Undecided struct {
	Field, Pattern string
	Rules          []*Meta // that ask it
	Count          uint64  // since the rules were loaded: events, or records of them
}
