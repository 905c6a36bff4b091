package rule

// Fields is an event of any origin, as far as rules ask.
type Fields interface {
	// Values appends the values of a field, in their order; none if the event lacks it. Numbers and booleans are texts here,
	// as they are written in JSON.
	Values(dst []string, name string) []string
}
