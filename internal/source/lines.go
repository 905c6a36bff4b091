package source

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// lines cuts chunks of text into lines and parses them. Every chunk becomes one string, and the
// records are parts of it: an allocation for each chunk, none for each record. A record that is kept
// keeps its chunk.
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

// next returns the next record or line error of text; false when text is used up.
func (l *lines) next() (audit.Record, bool, error) {
	if err := l.long; err != nil {
		l.long = nil
		return audit.Record{}, false, err
	}
	for l.text != "" {
		line, rest, nl := strings.Cut(l.text, "\n")
		off, size := l.off, len(l.text)-len(rest)
		torn := l.torn && !nl
		l.text, l.off, l.line = rest, l.off+int64(size), l.line+1
		if strings.TrimLeft(line, " \t\r") == "" {
			continue
		}
		rec, err := parse(line, torn)
		if err != nil {
			return rec, false, l.lineError(line, off, err)
		}
		if l.marks {
			rec.Mark = l.base + uint64(off) + 1
		}
		return rec, true, nil
	}
	return audit.Record{}, false, nil
}

func parse(line string, torn bool) (audit.Record, error) {
	if len(line) > maxLine {
		return audit.Record{}, errLong
	}
	rec, err := audit.ParseLine(strings.TrimSuffix(line, "\r")) // a copy that came by way of another system
	if err != nil && torn {
		err = fmt.Errorf("torn line: %w", err)
	}
	return rec, err
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
		l.text = string(b[:i+1])
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
		l.text, l.torn = string(b), true
	}
}

// cutter fills lines from a reader.
type cutter struct {
	lines
	buf []byte
	n   int // bytes of buf in use: the start of a line
}

// fill reads once and returns the error of read.
func (c *cutter) fill(read func([]byte) (int, error)) error {
	if c.n == len(c.buf) {
		c.buf = append(c.buf, make([]byte, chunk)...)
	}
	n, err := read(c.buf[c.n:])
	c.n += n
	used := c.take(c.buf[:c.n])
	c.n = copy(c.buf, c.buf[used:c.n])
	return err
}

// finish makes the rest the last line; at the end of the source.
func (c *cutter) finish() {
	c.last(c.buf[:c.n])
	c.n = 0
}
