package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
)

// SocketOptions say how to read a plugin's socket. The zero value works.
type SocketOptions struct {
	Retry    time.Duration // between two attempts to connect; 0 is 100 ms
	Idle     time.Duration // Next returns ErrIdle when nothing came for it; 0 is never
	AnyOwner bool          // else the process that listens must run as root or as this process's user
}

// Socket reads the unix socket of auditd's af_unix plugin (format = string). The plugin ends with auditd and may leave its
// socket behind (audit-userspace#469), and it drops records while nobody reads: each end of a connection is a *GapError,
// and the next one is awaited.
type Socket struct {
	path string
	o    SocketOptions
	cur  *Stream // nil: not connected
	next time.Time
	wait error
	last Stamp
}

// OpenSocket begins to read the socket at path, now or when there is one.
func OpenSocket(path string, o SocketOptions) *Socket {
	if o.Retry <= 0 {
		o.Retry = 100 * time.Millisecond
	}
	return &Socket{path: path, o: o}
}

// Waiting returns why there is no connection, or nil.
func (s *Socket) Waiting() error { return s.wait }

// Next returns the next record: see Source. It never returns io.EOF. Records have no Mark.
func (s *Socket) Next(ctx context.Context) (audit.Record, error) {
	return poll(ctx, s.o.Idle, 10*time.Millisecond, s.try)
}

// try returns what is there already; false if nothing is.
func (s *Socket) try() (rec audit.Record, ok bool, err error) {
	if s.cur == nil && !s.connect() {
		return rec, false, nil
	}
	rec, ok, err = s.cur.try()
	if ok && !rec.Type.Daemon() {
		s.last = Stamp{rec.ID.Msec, rec.ID.Serial}
	}
	if err == nil || isLineError(err) {
		return rec, ok, err
	}
	s.cur.Close()
	s.cur = nil
	msg := "the connection was closed: records may be lost"
	if err != io.EOF {
		msg += " (" + err.Error() + ")"
	}
	return rec, false, &GapError{Source: s.path, Msg: msg, After: s.last}
}

// connect connects if it is time to try.
func (s *Socket) connect() bool {
	now := time.Now()
	if now.Before(s.next) {
		return false
	}
	s.next = now.Add(s.o.Retry)
	conn, err := s.dial()
	if s.wait = err; err != nil {
		return false
	}
	s.cur = NewStream(s.path, conn, 0)
	return true
}

func (s *Socket) dial() (net.Conn, error) {
	conn, err := net.DialTimeout("unix", s.path, s.o.Retry)
	if err != nil {
		return nil, err
	}
	if err := s.check(conn.(*net.UnixConn)); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// check asks who listens: whoever may write to the directory could have made a socket to feed us.
func (s *Socket) check(conn *net.UnixConn) error {
	if s.o.AnyOwner {
		return nil
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var cred *syscall.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err := errors.Join(err, credErr); err != nil {
		return fmt.Errorf("ask who listens at %q: %w", s.path, err)
	}
	if cred.Uid != 0 && int(cred.Uid) != os.Geteuid() {
		return &kindError{s.path, fmt.Sprintf("uid %d listens, want root", cred.Uid)}
	}
	return nil
}

// Close ends the connection.
func (s *Socket) Close() error {
	if s.cur == nil {
		return nil
	}
	return s.cur.Close()
}
