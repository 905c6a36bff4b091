package rule

import (
	"fmt"
	"unicode/utf8"
)

// Evidence is one field that made a rule fire.
type Evidence struct {
	Field string
	Value string // the whole value
	Match string // what the rule asked for, in the rule's own words
	// Start and End are where in Value stands what matched, in bytes. Both are 0 if that is not known, or if Value is so
	// short that an Excerpt is all of it.
	Start, End int
}

// An excerpt has the match and what is around it: MaxExcerpt bytes, and two marks that tell how many are left out. So one of
// an excerpt is the same.
const (
	MaxExcerpt = 256
	maxMarks   = 64
)

// IsLong reports whether an excerpt of a value is not all of it, so that it is worth to know where the match is.
func IsLong(value string) bool { return len(value) > MaxExcerpt+maxMarks }

// Excerpt returns Value, or if it is long the part with the match, saying what was cut.
func (e *Evidence) Excerpt() string {
	if !IsLong(e.Value) {
		return e.Value
	}
	v, n := e.Value, len(e.Value)
	from := max(0, e.Start-max(0, MaxExcerpt-(e.End-e.Start))/2)
	to := min(n, from+MaxExcerpt)
	from = max(0, to-MaxExcerpt)
	for range utf8.UTFMax - 1 { // no character is cut
		if from > 0 && !utf8.RuneStart(v[from]) {
			from++
		}
		if to < n && !utf8.RuneStart(v[to]) {
			to--
		}
	}
	var before, behind string
	if from > 0 {
		before = fmt.Sprintf("[+%d bytes]...", from)
	}
	if to < n {
		behind = fmt.Sprintf("...[+%d bytes]", n-to)
	}
	return before + v[from:to] + behind
}
