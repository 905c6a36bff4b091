package wazuh

import (
	"strconv"
	"strings"
)

var entities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

// decode appends what stands at off of the file, with its entities replaced. Wazuh's own reader knows none, so a & that
// begins none stands for itself, as it does there.
func (b *builder) decode(s string, off int) {
	b.add("", off, false)
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			b.add(s, off, false)
			return
		}
		b.add(s[:i], off, false)
		value, n := entity(s[i:])
		if n == 0 {
			n = 1
			b.add("&", off+i, false)
		} else {
			b.add(value, off+i, true)
		}
		s, off = s[i+n:], off+i+n
	}
}

// entity returns what the entity at the start of s stands for and its length, 0 if there is none.
func entity(s string) (string, int) {
	const longest = len("&#x10ffff;")
	end := strings.IndexByte(s[:min(len(s), longest)], ';')
	if end < 0 {
		return "", 0
	}
	name := s[1:end]
	if value, ok := entities[name]; ok {
		return value, end + 1
	}
	digits, base := strings.TrimPrefix(name, "#"), 10
	if digits == name {
		return "", 0
	}
	if hex := strings.TrimLeft(digits, "xX"); len(hex) == len(digits)-1 {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n == 0 || n > 0x10ffff {
		return "", 0
	}
	return string(rune(n)), end + 1
}
