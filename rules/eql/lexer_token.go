package eql

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '@'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// word reads a name or a keyword, with the ~ that may follow it.
func (l *lexer) word(pos position) token {
	n := 1
	for c := l.peek(n); isDigit(c) || isLetter(c) && c != '@'; c = l.peek(n) {
		n++
	}
	if l.peek(n) == '~' {
		n++
	}
	t := token{identifier, l.rest()[:n], pos}
	if keywords[t.text] {
		t.kind = keyword
	}
	l.skip(n)
	return t
}

func (l *lexer) number(pos position) token {
	n, kind := l.digits(0), integer
	if l.peek(n) == '.' {
		n, kind = l.digits(n+1), decimal
	}
	if c := l.peek(n); c == 'e' || c == 'E' {
		exp := n + 1
		if c := l.peek(exp); c == '+' || c == '-' {
			exp++
		}
		if isDigit(l.peek(exp)) {
			n, kind = l.digits(exp), decimal
		}
	}
	t := token{kind, l.rest()[:n], pos}
	l.skip(n)
	return t
}

func (l *lexer) digits(n int) int {
	for isDigit(l.peek(n)) {
		n++
	}
	return n
}

// backticks reads a name in backticks; two of them stand for one.
func (l *lexer) backticks(pos position) (token, error) {
	var name strings.Builder
	for n := 1; l.peek(n) != 0; n++ {
		switch {
		case l.peek(n) != '`':
			name.WriteByte(l.peek(n))
		case l.peek(n+1) == '`':
			name.WriteByte('`')
			n++
		case name.Len() == 0:
			return token{}, l.fail(pos, "a name in backticks is empty")
		default:
			l.skip(n + 1)
			return token{escapedName, name.String(), pos}, nil
		}
	}
	return token{}, l.fail(pos, "name without its closing backtick")
}

// str reads a string, or a raw one.
func (l *lexer) str(pos position) (token, error) {
	if strings.HasPrefix(l.rest(), `"""`) {
		return l.raw(pos)
	}
	var b strings.Builder
	l.skip(1)
	for {
		switch c := l.peek(0); {
		case l.off == len(l.text), c == '\n', c == '\r':
			return token{}, l.fail(pos, `string without its closing quote`)
		case c == '"':
			l.skip(1)
			return token{stringText, b.String(), pos}, nil
		case c == '\\':
			if err := l.escape(&b); err != nil {
				return token{}, err
			}
		default:
			b.WriteByte(c)
			l.skip(1)
		}
	}
}

// raw reads a string between three quotes; its last one or two characters may be quotes too.
func (l *lexer) raw(pos position) (token, error) {
	body := l.rest()[3:]
	n := strings.Index(body, `"""`)
	if n < 0 || strings.ContainsAny(body[:n], "\r\n") {
		return token{}, l.fail(pos, `raw string without its closing """ on the same line`)
	}
	for more := 0; more < 2 && strings.HasPrefix(body[n+3:], `"`); more++ {
		n++
	}
	l.skip(n + 6)
	return token{stringText, body[:n], pos}, nil
}

const escapes = "b\bt\tn\nf\fr\r\"\"\\\\"

// escape reads what begins with a backslash.
func (l *lexer) escape(b *strings.Builder) error {
	pos := l.pos()
	c := l.peek(1)
	for i := 0; i < len(escapes); i += 2 {
		if c == escapes[i] {
			b.WriteByte(escapes[i+1])
			l.skip(2)
			return nil
		}
	}
	if c == 'u' {
		return l.unicode(b, pos)
	}
	return l.fail(pos, `unknown escape %s: write \\ for a backslash, or a raw string: """…"""`, strconv.Quote(l.text[l.off:min(l.off+2, len(l.text))]))
}

// unicode reads \u{…}, of two to eight hexadecimal digits.
func (l *lexer) unicode(b *strings.Builder, pos position) error {
	body, ok := strings.CutPrefix(l.rest(), `\u{`)
	digits, _, closed := strings.Cut(body[:min(len(body), 9)], "}")
	if !ok || !closed || len(digits) < 2 {
		return l.fail(pos, `a character is written \u{…} with two to eight hexadecimal digits`)
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return l.fail(pos, `\u{%s} is no character`, digits)
	}
	b.WriteRune(rune(n))
	l.skip(len(`\u{}`) + len(digits))
	return nil
}

// operators, the longer ones first.
var operators = []string{"==", "!=", "<=", ">=", "![", "<", ">", "+", "-", "*", "/", "%", ".", ",", "[", "]", "(", ")", "|", ":", "=", "?"}

func (l *lexer) operator(pos position) (token, error) {
	for _, e := range endgame {
		if strings.HasPrefix(l.rest(), e.text) {
			return token{}, l.fail(pos, "%s", e.hint)
		}
	}
	for _, op := range operators {
		if strings.HasPrefix(l.rest(), op) {
			l.skip(len(op))
			return token{operator, op, pos}, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(l.rest())
	return token{}, l.fail(pos, "unexpected character %q", r)
}

// endgame has the spellings of EQL's ancestor, and those of other languages, that Elasticsearch does not know.
var endgame = []struct{ text, hint string }{
	{`?"`, `a raw string is written """…""": ?"…" is Endgame EQL`},
	{`?'`, `a raw string is written """…""": ?'…' is Endgame EQL`},
	{`'`, `a string is written "…": single quotes are Endgame EQL`},
	{`||`, `"||" is written "or"`},
	{`&&`, `"&&" is written "and"`},
	{`!:`, `"x !: y" is written "not x : y"`},
	{`=~`, `"=~" is written ":", without regard to case, or "regex~"`},
	{`<>`, `"<>" is written "!="`},
}
