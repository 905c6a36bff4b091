package sink

import (
	"math"
	"strings"

	"github.com/auditpy/auditpy/internal/alert"
)

// appendCEF appends c in at most room bytes. The extension is in the order of what matters: where there is little
// room its end goes first.
func appendCEF(dst []byte, c alert.CEF, room int) []byte {
	for i, h := range c.Header {
		c.Header[i] = clean(h)
	}
	for i, x := range c.Extension {
		c.Extension[i].Value = clean(x.Value)
	}
	build := func(budget int) []byte {
		out := append(dst, "CEF:"...)
		for i, h := range c.Header {
			if i > 0 {
				out = append(out, '|')
			}
			out = appendEscaped(out, cut(h, min(budget, maxCEFHeader)), '|')
		}
		for i, x := range c.Extension {
			out = append(out, "| "[min(i, 1)])
			out = append(append(out, x.Key...), '=')
			if x.Key == "externalId" {
				out = appendEscaped(out, cut(x.Value, minKept), '=')
				continue
			}
			out = appendEscaped(out, cut(x.Value, budget), '=')
		}
		return out
	}
	if out := build(math.MaxInt); len(out)-len(dst) <= room {
		return out
	}
	size := func(budget int) int { return len(build(budget)) - len(dst) }
	for size(enough/4) > room && len(c.Extension) > 3 {
		c.Extension = c.Extension[:len(c.Extension)-1]
		if last := len(c.Extension) - 1; strings.HasSuffix(c.Extension[last].Key, "Label") {
			c.Extension = c.Extension[:last]
		}
	}
	budget, ok := largest(room, size)
	if !ok {
		budget = minValue
	}
	return build(budget)
}

// maxCEFHeader is CEF's bound of the name, the longest header field.
const maxCEFHeader = 512

// appendEscaped appends s with a backslash before each backslash and each special character.
func appendEscaped(dst []byte, s string, special byte) []byte {
	for i := range len(s) {
		if s[i] == '\\' || s[i] == special {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return dst
}
