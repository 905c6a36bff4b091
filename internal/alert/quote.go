package alert

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds a command line in text, in bytes; JSON has all of it.
const maxText = 2000

// CommandLine shows arguments as a shell would take them, escaped, and cut if very long.
func CommandLine(args []string) string { return string(appendCommandLine(nil, args)) }

func appendCommandLine(dst []byte, args []string) []byte {
	start := len(dst)
	for i, arg := range args {
		if i > 0 {
			dst = append(dst, ' ')
		}
		if room := maxText - (len(dst) - start); len(arg) > room {
			cut := arg[:max(room, 0)]
			return fmt.Appendf(appendQuoted(dst, cut), "...[+%d bytes]", len(strings.Join(args[i:], " "))-len(cut))
		}
		dst = appendQuoted(dst, arg)
	}
	return dst
}

// plain are the characters that no shell and no reader takes for more than themselves.
var plain = func() (set [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_") {
		set[c] = true
	}
	return set
}()

func isPlain(s string) bool {
	for i := range len(s) {
		if !plain[s[i]] {
			return false
		}
	}
	return s != ""
}

func quote(arg string) string { return string(appendQuoted(nil, arg)) }

func appendQuoted(dst []byte, arg string) []byte {
	if isPlain(arg) {
		return append(dst, arg...)
	}
	return append(append(append(dst, '\''), strings.ReplaceAll(Escape(arg), "'", `'\''`)...), '\'')
}

func appendEscaped(dst []byte, s string) []byte { return append(dst, Escape(s)...) }

// Escape replaces what a terminal or a log viewer could act on: control characters, bytes that are not
// UTF-8, line separators and characters that change the direction of text.
func Escape(s string) string {
	if clean(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func clean(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
