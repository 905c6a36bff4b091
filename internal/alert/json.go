package alert

import (
	"strconv"
	"unicode/utf8"
)

// object writes one JSON document without reflection: field order is ours, empty fields are left out,
// and the text is ASCII, so that no reader of a log can be made to split it or to run it.
type object struct {
	b     []byte
	comma bool // the next field needs one
	limit int  // of one command line and its arguments each, in bytes; 0: none
	cut   bool // limit cut something
}

// key takes a name of ours: nothing in it needs an escape.
func (o *object) key(k string) {
	if o.comma {
		o.b = append(o.b, ',')
	}
	o.comma = true
	o.b = append(append(append(o.b, '"'), k...), '"', ':')
}

// open starts an object or array field; close ends it.
func (o *object) open(k string, c byte) {
	o.key(k)
	o.b, o.comma = append(o.b, c), false
}

// item starts an object within an array.
func (o *object) item() {
	if o.comma {
		o.b = append(o.b, ',')
	}
	o.b, o.comma = append(o.b, '{'), false
}

func (o *object) close(c byte) { o.b, o.comma = append(o.b, c), true }

// closeObject ends an object that may have stayed empty; start is len(o.b) before its open.
func (o *object) closeObject(start int, comma bool) {
	if o.b[len(o.b)-1] == '{' {
		o.b, o.comma = o.b[:start], comma
		return
	}
	o.close('}')
}

// group writes an object field, unless fill leaves it empty.
func (o *object) group(k string, fill func()) {
	start, comma := len(o.b), o.comma
	o.open(k, '{')
	fill()
	o.closeObject(start, comma)
}

func (o *object) str(k, v string) {
	if v != "" {
		o.key(k)
		o.b = appendString(o.b, v)
	}
}

func (o *object) num(k string, v int64) {
	o.key(k)
	o.b = strconv.AppendInt(o.b, v, 10)
}

// id writes an identity that is text in ECS, unless it is unknown.
func (o *object) id(k string, n int) {
	if n >= 0 {
		o.key(k)
		o.b = append(strconv.AppendInt(append(o.b, '"'), int64(n), 10), '"')
	}
}

func (o *object) bool(k string, v bool) {
	o.key(k)
	o.b = strconv.AppendBool(o.b, v)
}

func (o *object) strs(k string, vs []string) {
	if len(vs) == 0 {
		return
	}
	o.open(k, '[')
	for i, v := range vs {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = appendString(o.b, v)
	}
	o.close(']')
}

// safe are the bytes that stand for themselves.
var safe = func() (t [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

const hexDigits = "0123456789abcdef"

// appendString appends s as an ASCII JSON string. A byte that is not UTF-8 becomes the four characters
// \xNN.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for len(s) > 0 {
		n := 0
		for n < len(s) && safe[s[n]] {
			n++
		}
		if b, s = append(b, s[:n]...), s[n:]; s == "" {
			break
		}
		c := s[0]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < utf8.RuneSelf:
			b = appendUnit(b, uint16(c))
		default:
			r, n := utf8.DecodeRuneInString(s)
			b = appendRune(b, r, s[:n])
			s = s[n:]
			continue
		}
		s = s[1:]
	}
	return append(b, '"')
}

func appendRune(b []byte, r rune, raw string) []byte {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return append(b, '\\', '\\', 'x', hexDigits[raw[0]>>4], hexDigits[raw[0]&15])
	case r > 0xffff:
		r -= 0x10000
		return appendUnit(appendUnit(b, uint16(0xd800+r>>10)), uint16(0xdc00+r&0x3ff))
	}
	return appendUnit(b, uint16(r))
}

func appendUnit(b []byte, u uint16) []byte {
	return append(b, '\\', 'u', hexDigits[u>>12], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
}
