package sink

import (
	"cmp"
	"encoding/json"
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

// appendJSON appends the ECS JSON of e in at most room bytes; 0 is no limit.
func appendJSON(dst []byte, e *alert.Envelope, room int) []byte {
	room = cmp.Or(room, math.MaxInt)
	if len(e.JSON) <= room && plain(e.JSON) {
		return append(dst, e.JSON...)
	}
	root, ok := alert.Decode(e.JSON)
	if !ok {
		return appendLastResort(dst, e)
	}
	return appendDocument(dst, document{e, root, &ecs}, room)
}

// document is an alert in some schema.
type document struct {
	e    *alert.Envelope
	root map[string]any
	*schema
}

// appendDocument appends a document in at most room bytes.
func appendDocument(dst []byte, d document, room int) []byte {
	if out := d.appendObject(dst, d.root, math.MaxInt, ""); len(out)-len(dst) <= room {
		return out
	}
	return d.appendCut(dst, room)
}

// plain reports whether data is printable ASCII, as an Envelope promises. A line feed that slipped
// in would be two syslog lines, so it is looked at all the same.
func plain(data []byte) bool {
	return len(data) > 0 && !slices.ContainsFunc(data, func(c byte) bool { return c < ' ' || c > '~' })
}

// appendCut appends d with every value cut to the same budget, the largest with which it fits. So
// the longest values lose most, and short ones nothing.
func (d document) appendCut(dst []byte, room int) []byte {
	d.truncated(d.root)
	var scratch []byte
	size := func(budget int) int {
		scratch = d.appendObject(scratch[:0], d.root, budget, "")
		return len(scratch)
	}
	d.drop(size(enough), room)
	budget, ok := largest(room, size)
	if !ok {
		return d.lastResort(dst, d.e)
	}
	return d.appendObject(dst, d.root, budget, "")
}

// largest returns the largest budget with which size is at most room; ok is false if there is none.
func largest(room int, size func(budget int) int) (budget int, ok bool) {
	if size(minValue) > room {
		return 0, false
	}
	fits, over := minValue, room+1
	for fits+1 < over { // the size is not quite monotonous in the budget; fits always fits
		if mid := (fits + over) / 2; size(mid) <= room {
			fits = mid
		} else {
			over = mid
		}
	}
	return fits, true
}

// appendObject appends o as ASCII JSON, each value in at most budget bytes. The paths of its members begin
// with prefix.
func (s *schema) appendObject(dst []byte, o map[string]any, budget int, prefix string) []byte {
	dst = append(dst, '{')
	for i, key := range slices.Sorted(maps.Keys(o)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, key, len(key)*12), ':')
		dst = s.appendValue(dst, o[key], budget, prefix+key)
	}
	return append(dst, '}')
}

func (s *schema) appendValue(dst []byte, v any, budget int, path string) []byte {
	switch v := v.(type) {
	case map[string]any:
		return s.appendObject(dst, v, budget, path+".")
	case []any:
		return s.appendArray(dst, v, budget, path)
	case string:
		if slices.Contains(s.kept, path) {
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

// appendArray appends the first elements of a, as many as fit in budget. The last may be cut. An object that is alone in its array
// is as if it stood without one: OCSF has all that matters in such a one.
func (s *schema) appendArray(dst []byte, a []any, budget int, path string) []byte {
	if o, ok := only(a); ok {
		return append(s.appendObject(append(dst, '['), o, budget, path+"."), ']')
	}
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
		if dst = s.appendValue(dst, v, left, ""); len(dst)-start+1 > budget {
			dst = dst[:mark]
			break
		}
	}
	return append(dst, ']')
}

func only(a []any) (map[string]any, bool) {
	if len(a) != 1 {
		return nil, false
	}
	o, ok := a[0].(map[string]any)
	return o, ok
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
