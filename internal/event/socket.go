package event

import (
	"strconv"

	"github.com/auditpy/auditpy/internal/audit"
)

// connection is a system call that reached another host, or was reached by it.
type connection struct {
	peer      audit.Address
	initiated bool
}

func (ev *Event) connection() (connection, bool) {
	if ev.Call == nil || ev.Find(audit.Sockaddr) == nil {
		return connection{}, false
	}
	c := connection{initiated: true}
	switch ev.call() {
	case "connect", "sendto", "sendmsg", "sendmmsg":
		if !ev.Call.Success() && !ev.underWay() {
			return connection{}, false
		}
	case "accept", "accept4":
		c.initiated = false
		if !ev.Call.Success() {
			return connection{}, false
		}
	default:
		return connection{}, false
	}
	peer, ok := ev.IPAddress() // a call on many, such as sendmmsg, leaves the record of its last one
	c.peer = peer
	return c, ok
}

// underWay reports whether a connect that did not succeed goes on by itself: a non-blocking one ends with
// EINPROGRESS, and one that a signal interrupts, with EINTR, is not given up either. To leave these out would be
// to miss curl, and all that an attacker does under an alarm(2).
// Source: connect(2); https://pubs.opengroup.org/onlinepubs/9799919799/functions/connect.html.
func (ev *Event) underWay() bool {
	const eintr, einprogress = -4, -115
	if !ev.Call.Failed() {
		return false
	}
	switch ev.Call.Exit() {
	case einprogress:
		return true
	case eintr:
		return ev.call() == "connect"
	}
	return false
}

// call is the name of the system call. Old programs of i386, s390x and others make all calls on sockets through one.
func (ev *Event) call() string {
	name := ev.SyscallName()
	if name != "socketcall" {
		return name
	}
	if n := ev.Call.Arg(audit.CallA0); n < uint64(len(socketcalls)) {
		return socketcalls[n]
	}
	return name
}

// Source: include/uapi/linux/net.h.
var socketcalls = [...]string{
	"socketcall", "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv",
	"sendto", "recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg",
}

func ip(a audit.Address) string {
	if !a.IP.IsValid() {
		return ""
	}
	return a.IP.String()
}

func port(a audit.Address) string {
	if !a.IP.IsValid() {
		return ""
	}
	return strconv.Itoa(int(a.Port))
}

// isIPv6 is about the address: a v4-mapped one is of IPv4.
func isIPv6(a audit.Address) string {
	return strconv.FormatBool(a.IP.Is6())
}
