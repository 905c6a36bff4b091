package eql

import "strings"

// maxNesting bounds lists, tables and names within each other. Elastic's rules have two levels.
const maxNesting = 64

// tooDeep reports whether a TOML file has more levels than maxNesting. It is asked before the reader, which goes deeper with
// each level until its stack ends, and the program with it. Where the file is no TOML the reader has stopped before that.
func tooDeep(text string) bool {
	depth, dots := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '#':
			i += skipTo(text[i:], "\n")
		case '"', '\'':
			i += skipString(text[i:]) - 1
		case '[', '{':
			depth, dots = depth+1, 0
		case ']', '}':
			depth, dots = max(0, depth-1), 0
		case '=', ',', '\n':
			dots = 0
		case '.':
			dots++
		}
		if depth+dots > maxNesting {
			return true
		}
	}
	return false
}

// skipTo returns the offset of what ends something, or that of the last byte.
func skipTo(s, end string) int {
	if n := strings.Index(s, end); n >= 0 {
		return n
	}
	return len(s) - 1
}

// skipString returns the length of the string that s begins with, up to two quotes behind the closing three included.
func skipString(s string) int {
	quote, three := s[:1], `"""`
	if quote == "'" {
		three = "'''"
	}
	if !strings.HasPrefix(s, three) {
		return skipLine(s)
	}
	i := min(3+skipUntil(s[3:], three)+3, len(s))
	for more := 0; more < 2 && strings.HasPrefix(s[i:], quote); more++ {
		i++
	}
	return i
}

// skipUntil returns the offset of the quotes that end a string, or its length. Those behind a backslash end none, but in single
// quotes.
func skipUntil(s, end string) int {
	for i := 0; ; {
		n := strings.Index(s[i:], end)
		if n < 0 {
			return len(s)
		}
		i += n
		if end[0] == '\'' || isEven(s[:i]) {
			return i
		}
		i++ // the other quotes may be the first of those that end it
	}
}

// isEven reports whether s ends with an even number of backslashes.
func isEven(s string) bool { return (len(s)-len(strings.TrimRight(s, `\`)))%2 == 0 }

// skipLine is skipString for a string that ends on its line.
func skipLine(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && s[0] == '"':
			i++
		case s[i] == s[0]:
			return i + 1
		case s[i] == '\n':
			return i
		}
	}
	return len(s)
}
