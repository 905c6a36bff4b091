package sink

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// link is one TCP or TLS connection.
type link struct {
	conn    net.Conn     // TLS or TCP
	tcp     *net.TCPConn // below it
	timeout time.Duration
}

const (
	// sendBuffer bounds what the kernel holds for us: what is in it is not yet with the peer.
	sendBuffer = 64 << 10
	// chunk is written under one deadline: a peer that takes less in a timeout makes no progress.
	chunk = 16 << 10
)

// dial connects, and for TLS shakes hands, each within the timeout.
func dial(ctx context.Context, o *SyslogOptions) (*link, error) {
	d := net.Dialer{Timeout: o.Timeout, KeepAlive: 15 * time.Second, Control: tune(o.Timeout)}
	conn, err := d.DialContext(ctx, "tcp", o.Address)
	if err != nil {
		return nil, err
	}
	l := &link{conn: conn, tcp: conn.(*net.TCPConn), timeout: o.Timeout}
	if o.Network == "tls" || strings.HasSuffix(o.Network, "+tls") {
		if err := l.secure(ctx, o); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return l, nil
}

// tune sets what must be set before the connection is made. The user timeout ends a connection to a host that is gone: without
// it the kernel goes on for 15 minutes.
func tune(timeout time.Duration) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		var err error
		cerr := c.Control(func(fd uintptr) {
			err = errors.Join(
				unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer),
				unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(timeout.Milliseconds())))
		})
		return errors.Join(cerr, err)
	}
}

func (l *link) secure(ctx context.Context, o *SyslogOptions) error {
	host, _, err := net.SplitHostPort(o.Address)
	if err != nil {
		return err
	}
	config, err := o.TLS.config(host)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	begin := time.Now()
	c := tls.Client(l.tcp, config)
	if err := c.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS handshake: %w", err)
	}
	l.conn = c
	return l.accepted(min(max(2*time.Since(begin), 20*time.Millisecond), time.Second))
}

// accepted waits a moment for what the peer thinks of us: with TLS 1.3 our side of the handshake is over before the peer has
// looked at our certificate, and what is written then is lost in silence.
func (l *link) accepted(wait time.Duration) error {
	if err := l.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return err
	}
	var b [1]byte
	_, err := l.conn.Read(b[:])
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return l.conn.SetReadDeadline(time.Time{})
	}
	if err == nil {
		err = errors.New("the peer speaks first")
	}
	return fmt.Errorf("TLS handshake: %w", err)
}

// write writes b. It fails when the peer takes nothing for the timeout, or ctx ends; the connection is of no use then.
func (l *link) write(ctx context.Context, b []byte) error {
	stop := context.AfterFunc(ctx, func() { l.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	for len(b) > 0 {
		if err := l.conn.SetWriteDeadline(time.Now().Add(l.timeout)); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil { // its deadline may just have been overwritten
			return err
		}
		n, err := l.conn.Write(b[:min(chunk, len(b))])
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// queued returns how many bytes the peer's kernel has not acknowledged.
func (l *link) queued() (n int, err error) {
	raw, err := l.tcp.SyscallConn()
	if err != nil {
		return 0, err
	}
	cerr := raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	return n, errors.Join(cerr, err)
}

// closeWrite tells the peer that no more comes.
func (l *link) closeWrite() error {
	if c, ok := l.conn.(*tls.Conn); ok {
		if err := c.CloseWrite(); err != nil {
			return err
		}
	}
	return l.tcp.CloseWrite()
}

func (l *link) close() error { return l.conn.Close() }
