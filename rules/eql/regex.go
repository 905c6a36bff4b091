package eql

import "github.com/auditpy/auditpy/rules/regex"

// compileRegex compiles a regular expression of Lucene's, which the whole of a text must match.
func compileRegex(pattern string, fold bool) (*regex.Regexp, error) {
	return regex.CompileLucene(pattern, fold, regex.Options{})
}
