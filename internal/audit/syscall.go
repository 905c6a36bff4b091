package audit

import (
	"strconv"

	"github.com/elastic/go-libaudit/v2/auparse"
)

// SyscallName returns the name of a system call for the arch and syscall fields of a SYSCALL record:
// "execve" for "c000003e" and "59". It returns "" for what the tables do not know.
func SyscallName(arch, number string) string {
	a, err := strconv.ParseUint(arch, 16, 32)
	if err != nil {
		return ""
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return ""
	}
	return auparse.AuditSyscalls[auparse.AuditArch(a).String()][n]
}
