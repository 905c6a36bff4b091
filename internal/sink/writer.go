package sink

import (
	"context"
	"fmt"
	"io"

	"github.com/auditpy/auditpy/internal/alert"
)

// Writer is a sink that writes one line an alert.
type Writer struct {
	name   string
	w      io.Writer
	encode func(dst []byte, e *alert.Envelope) []byte
	buf    []byte
}

// NewWriter returns a sink that writes what encode appends, and a newline if it ends without one. A
// pipe whose reader has gone is an error of Send; on standard output it is so only if the program
// ignores SIGPIPE, which otherwise ends it.
func NewWriter(name string, w io.Writer, encode func(dst []byte, e *alert.Envelope) []byte) *Writer {
	return &Writer{name: name, w: w, encode: encode}
}

// Lines returns the encoder of a Writer or a File that writes whole alerts in a format: one line each, but for text, which
// is a paragraph.
func (p Payload) Lines() func(dst []byte, e *alert.Envelope) []byte {
	return func(dst []byte, e *alert.Envelope) []byte {
		if p.Format == Text && e.Text != "" {
			return append(dst, e.Text...)
		}
		return append(p.Append(dst, e, 0), '\n')
	}
}

// Send writes the line of each alert in one Write.
func (s *Writer) Send(ctx context.Context, batch []alert.Envelope) (done int, err error) {
	return each(batch, func(e *alert.Envelope) error { return s.send(ctx, e) })
}

func (s *Writer) send(ctx context.Context, e *alert.Envelope) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.buf = s.encode(s.buf[:0], e)
	if n := len(s.buf); n == 0 || s.buf[n-1] != '\n' {
		s.buf = append(s.buf, '\n')
	}
	if _, err := s.w.Write(s.buf); err != nil {
		return fmt.Errorf("send to %s: %w", s.name, err)
	}
	return nil
}

// Name returns the name given to NewWriter.
func (s *Writer) Name() string { return s.name }

// Close does nothing: the writer is the caller's.
func (s *Writer) Close() error { return nil }
