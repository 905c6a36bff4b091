package sigma

import (
	"strings"

	"github.com/auditpy/auditpy/rules/predicate"
)

// parseText reads a Sigma string: * and ? are wildcards, \*, \? and \\ stand for the character, and
// a backslash before anything else is itself (rules specification, "Escape Character").
func parseText(s string) []predicate.Part {
	var parts []predicate.Part
	var lit strings.Builder
	flush := func(k predicate.Kind) {
		if lit.Len() > 0 {
			parts = append(parts, predicate.Part{Text: lit.String()})
			lit.Reset()
		}
		if k != predicate.Literal {
			parts = append(parts, predicate.Part{Kind: k})
		}
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`*?\`, s[i+1]) >= 0:
			i++
			lit.WriteByte(s[i])
		case s[i] == '*':
			flush(predicate.Run)
		case s[i] == '?':
			flush(predicate.One)
		default:
			lit.WriteByte(s[i])
		}
	}
	flush(predicate.Literal)
	return parts
}

// literalOf returns the text of parts without wildcards.
func literalOf(parts []predicate.Part) (string, bool) {
	var s strings.Builder
	for _, p := range parts {
		if p.Kind != predicate.Literal {
			return "", false
		}
		s.WriteString(p.Text)
	}
	return s.String(), true
}

// anyDash makes every dash at the start of a word stand for all dashes: the reference's \B[-/]\b.
func anyDash(parts []predicate.Part) []predicate.Part {
	var out []predicate.Part
	for _, p := range parts {
		if p.Kind != predicate.Literal {
			out = append(out, p)
			continue
		}
		out = append(out, dashes(p.Text)...)
	}
	return out
}

// eachDash returns parts with every choice of dashes, for encodings, which cannot match one of several.
func eachDash(parts []predicate.Part, v *node) ([][]predicate.Part, error) {
	rows := [][]predicate.Part{nil}
	for _, p := range parts {
		choices := [][]predicate.Part{{p}}
		if p.Kind == predicate.Dash {
			choices = nil
			for _, dash := range []string{"-", "/", "\u2013", "\u2014", "\u2015"} {
				choices = append(choices, []predicate.Part{{Text: dash}})
			}
		}
		if err := tooMany(len(rows)*len(choices), v); err != nil {
			return nil, err
		}
		rows = combine(rows, choices)
	}
	return rows, nil
}

func dashes(s string) (out []predicate.Part) {
	begin := 0
	for i := range len(s) {
		if s[i] != '-' && s[i] != '/' || i > 0 && isWord(s[i-1]) || i+1 == len(s) || !isWord(s[i+1]) {
			continue
		}
		out = append(out, predicate.Part{Text: s[begin:i]}, predicate.Part{Kind: predicate.Dash})
		begin = i + 1
	}
	return append(out, predicate.Part{Text: s[begin:]})
}

// isWord counts all of non-ASCII as letters, which is near enough beside a dash.
func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x80
}
