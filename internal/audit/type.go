package audit

import (
	"strconv"
	"strings"
)

// Type is the kernel's number of a record type (include/uapi/linux/audit.h).
type Type uint16

// The types this program treats specially.
const (
	SystemBoot Type = 1127
	Syscall    Type = 1300
	Path       Type = 1302
	Sockaddr   Type = 1306
	CWD        Type = 1307
	Execve     Type = 1309
	EOE        Type = 1320
	FileCaps   Type = 1321 // BPRM_FCAPS
	Proctitle  Type = 1327

	// Unlisted is the Type of every record whose type has a name that no table here knows, as an
	// auditd newer than this program writes it. Such a record must not be lost. No netlink header
	// has this number.
	Unlisted Type = 65535
)

// String returns the name auditd logs: "EXECVE", or "UNKNOWN[1199]" for a number without one.
func (t Type) String() string {
	if name := typeNames().name(t); name != "" {
		return name
	}
	return "UNKNOWN[" + strconv.Itoa(int(t)) + "]"
}

// ParseType returns the type that auditd logs under name: String's inverse. A well-formed name that
// no table knows is Unlisted. It is not ok if name cannot be that of a type.
func ParseType(name string) (Type, bool) {
	if t := frequentType(name); t != 0 {
		return t, true
	}
	if t := frequentUserType(name); t != 0 {
		return t, true
	}
	if t, ok := typeNames().types[name]; ok {
		return t, true
	}
	if num, ok := strings.CutPrefix(name, "UNKNOWN["); ok {
		num, closed := strings.CutSuffix(num, "]")
		n, err := strconv.ParseUint(num, 10, 16)
		return Type(n), closed && err == nil
	}
	return Unlisted, wellFormed(name)
}

// frequentType knows nine of ten records, in 2 ns a name where the map takes 10. The compiler
// switches on the length first; doing so by hand gained nothing.
func frequentType(name string) Type {
	switch name {
	case "SYSCALL":
		return Syscall
	case "PATH":
		return Path
	case "PROCTITLE":
		return Proctitle
	case "CWD":
		return CWD
	case "EXECVE":
		return Execve
	case "SOCKADDR":
		return Sockaddr
	case "EOE":
		return EOE
	}
	return 0
}

// frequentUserType knows what sessions, sudo, cron and systemd write all day. One switch for all
// names would cost a SYSCALL a quarter more.
func frequentUserType(name string) Type {
	switch name {
	case "USER_AUTH":
		return 1100
	case "USER_ACCT":
		return 1101
	case "CRED_ACQ":
		return 1103
	case "CRED_DISP":
		return 1104
	case "USER_START":
		return 1105
	case "USER_END":
		return 1106
	case "CRED_REFR":
		return 1110
	case "USER_LOGIN":
		return 1112
	case "USER_CMD":
		return 1123
	case "SERVICE_START":
		return 1130
	case "SERVICE_STOP":
		return 1131
	case "LOGIN":
		return 1006
	}
	return 0
}

// maxTypeName bounds an unlisted name; the longest known one has 25 bytes.
const maxTypeName = 64

func wellFormed(name string) bool {
	if name == "" || len(name) > maxTypeName || name[0] < 'A' || name[0] > 'Z' {
		return false
	}
	for i := range len(name) {
		if c := name[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

// Daemon reports whether auditd itself wrote the record: with serials of its own, which begin anywhere (audit-userspace,
// src/auditd-event.c).
func (t Type) Daemon() bool { return t >= 1200 && t <= 1299 }

// Single reports whether an event of this type has one record only: the kernel writes it outside a
// system call, or it comes from user space or auditd. Yes said wrongly would tear an event in two,
// no said wrongly only makes it wait, so every type that the kernel has written together with a
// SYSCALL record is a no: LOGIN, CONFIG_CHANGE, AVC, SECCOMP, ANOM_ABEND, the netlabel MAC_ types
// (auditd's own list takes those for single), and so is a type nobody knows.
//
// One exception is left, since 6.18: with two security modules that both label processes, a
// MAC_TASK_CONTEXTS record follows even a user-space one, whose subj field then is "?".
//
// Source: the callers of audit_log_start with a NULL context in kernel/audit.c and
// net/netfilter/xt_AUDIT.c; the ranges in include/uapi/linux/audit.h; audit_is_last_record in
// audit-userspace common/common.c.
func (t Type) Single() bool {
	const user, netfilterPkt, kernel = 1005, 1324, 2000
	return t >= 1100 && t <= 1299 || t >= 2100 && t <= 2999 ||
		t == user || t == netfilterPkt || t == kernel
}
