package eql

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The functions of texts count as Java does, in units of UTF-16: a character outside of the basic plane is two. A byte that
// is no UTF-8 is one.

func unitsOf(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

// utf16Units returns the length of s.
func utf16Units(s string) (n int) {
	for _, r := range s {
		n += unitsOf(r)
	}
	return n
}

// offset returns where in s, in bytes, the n-th unit begins; within a character it is where that ends.
func offset(s string, n int) int {
	i := 0
	for i < len(s) && n > 0 {
		r, size := utf8.DecodeRuneInString(s[i:])
		i, n = i+size, n-unitsOf(r)
	}
	return i
}

// lower folds case without moving anything: where lower case has another length, only ASCII letters are folded.
func lower(s string, fold bool) string {
	if !fold {
		return s
	}
	if l := strings.ToLower(s); len(l) == len(s) {
		return l
	}
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func length(args []value, _ bool) value { return intValue(int64(utf16Units(args[0].text()))) }

func toString(args []value, _ bool) value { return textValue(args[0].text()) }

func concat(args []value, _ bool) value {
	var b strings.Builder
	for _, a := range args {
		b.WriteString(a.text())
	}
	return textValue(b.String())
}

func startsWith(args []value, fold bool) value {
	return boolValue(strings.HasPrefix(lower(args[0].text(), fold), lower(args[1].text(), fold)))
}

func endsWith(args []value, fold bool) value {
	return boolValue(strings.HasSuffix(lower(args[0].text(), fold), lower(args[1].text(), fold)))
}

// stringContains finds nothing where there is nothing to find.
func stringContains(args []value, fold bool) value {
	s, sub := args[0].text(), args[1].text()
	return boolValue(sub != "" && strings.Contains(lower(s, fold), lower(sub, fold)))
}

// indexOf is null where the text is not found, and where the start is behind the end.
func indexOf(args []value, fold bool) value {
	s, start := lower(args[0].text(), fold), 0
	if len(args) > 2 {
		start = max(0, toInt(args[2]))
	}
	if start > utf16Units(s) {
		return null
	}
	from := offset(s, start)
	i := strings.Index(s[from:], lower(args[1].text(), fold))
	if i < 0 {
		return null
	}
	return intValue(int64(utf16Units(s[:from+i])))
}

// toInt is a number as a position.
func toInt(v value) int {
	f := v.float()
	switch {
	case f > 1<<30:
		return 1 << 30
	case f < -1<<30:
		return -1 << 30
	}
	return int(f)
}

// substring counts from the end where a position is negative, as slices of Python do.
func substring(args []value, _ bool) value {
	s := args[0].text()
	n := utf16Units(s)
	start, end := slicePosition(args[1], n), n
	if len(args) > 2 {
		end = min(n, slicePosition(args[2], n))
	}
	if start >= end {
		return textValue("")
	}
	return textValue(s[offset(s, start):offset(s, end)])
}

func slicePosition(v value, n int) int {
	i := toInt(v)
	if i < 0 {
		i += n
	}
	return max(i, 0)
}

// between is what stands between the first left and the next right, or the last one if it is greedy.
func between(args []value, fold bool) value {
	s, left, right := args[0].text(), lower(args[1].text(), fold), lower(args[2].text(), fold)
	if s == "" || left == "" || right == "" {
		return args[0]
	}
	folded := lower(s, fold)
	start := strings.Index(folded, left)
	if start < 0 {
		return textValue("")
	}
	start += len(left)
	find := strings.Index
	if len(args) > 3 && args[3].isTrue() {
		find = strings.LastIndex
	}
	end := find(folded[start:], right)
	if end < 0 {
		return textValue("")
	}
	return textValue(s[start : start+end])
}

// toNumber reads a number of a base from 2 to 36, by itself of base 10, or 16 where it begins with 0x. It is null where the
// text is none: Elasticsearch fails the search there.
func toNumber(args []value, _ bool) value {
	s, base := strings.TrimSpace(args[0].text()), 10
	hex := strings.HasPrefix(s, "0x")
	switch {
	case len(args) > 1 && args[1].kind != nullKind:
		base = toInt(args[1])
	case hex:
		base = 16
	}
	if base == 10 {
		n, _ := parseNumber(s)
		return n
	}
	if base == 16 && hex {
		s = s[2:]
	}
	if base < 2 || base > 36 || strings.Contains(s, "_") {
		return null
	}
	n, err := strconv.ParseInt(s, base, 64)
	if err != nil {
		return null
	}
	return intValue(n)
}
