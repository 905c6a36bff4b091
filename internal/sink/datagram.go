package sink

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
)

// Datagram sends alerts as syslog lines by UDP or to a socket of this host, such as /dev/log. Nobody says whether they arrive.
type Datagram struct {
	opts   SyslogOptions
	line   Encoding
	conn   net.Conn // nil: not connected
	stream bool     // conn is one: lines end in a line feed
	buf    []byte
}

// Name returns "syslog", the network and the address.
func (s *Datagram) Name() string { return s.opts.name() }

// Send sends each alert. If the peer has gone it connects again, once. A line that the socket refuses as too
// long is cut further.
func (s *Datagram) Send(ctx context.Context, batch []alert.Envelope) (done int, err error) {
	return each(batch, func(e *alert.Envelope) error { return s.send(ctx, e) })
}

func (s *Datagram) send(ctx context.Context, e *alert.Envelope) error {
	err := s.sendFitting(ctx, e)
	if err != nil && ctx.Err() == nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		err = s.sendFitting(ctx, e)
	}
	if err != nil {
		return fmt.Errorf("send to %s: %w", s.Name(), err)
	}
	return nil
}

func (s *Datagram) sendFitting(ctx context.Context, e *alert.Envelope) error {
	for limit := s.opts.MaxBytes; ; limit /= 2 {
		err := s.sendOnce(ctx, e, limit)
		if !errors.Is(err, syscall.EMSGSIZE) || limit <= minMax {
			return err
		}
	}
}

// sendOnce leaves no connection behind if it returns an error: part of the line may be on its way.
func (s *Datagram) sendOnce(ctx context.Context, e *alert.Envelope, limit int) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	s.buf = s.line.Append(s.buf[:0], e, limit)
	if s.stream {
		s.buf = append(s.buf, '\n')
	}
	if err := s.write(ctx); err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}

func (s *Datagram) write(ctx context.Context) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.opts.Timeout)); err != nil {
		return err
	}
	conn := s.conn
	stop := context.AfterFunc(ctx, func() { conn.SetWriteDeadline(time.Unix(1, 0)) })
	_, err := conn.Write(s.buf)
	if stop() {
		return err
	}
	// The deadline may be moved to the past at any time from now on: not on a connection of a later Send.
	if cerr := s.Close(); err == nil {
		return cerr
	}
	return ctx.Err()
}

func (s *Datagram) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	network := map[string]string{"unix": "unixgram", "udp": "udp"}[s.opts.Network]
	d := net.Dialer{Timeout: s.opts.Timeout}
	conn, err := d.DialContext(ctx, network, s.opts.Address)
	if s.stream = errors.Is(err, syscall.EPROTOTYPE); s.stream { // the socket is not a datagram one
		conn, err = d.DialContext(ctx, "unix", s.opts.Address)
	}
	if err != nil {
		return err
	}
	s.conn = conn
	return nil
}

// Close closes the connection. Send makes a new one.
func (s *Datagram) Close() error {
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.conn = nil
	return err
}
