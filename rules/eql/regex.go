package eql

import "regexp"

// regex is a compiled regular expression that the whole of a text must match.
type regex interface {
	MatchString(s string) bool
}

// compileRegex compiles a regular expression of Lucene's. It is anchored at both ends, and a dot is any character.
func compileRegex(pattern string, fold bool) (regex, error) {
	flags := "s"
	if fold {
		flags = "si"
	}
	return regexp.Compile(`\A(?` + flags + `:` + pattern + `)\z`)
}
