package eql

import (
	"fmt"
	"strings"
)

// lexer cuts a query into tokens.
type lexer struct {
	text string
	off  int
	line int // of off
	bol  int // offset of the line's beginning
}

func newLexer(text string) *lexer { return &lexer{text: text, line: 1} }

func (l *lexer) pos() position { return position{l.line, l.off - l.bol + 1} }

func (l *lexer) fail(p position, format string, args ...any) error {
	return &QueryError{p.line, p.col, fmt.Sprintf(format, args...)}
}

// rest is what is not yet read; peek its byte at an index, 0 behind the end.
func (l *lexer) rest() string { return l.text[l.off:] }

func (l *lexer) peek(i int) byte {
	if l.off+i < len(l.text) {
		return l.text[l.off+i]
	}
	return 0
}

// skip moves over n bytes, which may hold line ends.
func (l *lexer) skip(n int) {
	for range n {
		if l.text[l.off] == '\n' {
			l.line, l.bol = l.line+1, l.off+1
		}
		l.off++
	}
}

// next returns the next token. At the end it is endOfQuery, again and again.
func (l *lexer) next() (token, error) {
	if err := l.blank(); err != nil {
		return token{}, err
	}
	pos := l.pos()
	switch c := l.peek(0); {
	case l.off == len(l.text):
		return token{pos: pos}, nil
	case isLetter(c):
		return l.word(pos), nil
	case isDigit(c), c == '.' && isDigit(l.peek(1)):
		return l.number(pos), nil
	case c == '"':
		return l.str(pos)
	case c == '`':
		return l.backticks(pos)
	}
	return l.operator(pos)
}

// blank moves over white space and comments.
func (l *lexer) blank() error {
	for {
		switch {
		case l.off < len(l.text) && strings.IndexByte(" \t\r\n", l.peek(0)) >= 0:
			l.skip(1)
		case strings.HasPrefix(l.rest(), "//"):
			comment, _, _ := strings.Cut(l.rest(), "\n")
			l.skip(len(comment))
		case strings.HasPrefix(l.rest(), "/*"):
			pos := l.pos()
			end := strings.Index(l.rest()[2:], "*/")
			if end < 0 {
				return l.fail(pos, "comment without its end: */")
			}
			l.skip(end + 4)
		default:
			return nil
		}
	}
}
