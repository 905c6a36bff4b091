package report

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/rules/regex"
)

// marker finds the part of a value that a rule asked for. Evidence has the rule's words and not the place, so it reads them as a text,
// as a pattern with wildcards and as an expression, in this order; if none is there, nothing is marked: that is looks, not judgement.
type marker struct {
	compiled map[string]*regex.Regexp // nil: no expression
}

// What finding a mark may cost: an attacker writes the values, and a page has thousands of them.
const (
	maxCompiled = 4096     // expressions remembered
	maxSteps    = 5000     // of one search: some 50 microseconds
	maxSearched = 16 << 10 // bytes of a value
)

// span is a part of a text, in bytes.
type span struct{ from, to int }

// find returns the parts of value that words ask for, in order.
func (m *marker) find(value, words string) []span {
	if words == "" || value == "" {
		return nil
	}
	for _, w := range append(quoted(words), words) {
		if s, ok := fold(value, w); ok {
			return []span{s}
		}
		if parts := pieces(value, w); parts != nil {
			return parts
		}
	}
	return m.expression(value, words)
}

// fold finds text in value, in any case.
func fold(value, text string) (span, bool) {
	if text == "" {
		return span{}, false
	}
	if i := strings.Index(value, text); i >= 0 {
		return span{i, i + len(text)}, true
	}
	lower, text := strings.ToLower(value), strings.ToLower(text)
	if len(lower) != len(value) { // a letter whose lower case is longer: places differ
		return span{}, false
	}
	i := strings.Index(lower, text)
	return span{i, i + len(text)}, i >= 0
}

// pieces finds the texts between wildcards, one behind the other.
func pieces(value, pattern string) (out []span) {
	if !strings.ContainsAny(pattern, "*?") {
		return nil
	}
	at := 0
	for _, piece := range strings.FieldsFunc(pattern, func(r rune) bool { return r == '*' || r == '?' }) {
		s, ok := fold(value[at:], piece)
		if !ok {
			return nil
		}
		out = append(out, span{at + s.from, at + s.to})
		at += s.to
	}
	return out
}

// quoted are the texts that a query has between quotes.
func quoted(words string) (out []string) {
	parts := strings.Split(words, `"`)
	for i := 1; i+1 < len(parts); i += 2 {
		out = append(out, parts[i])
	}
	return out
}

func (m *marker) expression(value, words string) []span {
	re := m.compile(words)
	if re == nil {
		return nil
	}
	at, _ := re.Find(nil, value[:min(len(value), maxSearched)], nil)
	if len(at) < 2 || at[0] == at[1] {
		return nil
	}
	return []span{{at[0], at[1]}}
}

func (m *marker) compile(words string) *regex.Regexp {
	re, ok := m.compiled[words]
	if ok {
		return re
	}
	if len(m.compiled) >= maxCompiled {
		clear(m.compiled)
	}
	if m.compiled == nil {
		m.compiled = make(map[string]*regex.Regexp)
	}
	re, _ = regex.Compile(words, regex.Options{Text: true, Limit: maxSteps})
	m.compiled[words] = re
	return re
}

// segments cuts text at spans and makes it printable: what stands at odd places was asked for. So no reader has to count bytes as we do.
func segments(text string, spans []span) []string {
	var out []string
	at := 0
	for _, s := range spans {
		if s.from < at || s.to <= s.from || s.to > len(text) {
			continue
		}
		out = append(out, alert.Escape(text[at:s.from]), alert.Escape(text[s.from:s.to]))
		at = s.to
	}
	if at < len(text) || len(out) == 0 {
		out = append(out, alert.Escape(text[at:]))
	}
	return out
}

// around cuts a long value to what is near its first span.
func around(value string, spans []span, most int) (string, []span) {
	if len(value) <= most {
		return value, spans
	}
	from := 0
	if len(spans) > 0 {
		from = max(0, min(spans[0].from-most/4, len(value)-most))
	}
	from = runeStart(value, from)
	to := runeStart(value, from+most)
	head, tail := "", ""
	if from > 0 {
		head = "... "
	}
	if to < len(value) {
		tail = " ..."
	}
	var moved []span
	for _, s := range spans {
		if s.from >= from && s.to <= to {
			moved = append(moved, span{s.from - from + len(head), s.to - from + len(head)})
		}
	}
	return head + value[from:to] + tail, moved
}

// runeStart returns where the character begins that has a byte, or the byte itself where it is of none: what is not UTF-8 has
// no characters, and may be long.
func runeStart(s string, at int) int {
	for i := at; i > at-utf8.UTFMax && i > 0 && at < len(s); i-- {
		if utf8.RuneStart(s[i]) {
			return i
		}
	}
	return at
}

// shown marks in a command line, as it is displayed, what evidence found in the raw one.
func shown(command string, found []string) []span {
	var out []span
	for _, f := range found {
		if s, ok := fold(command, alert.Escape(f)); ok && s.to-s.from > 1 {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b span) int { return a.from - b.from })
	return out
}

// marked cuts a text that is printable already at spans, as segments does.
func marked(text string, spans []span) []string {
	var out []string
	at := 0
	for _, s := range spans {
		if s.from < at {
			continue
		}
		out = append(out, text[at:s.from], text[s.from:s.to])
		at = s.to
	}
	if at < len(text) || len(out) == 0 {
		out = append(out, text[at:])
	}
	return out
}

// clip cuts printable text.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
