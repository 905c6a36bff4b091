package eql

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// find returns where sub stands first in s, in bytes; -1 if it does not. With fold letters match in either case, as in
// patterns: what is found may then be longer or shorter than sub.
func find(s, sub string, fold bool) (start, end int) {
	return search(s, sub, fold, strings.Index, findFold)
}

// findLast is find for the last place.
func findLast(s, sub string, fold bool) (start, end int) {
	return search(s, sub, fold, strings.LastIndex, findLastFold)
}

func search(s, sub string, fold bool, index func(s, sub string) int, slow func(s, sub string) (int, int)) (start, end int) {
	if fold && (!isASCII(s) || !isASCII(sub)) {
		return slow(s, sub)
	}
	if fold {
		s, sub = strings.ToLower(s), strings.ToLower(sub)
	}
	if start = index(s, sub); start < 0 {
		return -1, -1
	}
	return start, start + len(sub)
}

func findFold(s, sub string) (start, end int) {
	for i := 0; ; {
		if n := prefixFold(s[i:], sub); n >= 0 {
			return i, i + n
		}
		if i == len(s) {
			return -1, -1
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
}

func findLastFold(s, sub string) (start, end int) {
	for i := len(s); ; {
		if n := prefixFold(s[i:], sub); n >= 0 {
			return i, i + n
		}
		if i == 0 {
			return -1, -1
		}
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
}

// prefixFold returns how many bytes at the beginning of s are prefix in either case; -1 if they are not.
func prefixFold(s, prefix string) int {
	i := 0
	for prefix != "" {
		if i == len(s) {
			return -1
		}
		a, n := utf8.DecodeRuneInString(s[i:])
		b, m := utf8.DecodeRuneInString(prefix)
		if !equalFold(a, b) || a == utf8.RuneError && s[i:i+n] != prefix[:m] {
			return -1
		}
		i, prefix = i+n, prefix[m:]
	}
	return i
}

// suffixFold reports whether s ends with suffix in either case.
func suffixFold(s, suffix string) bool {
	for suffix != "" {
		if s == "" {
			return false
		}
		a, n := utf8.DecodeLastRuneInString(s)
		b, m := utf8.DecodeLastRuneInString(suffix)
		if !equalFold(a, b) || a == utf8.RuneError && s[len(s)-n:] != suffix[len(suffix)-m:] {
			return false
		}
		s, suffix = s[:len(s)-n], suffix[:len(suffix)-m]
	}
	return true
}

func equalFold(a, b rune) bool {
	if a == b {
		return true
	}
	for f := unicode.SimpleFold(a); f != a; f = unicode.SimpleFold(f) {
		if f == b {
			return true
		}
	}
	return false
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
