package sink

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// clean makes text harmless for whoever prints it: bytes that are not UTF-8 become U+FFFD; control characters
// and those that reorder or break lines become text like \u001b.
func clean(s string) string {
	var b strings.Builder
	for _, r := range s {
		if harmful(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r) // utf8.RuneError for bad bytes
	}
	return b.String()
}

func harmful(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f:
		return true
	case r == 0x2028, r == 0x2029: // line and paragraph separator
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // bidirectional controls
		return true
	case r == 0x200e, r == 0x200f, r == 0x061c: // bidirectional marks
		return true
	}
	return false
}

// appendParam appends ` name="value"`, escaped as RFC 5424 section 6.3.3 asks. Of the value at most
// maxParam bytes stay.
func appendParam(dst []byte, name, value string) []byte {
	dst = append(append(append(dst, ' '), name...), '=', '"')
	for _, r := range shorten(clean(value), maxParam) {
		if r == '"' || r == '\\' || r == ']' {
			dst = append(dst, '\\')
		}
		dst = utf8.AppendRune(dst, r)
	}
	return append(dst, '"')
}

// shorten cuts s to at most n bytes, between two characters.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// printable replaces what a header field must not hold, and cuts it to n bytes; nothing becomes "-", the
// nil value of RFC 5424.
func printable(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, shorten(s, n))
	if s == "" {
		return "-"
	}
	return s
}
