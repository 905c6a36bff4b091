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

// SyslogOptions says where a Syslog sends to. The zero value is the local /dev/log.
type SyslogOptions struct {
	Network  string        // "unix" or "udp"; empty: unix
	Address  string        // path, or host:port; empty: /dev/log
	Facility Facility      // 0: authpriv, as user space never sends as the kernel
	MaxBytes int           // of one line; 0: 8192 for unix, 1180 for udp, which fits the least MTU of IPv6
	Timeout  time.Duration // of a connect and of a write; 0: 5 s
	Host     string        // for alerts of this host; empty: os.Hostname
}

func (o SyslogOptions) withDefaults() (SyslogOptions, error) {
	switch o.Network {
	case "", "unix":
		o.Network = "unix"
		o.Address, o.MaxBytes = orDefault(o.Address, "/dev/log"), orDefault(o.MaxBytes, 8192)
	case "udp":
		o.MaxBytes = orDefault(o.MaxBytes, 1180)
	default:
		return o, fmt.Errorf("network %q: not one of unix, udp", o.Network)
	}
	o.Facility, o.Timeout = orDefault(o.Facility, 10), orDefault(o.Timeout, 5*time.Second)
	if o.Host == "" {
		o.Host, _ = os.Hostname() // without a name the line says "-"
	}
	return o, nil
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// Syslog sends alerts as RFC 5424 lines.
type Syslog struct {
	opts   SyslogOptions
	header Header
	conn   net.Conn // nil: not connected
	stream bool     // conn is one: lines end in a line feed
	buf    []byte
}

// NewSyslog returns a sink that connects at the first Send: the peer may start later than we do.
func NewSyslog(o SyslogOptions) (*Syslog, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("new syslog sink: %w", err)
	}
	return &Syslog{opts: o, header: Header{Facility: o.Facility, Host: o.Host, PID: os.Getpid()}}, nil
}

// Name returns "syslog", the network and the address.
func (s *Syslog) Name() string { return "syslog " + s.opts.Network + " " + s.opts.Address }

// Send sends e. If the peer has gone it connects again, once. A line that the socket refuses as too
// long is cut further.
func (s *Syslog) Send(ctx context.Context, e *alert.Envelope) error {
	err := s.sendFitting(ctx, e)
	if err != nil && ctx.Err() == nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		err = s.sendFitting(ctx, e)
	}
	if err != nil {
		return fmt.Errorf("send to %s: %w", s.Name(), err)
	}
	return nil
}

func (s *Syslog) sendFitting(ctx context.Context, e *alert.Envelope) error {
	for limit := s.opts.MaxBytes; ; limit /= 2 {
		err := s.sendOnce(ctx, e, limit)
		if !errors.Is(err, syscall.EMSGSIZE) || limit <= minMax {
			return err
		}
	}
}

// sendOnce leaves no connection behind if it returns an error: part of the line may be on its way.
func (s *Syslog) sendOnce(ctx context.Context, e *alert.Envelope, limit int) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	s.buf = AppendRFC5424(s.buf[:0], s.header, e, limit)
	if s.stream {
		s.buf = append(s.buf, '\n')
	}
	if err := s.write(ctx); err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}

func (s *Syslog) write(ctx context.Context) error {
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

func (s *Syslog) connect(ctx context.Context) error {
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
func (s *Syslog) Close() error {
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.conn = nil
	return err
}
