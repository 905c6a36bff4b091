package audit

import (
	"strconv"
	"strings"

	"github.com/elastic/go-libaudit/v2/auparse"
)

// Type is the kernel's number of a record type (include/uapi/linux/audit.h).
type Type uint16

// The types this program treats specially.
const (
	Syscall   Type = 1300
	Path      Type = 1302
	Sockaddr  Type = 1306
	CWD       Type = 1307
	Execve    Type = 1309
	EOE       Type = 1320
	Proctitle Type = 1327
)

// String returns the name auditd logs: "EXECVE", or "UNKNOWN[1199]" for a number without one.
func (t Type) String() string { return auparse.AuditMessageType(t).String() }

// ParseType is the inverse of String.
func ParseType(name string) (Type, bool) {
	switch name { // nine of ten records
	case "SYSCALL":
		return Syscall, true
	case "PATH":
		return Path, true
	case "PROCTITLE":
		return Proctitle, true
	case "CWD":
		return CWD, true
	case "EXECVE":
		return Execve, true
	case "SOCKADDR":
		return Sockaddr, true
	}
	if num, ok := strings.CutPrefix(name, "UNKNOWN["); ok {
		n, err := strconv.ParseUint(strings.TrimSuffix(num, "]"), 10, 16)
		return Type(n), err == nil && strings.HasSuffix(num, "]")
	}
	t, err := auparse.GetAuditMessageType(name)
	return Type(t), err == nil
}

// Single reports whether an event of this type has one record only. The kernel writes those outside
// a system call: everything user space sends, and what auditd says of itself.
// Source of the ranges: include/uapi/linux/audit.h.
func (t Type) Single() bool {
	return t >= 1100 && t <= 1299 || t >= 2000 && t <= 2999
}
