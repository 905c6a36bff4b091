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
// connection, with the ids they had: as many bytes as a peer's buffers may hold, and none older than replayAge. With
// SyslogOptions.WindowFile that holds for the next process too, if this one is killed.
type Stream struct {
	opts   SyslogOptions
	line   Encoding
	link   *link         // nil: not connected
	broken chan struct{} // closed when the peer has closed link
	polite bool          // it was closed in order; written before broken is closed
	window window
	buf    []byte
}

// replayAge bounds what is sent again on a new connection: a receiver that is alive has read what is older, and one that
// restarts once a day should not get yesterday's alerts again.
const replayAge = 10 * time.Minute

// politeAge is replayAge after a peer closed the connection in order: its kernel then held nothing that it had not read (or it would have
// sent a reset), and it only needs the time to do something with it. Some peers close what is idle every minute.
const politeAge = 30 * time.Second

func newStream(o SyslogOptions) *Stream {
	s := &Stream{opts: o, line: o.encoding(), window: window{most: o.ReplayBytes, age: replayAge}}
	if o.WindowFile != "" && o.ReplayBytes > 0 {
		s.window.store = newStore(o.WindowFile, fmt.Sprintf("auditpy window 1 %s %q %t\n", o.Network, o.Address, o.LineFeeds), o.ReplayBytes)
		s.window.recall(time.Now())
	}
	return s
}

// Name returns "syslog", the network and the address.
func (s *Stream) Name() string { return s.opts.name() }

// Broken returns a channel that is closed when the peer closes the connection: a Send, even of no alerts, connects again and sends
// again what may be lost. It is nil while there is no connection, and closed if there is something to send again on the first.
func (s *Stream) Broken() <-chan struct{} {
	switch {
	case s.link != nil:
		return s.broken
	case len(s.window.sent) > 0:
		return closed
	}
	return nil
}

var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Unkept returns how many lines are not in WindowFile, and why the last one is not: the next process could not send them again.
func (s *Stream) Unkept() (lines uint64, err error) {
	if s.window.store == nil {
		return 0, nil
	}
	return s.window.store.unkept, s.window.store.why
}

// Send sends the alerts and waits until the peer's kernel has them all.
func (s *Stream) Send(ctx context.Context, batch []alert.Envelope) (done int, err error) {
	if err = s.sendAll(ctx, batch); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return 0, fmt.Errorf("send to %s: %w", s.Name(), errors.Join(err, s.hangUp()))
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
			s.hangUp() // it failed already
			if s.polite {
				s.window.trim(time.Now(), politeAge)
			}
		default:
			return nil
		}
	}
	l, err := dial(ctx, &s.opts)
	if err != nil {
		return err
	}
	s.link, s.broken = l, make(chan struct{})
	go s.watch(l, s.broken)
	for line := range s.window.lines(time.Now()) {
		if err := l.write(ctx, line); err != nil {
			return err
		}
	}
	return s.settle(ctx)
}

// watch reads until the peer closes the connection, or we do. Receivers of syslog send nothing, but TLS does.
func (s *Stream) watch(l *link, broken chan<- struct{}) {
	defer close(broken)
	_, err := io.Copy(io.Discard, l.conn)
	s.polite = err == nil
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

// Close closes the connection. A peer that then closes its side in order has read all: the next process need not send it again.
func (s *Stream) Close() error {
	if s.link != nil && s.parted() {
		s.window.forget()
	}
	return errors.Join(s.hangUp(), s.window.close())
}

// partTime bounds the wait for a peer to read what its kernel has.
const partTime = 500 * time.Millisecond

// parted tells the peer that no more comes, and reports whether it took it all.
func (s *Stream) parted() bool {
	select {
	case <-s.broken: // by itself, so it may be on its way out
		return false
	default:
	}
	if s.link.closeWrite() != nil {
		return false
	}
	select {
	case <-s.broken:
		return s.polite
	case <-time.After(partTime):
		return false
	}
}

// hangUp closes the connection. Send makes a new one.
func (s *Stream) hangUp() error {
	if s.link == nil {
		return nil
	}
	err := s.link.close()
	<-s.broken
	s.link = nil
	return err
}
