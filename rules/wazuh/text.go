package wazuh

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/auditpy/auditpy/rules/rule"
)

// source is a file and its lines.
type source struct {
	name  string
	text  string
	lines []int // offset of each line
	// The last place asked for: a file may be one line, and to count its characters from the begin each time is quadratic.
	last, col int
}

func newSource(name, text string) *source {
	s := &source{name: name, text: text, lines: []int{0}}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// pos returns the place of an offset. Columns are characters, as editors count them.
func (s *source) pos(off int) rule.Pos {
	off = max(0, min(off, len(s.text)))
	line := sort.SearchInts(s.lines, off+1)
	begin, before := s.lines[line-1], 0
	if s.last >= begin && s.last <= off {
		begin, before = s.last, s.col
	}
	s.last, s.col = off, before+utf8.RuneCountInString(s.text[begin:off])
	return rule.Pos{File: s.name, Line: line, Col: 1 + s.col}
}

// text is what an element or attribute says, and where each part of it stands in the file: comments are left out,
// entities and variables replaced.
type text struct {
	s    string
	from []origin // by at
}

// origin says that what begins at the offset at of a text stands at the offset off of the file.
type origin struct {
	at, off int
	fixed   bool // all of it stands at off: an entity or the value of a variable
}

// offset returns the place in the file of a place in the text.
func (t *text) offset(at int) int {
	n := sort.Search(len(t.from), func(i int) bool { return t.from[i].at > at })
	if n == 0 {
		return 0
	}
	o := t.from[n-1]
	if o.fixed {
		return o.off
	}
	return o.off + at - o.at
}

// cut returns the part from i to j.
func (t *text) cut(i, j int) text {
	out := text{s: t.s[i:j]}
	for n, o := range t.from {
		end := len(t.s)
		if n+1 < len(t.from) {
			end = t.from[n+1].at
		}
		lo, hi := max(i, o.at), min(j, end)
		if lo >= hi {
			continue
		}
		if !o.fixed {
			o.off += lo - o.at
		}
		o.at = lo - i
		out.from = append(out.from, o)
	}
	if len(out.from) == 0 {
		out.from = []origin{{off: t.offset(i)}}
	}
	return out
}

// join returns t and u one after the other.
func (t *text) join(u *text) text {
	out := text{s: t.s + u.s, from: append([]origin(nil), t.from...)}
	for _, o := range u.from {
		o.at += len(t.s)
		out.from = append(out.from, o)
	}
	return out
}

// builder makes a text. It grows by bytes: a file may consist of entities.
type builder struct {
	buf  []byte
	from []origin
}

// add appends what stands at off.
func (b *builder) add(s string, off int, fixed bool) {
	if n := len(b.from); fixed || n == 0 || b.from[n-1].fixed || b.from[n-1].off+len(b.buf)-b.from[n-1].at != off {
		b.from = append(b.from, origin{len(b.buf), off, fixed})
	}
	b.buf = append(b.buf, s...)
}

func (b *builder) text() text { return text{string(b.buf), b.from} }

const blanks = " \t\r\n\v\f"

// trim leaves out the blanks around.
func (t *text) trim() text {
	i := len(t.s) - len(strings.TrimLeft(t.s, blanks))
	return t.cut(i, max(i, len(strings.TrimRight(t.s, blanks))))
}

// trimLayout leaves out line breaks around, with the blanks beside them: how a pattern stands on lines of its own. Other
// blanks belong to it: rules look for "error " on purpose.
func (t *text) trimLayout() text {
	i, j := len(t.s)-len(strings.TrimLeft(t.s, blanks)), len(strings.TrimRight(t.s, blanks))
	if !strings.ContainsAny(t.s[:i], "\r\n") {
		i = 0
	}
	if j < i || !strings.ContainsAny(t.s[j:], "\r\n") {
		j = len(t.s)
	}
	return t.cut(i, max(i, j))
}
