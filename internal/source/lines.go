package source

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/text"
)

// lines cuts chunks of text into lines and parses them. The records are views of the chunk: they are valid until
// it is written again, after the last of them.
type lines struct {
	name     string
	text     string // whole lines, not handed out yet
	off      int64  // of text in the source
	line     int64  // lines before text
	numbered bool   // line is known
	marks    bool   // give records a Mark
	base     uint64 // Mark of offset 0, less 1
	skip     bool   // inside a line that is not handed out
	torn     bool   // text is one line whose newline never came
	long     error  // a *LineError to return first
}

// next puts the next record of text into rec, or returns a line error; false when text is used up.
func (l *lines) next(rec *audit.Record) (bool, error) {
	if err := l.long; err != nil {
		l.long = nil
		return false, err
	}
	for l.text != "" {
		line, off, torn := l.cut()
		if line == "" || line[0] <= ' ' && strings.TrimLeft(line, " \t\r") == "" {
			continue
		}
		if err := parse(rec, line, torn); err != nil {
			return false, l.lineError(line, off, err)
		}
		if l.marks {
			rec.Mark = l.base + uint64(off) + 1
		}
		return true, nil
	}
	return false, nil
}

// cut cuts the first line off text.
func (l *lines) cut() (line string, off int64, torn bool) {
	off = l.off
	l.line++
	i := strings.IndexByte(l.text, '\n')
	if i < 0 {
		line, torn = l.text, l.torn
		l.text, l.off = "", off+int64(len(line))
		return line, off, torn
	}
	line = l.text[:i]
	l.text, l.off = l.text[i+1:], off+int64(i+1)
	return line, off, false
}

func parse(rec *audit.Record, line string, torn bool) error {
	if len(line) > maxLine {
		return errLong
	}
	err := rec.Parse(strings.TrimSuffix(line, "\r")) // a copy that came by way of another system
	if err != nil && torn {
		err = fmt.Errorf("torn line: %w", err)
	}
	rec.Torn = torn && err == nil
	return err
}

var errLong error = &audit.SyntaxError{Offset: maxLine, Msg: "line longer than 1 MiB"}

// lineError reports the line just counted. The text is copied, so that it does not keep the chunk.
func (l *lines) lineError(line string, off int64, err error) error {
	e := &LineError{Source: l.name, Offset: off, Text: strings.Clone(line[:min(len(line), 512)]), Err: err}
	if l.numbered {
		e.Line = l.line
	}
	return e
}

// take makes text of the whole lines in b, which starts at off, and returns how many bytes it used.
// It may be called only when text is used up.
func (l *lines) take(b []byte) (used int) {
	if l.skip {
		used = bytes.IndexByte(b, '\n') + 1
		l.skip = used == 0
		if l.skip {
			used = len(b)
		}
		l.off += int64(used)
		b = b[used:]
	}
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		l.text = text.View(b[:i+1])
		return used + i + 1
	}
	if len(b) <= maxLine {
		return used
	}
	l.line++
	l.long = l.lineError(string(b[:512]), l.off, errLong)
	l.off += int64(len(b))
	l.skip = true
	return used + len(b)
}

// last makes text of b, the end of a source whose last newline is missing.
func (l *lines) last(b []byte) {
	if !l.skip {
		l.text, l.torn = text.View(b), true
	}
}

// cutter fills lines from a reader.
type cutter struct {
	lines
	buf  []byte
	n    int // bytes of buf in use
	done int // of these, bytes that were handed out as text
}

// fill reads once and returns the error of read. It may be called only when text is used up.
func (c *cutter) fill(read func([]byte) (int, error)) error {
	c.move()
	n, err := read(c.buf[c.n:])
	c.n += n
	c.done = c.take(c.buf[:c.n])
	return err
}

// move makes room: what was not handed out, the start of a line, goes to the front.
func (c *cutter) move() {
	if c.done > 0 {
		text.Poison(c.buf[:c.done])
		c.n = copy(c.buf, c.buf[c.done:c.n])
		c.done = 0
	}
	if c.n == len(c.buf) {
		c.buf = append(c.buf, make([]byte, chunk)...)
	}
}

// pending returns the number of bytes that are not handed out yet.
func (c *cutter) pending() int { return c.n - c.done }

// finish makes the rest the last line; at the end of the source.
func (c *cutter) finish() {
	c.last(c.buf[c.done:c.n])
	c.done = c.n
}
