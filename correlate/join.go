package correlate

import (
	"slices"

	"github.com/auditpy/auditpy/internal/text"
	"github.com/auditpy/auditpy/rules/rule"
)

// maxEventKeys bounds the values of one key field of an event, and the keys that they make together.
const maxEventKeys = rule.MaxKeys

// combine appends the keys that the values of the fields make, in mem, the last field changing first.
func (s *sequences) combine(dst []string, mem *text.Arena, fields [][]rule.Key) []string {
	s.key = s.key[:0]
	for _, values := range fields {
		if len(values) != 1 {
			return s.combineMany(dst, mem, s.key[:0], fields)
		}
		s.key = appendJoin(s.key, values[0])
	}
	return append(dst, mem.Add(text.View(s.key)))
}

func (s *sequences) combineMany(dst []string, mem *text.Arena, prefix []byte, fields [][]rule.Key) []string {
	if len(fields) == 0 {
		return append(dst, mem.Add(text.View(prefix)))
	}
	var some [maxEventKeys]rule.Key
	for _, k := range s.distinct(some[:0], fields[0]) {
		if len(dst) >= maxEventKeys {
			s.stats.OverEventKeys++
			break
		}
		dst = s.combineMany(dst, mem, appendJoin(prefix, k), fields[1:])
	}
	return dst
}

// distinct appends the different ones of values, as many as an event may have.
func (s *sequences) distinct(dst, values []rule.Key) []rule.Key {
	for _, k := range values {
		if slices.Contains(dst, k) {
			continue
		}
		if len(dst) == maxEventKeys {
			s.stats.OverEventKeys++
			break
		}
		dst = append(dst, k)
	}
	return dst
}

// joinNull stands for null where the length of a value would.
const joinNull = 0xff

// appendJoin is appendKey for one value that may be null.
func appendJoin(dst []byte, k rule.Key) []byte {
	if k.Null {
		return append(dst, joinNull)
	}
	v := compact(k.Text)
	return append(append(dst, byte(len(v))), v...)
}

// joinOf returns the values of a key as people write them.
func joinOf(key string) (values []string) {
	for key != "" {
		if key[0] == joinNull {
			values, key = append(values, "null"), key[1:]
			continue
		}
		n := 1 + int(key[0])
		values, key = append(values, key[1:n]), key[n:]
	}
	return values
}
