package sigma

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// related reports whether v equals, contains, starts with or ends with o. It takes at most len(v)·len(o) steps and does
// not allocate.
func related(v, o, how string, fold bool) bool {
	switch how {
	case "contains":
		return strings.Contains(v, o) || fold && foldRelated(v, o, how)
	case "startswith":
		return strings.HasPrefix(v, o) || fold && foldRelated(v, o, how)
	case "endswith":
		return strings.HasSuffix(v, o) || fold && foldRelated(v, o, how)
	}
	return v == o || fold && strings.EqualFold(v, o)
}

func foldRelated(v, o, how string) bool {
	for {
		rest, ok := cutFolded(v, o)
		switch {
		case ok && (how != "endswith" || rest == ""):
			return true
		case how == "startswith" || v == "":
			return false
		}
		_, n := utf8.DecodeRuneInString(v)
		v = v[n:]
	}
}

// cutFolded returns s without a prefix that folds to the same. Folding can change the length of a text, so the prefix
// is found letter by letter.
func cutFolded(s, prefix string) (rest string, ok bool) {
	for prefix != "" {
		a, n := utf8.DecodeRuneInString(s)
		b, m := utf8.DecodeRuneInString(prefix)
		if n == 0 || !sameLetter(a, b) || a == utf8.RuneError && s[:n] != prefix[:m] {
			return s, false
		}
		s, prefix = s[n:], prefix[m:]
	}
	return s, true
}

func sameLetter(a, b rune) bool {
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
