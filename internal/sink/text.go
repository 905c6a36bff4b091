package sink

import (
	"strings"

	"github.com/auditpy/auditpy/internal/alert"
)

// appendText appends the text of e, which is a paragraph, as one line: its lines in one, those too long cut. The last one
// tells which event and alert it is, and stays.
func appendText(dst []byte, e *alert.Envelope, room int) []byte {
	var parts []string
	for line := range strings.Lines(e.Text) {
		parts = append(parts, strings.Join(strings.Fields(clean(strings.TrimSpace(line))), " "))
	}
	if len(parts) < 2 { // not what we write
		parts = append(parts, "alert "+clean(shorten(e.ID, maxParam)), "rule "+clean(shorten(e.Rule, maxParam)))
	}
	build := func(budget int) []byte {
		out := dst
		for i, part := range parts {
			if i > 0 {
				out = append(out, " | "...)
			}
			if i == len(parts)-1 {
				budget = max(budget, minKept)
			}
			out = append(out, cut(part, budget)...)
		}
		return out
	}
	if out := build(len(e.Text) * 6); len(out)-len(dst) <= room {
		return out
	}
	size := func(budget int) int { return len(build(budget)) - len(dst) }
	for len(parts) > 2 && size(enough/4) > room { // what else matched: many rules
		parts = append(parts[:len(parts)-2], parts[len(parts)-1])
	}
	budget, ok := largest(room, size)
	if !ok {
		budget = minValue
	}
	return build(budget)
}

// cut shortens s to n bytes, with an ellipsis at its end if it was longer.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return shorten(s, max(n-len(ellipsis), 0)) + ellipsis
}
