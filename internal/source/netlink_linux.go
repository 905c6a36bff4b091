package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/text"
)

// Reasons why the kernel's audit cannot be used; they are wrapped.
var (
	ErrNoPermission = errors.New("no permission to use the kernel's audit")
	ErrNoAudit      = errors.New("no audit in this kernel or container")
	ErrImmutable    = errors.New("the audit configuration is locked until the next boot")
)

// NetlinkOptions say how to read the kernel's multicast group.
type NetlinkOptions struct {
	// Buffer is the size of the receive buffer in bytes; 0 is 16 MiB. A command line of 1 MB overran
	// the kernel's default.
	Buffer int
	Idle   time.Duration // Next returns ErrIdle when nothing came for it; 0 is never
}

// NetlinkStats count what was received and is no record.
type NetlinkStats struct {
	Overruns uint64 // times the kernel threw records away because the buffer was full
	Foreign  uint64 // datagrams that another process sent
	Control  uint64 // replies and other messages that are no records
	Short    uint64 // datagrams without a whole header
}

// Netlink reads the kernel's audit multicast group, beside auditd or without one. It needs
// CAP_AUDIT_READ in the initial user namespace. It sends nothing, so it never becomes the audit
// daemon of the kernel, whose death or delay the whole host would feel.
//
// go-libaudit's client reads one datagram a call and hides its descriptor, so its buffer cannot be
// enlarged: the socket is our own.
type Netlink struct {
	idle   time.Duration
	f      *os.File
	raw    syscall.RawConn
	recv   func(fd int, p []byte) (n int, port uint32, err error)
	buf    []byte
	queue  []outcome
	mem    text.Arena // of the records in queue
	head   int
	stats  NetlinkStats
	buffer int
}

const netlinkName = "netlink"

// OpenMulticast joins the group. The error wraps ErrNoPermission or ErrNoAudit if that is the reason.
func OpenMulticast(o NetlinkOptions) (*Netlink, error) {
	if o.Buffer <= 0 {
		o.Buffer = 16 << 20
	}
	const kind = syscall.SOCK_RAW | syscall.SOCK_CLOEXEC | syscall.SOCK_NONBLOCK
	fd, err := syscall.Socket(syscall.AF_NETLINK, kind, syscall.NETLINK_AUDIT)
	if err != nil {
		return nil, auditError("open audit socket", err)
	}
	const readLog = 1 << 0 // AUDIT_NLGRP_READLOG is group 1
	if err := syscall.Bind(fd, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK, Groups: readLog}); err != nil {
		syscall.Close(fd)
		return nil, auditError("join audit multicast group", err)
	}
	if err := enlarge(fd, o.Buffer); err != nil {
		syscall.Close(fd)
		return nil, fmt.Errorf("enlarge audit receive buffer: %w", err)
	}
	return newNetlink(fd, o, recvNetlink)
}

// enlarge sets the receive buffer: beyond net.core.rmem_max where CAP_NET_ADMIN allows it.
func enlarge(fd, size int) error {
	err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, size)
	if errors.Is(err, syscall.EPERM) {
		return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, size)
	}
	return err
}

// newNetlink takes a non-blocking datagram socket; tests pass a socket pair.
func newNetlink(fd int, o NetlinkOptions, recv func(int, []byte) (int, uint32, error)) (*Netlink, error) {
	size, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF)
	f := os.NewFile(uintptr(fd), netlinkName)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("read audit receive buffer size: %w", err)
	}
	raw, err := f.SyscallConn()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("poll audit socket: %w", err)
	}
	// 64 KiB: seven times the kernel's largest record.
	return &Netlink{idle: o.Idle, f: f, raw: raw, recv: recv, buf: make([]byte, 64<<10), buffer: size}, nil
}

// recvNetlink receives one datagram: its whole length, even if p is shorter, and its sender's port.
func recvNetlink(fd int, p []byte) (int, uint32, error) {
	n, from, err := syscall.Recvfrom(fd, p, syscall.MSG_DONTWAIT|syscall.MSG_TRUNC)
	if err != nil {
		return 0, 0, err
	}
	if sa, ok := from.(*syscall.SockaddrNetlink); ok {
		return n, sa.Pid, nil
	}
	return n, ^uint32(0), nil
}

// auditError tells the two reasons apart that people can do something about.
func auditError(op string, err error) error {
	switch {
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s: %w (%w)", op, ErrNoPermission, err)
	case errors.Is(err, syscall.EPROTONOSUPPORT), errors.Is(err, syscall.EAFNOSUPPORT),
		errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%s: %w (%w)", op, ErrNoAudit, err)
	}
	return fmt.Errorf("%s: %w", op, err)
}

// Buffer returns the size of the receive buffer as the kernel counts it: its bookkeeping included.
func (n *Netlink) Buffer() int { return n.buffer }

// Stats returns the counters.
func (n *Netlink) Stats() NetlinkStats { return n.stats }

// Close leaves the group.
func (n *Netlink) Close() error { return n.f.Close() }

// Next returns the next record: see Source. Records have no Mark.
func (n *Netlink) Next(ctx context.Context) (audit.Record, error) {
	for n.head == len(n.queue) {
		n.empty()
		if err := n.receive(ctx); err != nil {
			return audit.Record{}, err
		}
	}
	o := n.first()
	return o.rec, o.err
}

// try returns what is there already; false if nothing is.
func (n *Netlink) try() (audit.Record, bool, error) {
	if n.head == len(n.queue) {
		n.empty()
		err := n.raw.Control(func(fd uintptr) { n.batch(fd) })
		if err != nil || len(n.queue) == 0 {
			return audit.Record{}, false, err
		}
	}
	o := n.first()
	return o.rec, o.err == nil, o.err
}

func (n *Netlink) empty() {
	n.queue, n.head = n.queue[:0], 0
	n.mem.Reset(1 << 20)
}

func (n *Netlink) first() outcome {
	o := n.queue[n.head]
	n.queue[n.head] = outcome{} // the queue must not keep its record
	n.head++
	return o
}

// receive waits for datagrams and queues all that are there, up to a batch.
func (n *Netlink) receive(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var end time.Time
	if n.idle > 0 {
		end = time.Now().Add(n.idle)
	}
	if err := n.f.SetReadDeadline(end); err != nil {
		return fmt.Errorf("read audit socket: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = n.f.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	err := n.raw.Read(n.batch)
	if ctx.Err() != nil && len(n.queue) == 0 {
		return ctx.Err()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrIdle
	}
	if err != nil {
		return fmt.Errorf("read audit socket: %w", err)
	}
	return nil
}

// batch receives until the socket is empty; false to wait, if nothing came at all. Any process may send to the socket without
// end: that must not keep the owner.
func (n *Netlink) batch(fd uintptr) bool {
	for got := 0; len(n.queue) < 256 && got < 4096; got++ {
		size, port, err := n.recv(int(fd), n.buf)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return len(n.queue) > 0
		case errors.Is(err, syscall.ENOBUFS):
			n.stats.Overruns++
			n.add(audit.Record{}, &GapError{Source: netlinkName, Msg: "the receive buffer was full: the kernel threw records away"})
		case err != nil:
			n.add(audit.Record{}, fmt.Errorf("read audit socket: %w", err))
			return true
		default:
			n.datagram(size, port)
		}
	}
	return true
}

func (n *Netlink) add(rec audit.Record, err error) { n.queue = append(n.queue, outcome{rec, err}) }
