package sink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
)

// Stream sends alerts as syslog lines over TCP (RFC 6587) or TLS (RFC 5425). Neither has acknowledgements: what the peer's kernel has is
// done, but a peer that dies loses what it had not read. So the last lines are kept, and sent again on the next
// connection, with the ids they had: as many bytes as a peer's buffers may hold, and none older than replayAge.
type Stream struct {
	opts   SyslogOptions
	line   Encoding
	link   *link         // nil: not connected
	broken chan struct{} // closed when the peer has closed link
	window window
	buf    []byte
}

// replayAge bounds what is sent again on a new connection: a receiver that is alive has read what is older, and one that
// restarts once a day should not get yesterday's alerts again.
const replayAge = 10 * time.Minute

func newStream(o SyslogOptions) *Stream {
	return &Stream{opts: o, line: o.encoding(), window: window{most: o.ReplayBytes, age: replayAge}}
}

// Name returns "syslog", the network and the address.
func (s *Stream) Name() string { return s.opts.name() }

// Broken returns a channel that is closed when the peer closes the connection: a Send, even of no alerts, connects again and sends
// again what may be lost. It is nil while there is no connection.
func (s *Stream) Broken() <-chan struct{} {
	if s.link == nil {
		return nil
	}
	return s.broken
}

// Send sends the alerts and waits until the peer's kernel has them all.
func (s *Stream) Send(ctx context.Context, batch []alert.Envelope) (done int, err error) {
	if err = s.sendAll(ctx, batch); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return 0, fmt.Errorf("send to %s: %w", s.Name(), errors.Join(err, s.Close()))
	}
	return len(batch), nil
}

func (s *Stream) sendAll(ctx context.Context, batch []alert.Envelope) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	s.buf = s.buf[:0]
	ends := make([]int, len(batch))
	for i := range batch {
		s.buf = s.frame(s.buf, &batch[i])
		ends[i] = len(s.buf)
	}
	if err := s.link.write(ctx, s.buf); err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	start := 0
	for _, end := range ends {
		s.window.add(s.buf[start:end], time.Now())
		start = end
	}
	return nil
}

// frame appends the line of e as the transport delimits it.
func (s *Stream) frame(dst []byte, e *alert.Envelope) []byte {
	if s.opts.LineFeeds {
		return append(s.line.Append(dst, e, s.opts.MaxBytes), '\n')
	}
	line := s.line.Append(nil, e, s.opts.MaxBytes)
	dst = strconv.AppendInt(dst, int64(len(line)), 10)
	return append(append(dst, ' '), line...)
}

// connect makes a connection, if there is none that lives, and sends again what the peer may have lost with the last one.
func (s *Stream) connect(ctx context.Context) error {
	if s.link != nil {
		select {
		case <-s.broken:
			s.Close() // it failed already
		default:
			return nil
		}
	}
	l, err := dial(ctx, &s.opts)
	if err != nil {
		return err
	}
	s.link, s.broken = l, make(chan struct{})
	go watch(l, s.broken)
	for line := range s.window.lines(time.Now()) {
		if err := l.write(ctx, line); err != nil {
			return err
		}
	}
	return s.settle(ctx)
}

// watch reads until the peer closes the connection, or we do. Receivers of syslog send nothing, but TLS does.
func watch(l *link, broken chan<- struct{}) {
	defer close(broken)
	_, _ = io.Copy(io.Discard, l.conn)
}

// settle waits until the peer's kernel has acknowledged all.
func (s *Stream) settle(ctx context.Context) error {
	last, since := -1, time.Now()
	for wait := 50 * time.Microsecond; ; wait = min(2*wait, 5*time.Millisecond) {
		n, err := s.link.queued()
		if err != nil {
			return err
		}
		select {
		case <-s.broken: // what was acknowledged before may not have been read
			return io.ErrUnexpectedEOF
		default:
		}
		switch {
		case n == 0:
			return nil
		case n != last:
			last, since = n, time.Now()
		case time.Since(since) > s.opts.Timeout:
			return fmt.Errorf("the peer takes nothing: %w", os.ErrDeadlineExceeded)
		}
		if !pause(ctx, wait) {
			return ctx.Err()
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Close closes the connection. Send makes a new one.
func (s *Stream) Close() error {
	if s.link == nil {
		return nil
	}
	err := s.link.close()
	<-s.broken
	s.link = nil
	return err
}
