package source

import (
	"encoding/binary"
	"fmt"
	"syscall"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/text"
)

// The two record types among the control messages below 1100. Source: include/uapi/linux/audit.h.
const (
	typeUser    audit.Type = 1005
	typeLogin   audit.Type = 1006
	firstRecord audit.Type = 1100
)

// datagram queues the record of n.buf[:size]. The kernel sends one record a datagram, whatever bytes
// it holds; its length field has left out the header in some versions, so the datagram's own length
// counts (kernel/audit.c, audit_log_end).
func (n *Netlink) datagram(size int, port uint32) {
	switch {
	case port != 0: // any process may send to our port; the kernel's is 0
		n.stats.Foreign++
		return
	case size < syscall.NLMSG_HDRLEN:
		n.stats.Short++
		return
	}
	t := audit.Type(binary.NativeEndian.Uint16(n.buf[4:])) // nlmsg_type
	if t < firstRecord && t != typeUser && t != typeLogin {
		n.stats.Control++
		return
	}
	if size > len(n.buf) {
		n.add(audit.Record{}, n.bad(len(n.buf), &audit.SyntaxError{Offset: len(n.buf), Msg: fmt.Sprintf("datagram of %d bytes was cut", size)}))
		return
	}
	rec, err := audit.ParseNetlink(t, n.mem.Add(text.View(n.buf[syscall.NLMSG_HDRLEN:size])))
	if err != nil {
		n.add(audit.Record{}, n.bad(size, err))
		return
	}
	n.add(rec, nil)
}

func (n *Netlink) bad(size int, err error) error {
	payload := n.buf[syscall.NLMSG_HDRLEN:size]
	return &LineError{Source: netlinkName, Text: string(payload[:min(len(payload), 512)]), Err: err}
}
