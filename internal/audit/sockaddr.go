package audit

import (
	"encoding/binary"
	"net/netip"
	"strings"
)

// Address is a decoded struct sockaddr. Only the fields of its family are set.
type Address struct {
	Family uint16 // AF_*; FamilyName names it
	// IP is the address of ipv4 and ipv6. A v4-mapped one is given as IPv4, though Family says ipv6:
	// ::ffff:127.0.0.1 reaches 127.0.0.1, and a rule on that address must see it. It has no zone.
	IP    netip.Addr
	Port  uint16 // ipv4, ipv6
	Scope uint32 // ipv6 scope id, the index of an interface; 0 if none
	// Path is a unix socket's: a file name, "@name" for an abstract one (inner NULs are written '@',
	// as in /proc/net/unix), "" for an unnamed one. Bytes that are not UTF-8 are kept.
	Path   string
	PortID uint32 // netlink: 0 is the kernel
	Groups uint32 // netlink: bits of multicast groups
}

// The families whose fields are decoded. Source: include/linux/socket.h.
const (
	familyUnspec  = 0
	familyUnix    = 1
	familyIPv4    = 2
	familyIPv6    = 10
	familyNetlink = 16
)

// maxSockaddr is sizeof(struct sockaddr_storage): the kernel takes no longer one.
const maxSockaddr = 128

// ParseSockaddr decodes the saddr field of a SOCKADDR record: the bytes of a struct sockaddr in
// upper-case hex. Family 0 (a connect to it is a disconnect) and families without fields of their
// own here are ok with Family alone. It is not ok, and the Address is zero, for anything that is not
// hex, that is longer than the kernel allows or too short for its family.
func ParseSockaddr(saddr string) (Address, bool) {
	if len(saddr) < 2*2 || len(saddr) > 2*maxSockaddr {
		return Address{}, false
	}
	var buf [maxSockaddr]byte
	b, ok := appendHex(buf[:0], saddr)
	if !ok {
		return Address{}, false
	}
	family, order := familyOf(b)
	a := Address{Family: family}
	switch family {
	case familyUnix:
		a.Path = unixPath(b[2:])
	case familyIPv4:
		ok = a.setIPv4(b)
	case familyIPv6:
		ok = a.setIPv6(b, order)
	case familyNetlink:
		ok = a.setNetlink(b, order)
	}
	if !ok {
		return Address{}, false
	}
	return a, true
}

// byteOrder is that of the host that wrote the record, which need not be ours.
type byteOrder bool

const (
	littleEndian byteOrder = false
	bigEndian    byteOrder = true
)

func (o byteOrder) uint32(b []byte) uint32 {
	if o == bigEndian {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

// familyOf reads the family, which stands in host order. No family is over 255, so a first byte of
// zero means a big-endian host.
func familyOf(b []byte) (uint16, byteOrder) {
	if b[0] == 0 {
		return uint16(b[1]), bigEndian
	}
	return binary.LittleEndian.Uint16(b), littleEndian
}

func (a *Address) setIPv4(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	a.Port = binary.BigEndian.Uint16(b[2:])
	a.IP = netip.AddrFrom4([4]byte(b[4:8]))
	return true
}

// setIPv6 takes also the 24 bytes without a scope id that the kernel accepts for RFC 2133's sake.
func (a *Address) setIPv6(b []byte, order byteOrder) bool {
	if len(b) < 24 {
		return false
	}
	a.Port = binary.BigEndian.Uint16(b[2:])
	a.IP = netip.AddrFrom16([16]byte(b[8:24])).Unmap()
	if len(b) >= 28 {
		a.Scope = order.uint32(b[24:])
	}
	return true
}

func (a *Address) setNetlink(b []byte, order byteOrder) bool {
	if len(b) < 12 {
		return false
	}
	a.PortID, a.Groups = order.uint32(b[4:]), order.uint32(b[8:])
	return true
}

// CutLeftover returns the text of a SOCKADDR record without what stands behind the path of a unix socket: it is what the
// caller's stack held, another thing each time. It returns all of the text where that is not sure.
func CutLeftover(body string) string {
	const unix = "saddr=0100"
	if !strings.HasPrefix(body, unix) || len(body)%2 != 0 {
		return body
	}
	end := 0
	for i := len(unix); i < len(body); i += 2 {
		switch a, b := body[i], body[i+1]; {
		case !isHex(a) || !isHex(b):
			return body
		case end == 0 && a == '0' && b == '0':
			end = i
		}
	}
	if end <= len(unix) { // no NUL, or one at the begin: then others may follow
		return body
	}
	return body[:end]
}

func isHex(c byte) bool { return c-'0' < 10 || c-'A' < 6 }

// unixPath returns sun_path. A file name ends at its NUL: what callers leave behind it is their
// stack, and the kernel logs that too. An abstract name may hold NULs, but those at its end are
// taken for padding. It writes into b.
func unixPath(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	abstract, end := b[0] == 0, 0
	for i, c := range b {
		if c != 0 {
			end = i + 1
			continue
		}
		if !abstract {
			break
		}
		b[i] = '@'
	}
	return string(b[:max(end, 1)])
}

// FamilyName returns the name of an address family in ECS and auditbeat, where these have one
// (unix, ipv4, ipv6, netlink), else auditd's, or "" for one without a name.
func FamilyName(family uint16) string {
	if int(family) < len(familyNames) {
		return familyNames[family]
	}
	return ""
}

// Source: include/linux/socket.h, audit-userspace auparse/famtab.h.
var familyNames = [...]string{
	familyUnspec: "unspec", familyUnix: "unix", familyIPv4: "ipv4", 3: "ax25", 4: "ipx", 5: "appletalk",
	6: "netrom", 7: "bridge", 8: "atmpvc", 9: "x25", familyIPv6: "ipv6", 11: "rose", 12: "decnet",
	13: "netbeui", 14: "security", 15: "key", familyNetlink: "netlink", 17: "packet", 18: "ash",
	19: "econet", 20: "atmsvc", 21: "rds", 22: "sna", 23: "irda", 24: "pppox", 25: "wanpipe", 26: "llc",
	27: "ib", 28: "mpls", 29: "can", 30: "tipc", 31: "bluetooth", 32: "iucv", 33: "rxrpc", 34: "isdn",
	35: "phonet", 36: "ieee802154", 37: "caif", 38: "alg", 39: "nfc", 40: "vsock", 41: "kcm",
	42: "qipcrtr", 43: "smc", 44: "xdp", 45: "mctp",
}
