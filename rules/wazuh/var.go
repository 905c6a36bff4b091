package wazuh

import "strings"

// expand replaces $NAME where it is a variable of the file. Any other $ stands for itself: it ends patterns.
func (t *text) expand(vars map[string]text) text {
	if len(vars) == 0 || !strings.Contains(t.s, "$") {
		return *t
	}
	var out text
	rest := 0
	for i := 0; i < len(t.s); i++ {
		if t.s[i] != '$' || i > 0 && t.s[i-1] == '\\' {
			continue
		}
		n := varEnd(t.s[i+1:])
		for n > 0 && vars[t.s[i+1:i+1+n]].from == nil {
			n--
		}
		if n == 0 || len(out.s) > maxFile {
			continue
		}
		before, value := t.cut(rest, i), vars[t.s[i+1:i+1+n]]
		value.from = []origin{{0, t.offset(i), true}}
		out = out.join(&before)
		out = out.join(&value)
		rest = i + 1 + n
		i = rest - 1
	}
	after := t.cut(rest, len(t.s))
	return out.join(&after)
}

// varEnd is the length of the name of a variable at the start of s.
func varEnd(s string) int {
	for i := range len(s) {
		if c := s[i]; !(c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_') {
			return i
		}
	}
	return len(s)
}
