package eql

import "strconv"

// position is a place in a query.
type position struct {
	line, col int // from 1; columns are bytes
}

// QueryError is what is wrong with a query, and where.
type QueryError struct {
	Line, Col int // from 1; columns are bytes
	Msg       string
}

func (e *QueryError) Error() string {
	return strconv.Itoa(e.Line) + ":" + strconv.Itoa(e.Col) + ": " + e.Msg
}

// token is the smallest part of a query.
type token struct {
	kind tokenKind
	text string // of a string what it stands for, else as written
	pos  position
}

type tokenKind uint8

const (
	endOfQuery  tokenKind = iota
	identifier            // also name~
	escapedName           // in backticks; text is the name
	keyword
	stringText
	integer
	decimal
	operator // also brackets and the like
)

// keywords cannot be names, but in backticks.
// Source: EqlBase.g4 in x-pack/plugin/eql of github.com/elastic/elasticsearch.
var keywords = setOf("and", "any", "by", "false", "in", "in~", "join", "like", "like~", "maxspan", "not", "null", "of", "or",
	"regex", "regex~", "sample", "sequence", "true", "until", "where", "with")

func setOf(words ...string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}

func (t token) is(kind tokenKind, text string) bool { return t.kind == kind && t.text == text }

// String is the token as an error names it.
func (t token) String() string {
	switch t.kind {
	case endOfQuery:
		return "the end of the query"
	case stringText:
		return "the string " + quote(t.text)
	}
	return strconv.Quote(t.text)
}
