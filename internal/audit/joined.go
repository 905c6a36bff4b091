package audit

import (
	"iter"
	"strings"
)

// Joined yields the lines of a text in which the records of one event were joined by blanks, as Wazuh's collector does. A
// record begins where the ID of the first one stands again behind a type; text inside a quoted value that looks so too
// cannot be told from it.
func Joined(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		rest := text
		id := idText(text)
		for id != "" {
			i := nextJoined(rest, id)
			if i < 0 {
				break
			}
			if !yield(rest[:i]) {
				return
			}
			rest = rest[i+1:]
		}
		yield(rest)
	}
}

// idText is " msg=audit(…):" of the first record, "" if there is none.
func idText(s string) string {
	const begin, end = " msg=audit(", "):"
	i := strings.Index(s, begin)
	if i < 0 {
		return ""
	}
	n := strings.Index(s[i:], end)
	if n < 0 {
		return ""
	}
	return s[i : i+n+len(end)]
}

// nextJoined returns where the blank before the next record is, -1 if there is none.
func nextJoined(s, id string) int {
	const begin = " type="
	for from := strings.Index(s, id) + 1; from > 0; {
		i := strings.Index(s[from:], begin)
		if i < 0 {
			return -1
		}
		i += from
		name := s[i+len(begin):]
		if end := strings.IndexByte(name, ' '); end > 0 && strings.HasPrefix(name[end:], id) {
			return beforeNode(s, i)
		}
		from = i + len(begin)
	}
	return -1
}

// beforeNode returns the blank before node=NAME if that ends at i, else i.
func beforeNode(s string, i int) int {
	if at := strings.LastIndexByte(s[:i], ' '); at > 0 && strings.HasPrefix(s[at:], " node=") {
		return at
	}
	return i
}
