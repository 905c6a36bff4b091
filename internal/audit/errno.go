package audit

import (
	"sync"

	"github.com/elastic/go-libaudit/v2/auparse"
)

// ErrnoName returns the name of the error that a system call returned in exit: "EINPROGRESS" for
// -115. It returns "" for success and for a number without a name. Where one number has two names it
// is the usual one: EAGAIN, EDEADLK, EOPNOTSUPP. The numbers are those of asm-generic: alpha, mips,
// parisc and sparc have others.
func ErrnoName(exit int64) string {
	n := -exit
	if table := errnoNames(); n > 0 && n < int64(len(table)) {
		return table[n]
	}
	return ""
}

// maxErrno is the highest number with a name, ENOGRACE.
const maxErrno = 531

var errnoNames = sync.OnceValue(func() []string {
	names := make([]string, maxErrno+1)
	for n, name := range auparse.AuditErrnoToName {
		if n > 0 && n <= maxErrno {
			names[n] = name
		}
	}
	copy(names[firstKernelErrno:], kernelErrnos[:])
	return names
})

const firstKernelErrno = 512

// kernelErrnos are not meant for user space, but an interrupted or odd driver's call is logged with
// them. Source: include/linux/errno.h.
var kernelErrnos = [...]string{
	"ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ENOIOCTLCMD", "ERESTART_RESTARTBLOCK",
	"EPROBE_DEFER", "EOPENSTALE", "ENOPARAM", "", "EBADHANDLE", "ENOTSYNC", "EBADCOOKIE", "ENOTSUPP",
	"ETOOSMALL", "ESERVERFAULT", "EBADTYPE", "EJUKEBOX", "EIOCBQUEUED", "ERECALLCONFLICT", "ENOGRACE",
}
