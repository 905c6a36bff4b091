package sink

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf16"

	"github.com/auditpy/auditpy/internal/alert"
)

const (
	ellipsis = "..." // ends a value that was cut
	// minValue is the least budget values are cut to: in less, nobody recognises anything.
	minValue = 16
	// minKept is what the values that identify an alert always get.
	minKept = 256
)

// kept are the values that are cut last: what tells which alert, where, when and by what.
var kept = []string{"@timestamp", "event.id", "rule.id", "host.name", "process.pid", "process.executable"}

// appendMessage appends the JSON of e in at most room bytes; 0 is no limit.
func appendMessage(dst []byte, e *alert.Envelope, room int) []byte {
	if room <= 0 {
		room = math.MaxInt
	}
	if len(e.JSON) <= room && plain(e.JSON) {
		return append(dst, e.JSON...)
	}
	root, ok := decode(e.JSON)
	if !ok {
		return appendLastResort(dst, e)
	}
	if out := appendObject(dst, root, room, ""); len(out)-len(dst) <= room { // so no value was cut
		return out
	}
	return appendCut(dst, e, root, room)
}

// plain reports whether data is printable ASCII, as an Envelope promises. A line feed that slipped
// in would be two syslog lines, so it is looked at all the same.
func plain(data []byte) bool {
	return len(data) > 0 && !slices.ContainsFunc(data, func(c byte) bool { return c < ' ' || c > '~' })
}

func decode(data []byte) (root map[string]any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if d.Decode(&root) != nil || root == nil {
		return nil, false
	}
	_, err := d.Token()
	return root, err == io.EOF
}

// appendCut appends root with every value cut to the same budget, the largest with which it fits. So
// the longest values lose most, and short ones nothing.
func appendCut(dst []byte, e *alert.Envelope, root map[string]any, room int) []byte {
	sub, _ := root["auditpy"].(map[string]any)
	if sub == nil {
		sub = map[string]any{}
		root["auditpy"] = sub
	}
	sub["truncated"] = true
	size := func(budget int) int { return len(appendObject(dst, root, budget, "")) - len(dst) }
	drop(root, func() bool { return size(enough) <= room })
	if size(minValue) > room {
		return appendLastResort(dst, e)
	}
	fits, over := minValue, room+1
	for fits+1 < over { // the size is not quite monotonous in the budget; fits always fits
		if mid := (fits + over) / 2; size(mid) <= room {
			fits = mid
		} else {
			over = mid
		}
	}
	return appendObject(dst, root, fits, "")
}

// appendLastResort appends a document of what identifies e, and nothing else: for JSON that is no object,
// or that is too long by its mere structure.
func appendLastResort(dst []byte, e *alert.Envelope) []byte {
	dst = append(dst, `{"@timestamp":"`...)
	dst = append(appendTime(dst, e.Time), `","auditpy":{"truncated":true},"event":{"id":`...)
	dst = append(appendString(dst, e.ID, maxParam), `,"kind":"alert"},"rule":{"id":`...)
	dst = append(appendString(dst, e.Rule, maxParam), `,"level":"`...)
	return append(append(dst, e.Level.String()...), `"}}`...)
}

// appendObject appends o as ASCII JSON, each value in at most budget bytes. The paths of its members begin
// with prefix.
func appendObject(dst []byte, o map[string]any, budget int, prefix string) []byte {
	dst = append(dst, '{')
	for i, key := range slices.Sorted(maps.Keys(o)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, key, len(key)*12), ':')
		dst = appendValue(dst, o[key], budget, prefix+key)
	}
	return append(dst, '}')
}

func appendValue(dst []byte, v any, budget int, path string) []byte {
	switch v := v.(type) {
	case map[string]any:
		return appendObject(dst, v, budget, path+".")
	case []any:
		return appendArray(dst, v, budget)
	case string:
		if slices.Contains(kept, path) {
			budget = max(budget, minKept)
		}
		return appendString(dst, v, budget)
	case json.Number:
		return append(dst, v...)
	case bool:
		return strconv.AppendBool(dst, v)
	}
	return append(dst, "null"...)
}

// appendArray appends the first elements of a, as many as fit in budget. The last may be cut.
func appendArray(dst []byte, a []any, budget int) []byte {
	start := len(dst)
	dst = append(dst, '[')
	for i, v := range a {
		mark, left := len(dst), budget-(len(dst)-start)-2 // comma and bracket
		if left < min(minValue, budget-2) && i > 0 {
			break
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst = appendValue(dst, v, left, ""); len(dst)-start+1 > budget {
			dst = dst[:mark]
			break
		}
	}
	return append(dst, ']')
}

// appendString appends s quoted, in at most budget bytes, escaped to printable ASCII.
func appendString(dst []byte, s string, budget int) []byte {
	start, fallback := len(dst), len(dst)+1 // fallback: where the ellipsis still fits
	dst = append(dst, '"')
	for _, r := range s {
		dst = appendRune(dst, r)
		used := len(dst) - start
		if used+1 > budget {
			if budget < len(ellipsis)+2 {
				return append(dst[:start], `""`...)
			}
			return append(append(dst[:fallback], ellipsis...), '"')
		}
		if used+len(ellipsis)+1 <= budget {
			fallback = len(dst)
		}
	}
	return append(dst, '"')
}

func appendRune(dst []byte, r rune) []byte {
	switch {
	case r == '"' || r == '\\':
		return append(dst, '\\', byte(r))
	case r >= ' ' && r <= '~':
		return append(dst, byte(r))
	}
	if hi, lo := utf16.EncodeRune(r); hi != unicode.ReplacementChar {
		return appendUnit(appendUnit(dst, hi), lo)
	}
	return appendUnit(dst, r)
}

func appendUnit(dst []byte, u rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[u>>12&15], hex[u>>8&15], hex[u>>4&15], hex[u&15])
}
