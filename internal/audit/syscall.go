package audit

import (
	"slices"
	"sync"

	"github.com/elastic/go-libaudit/v2/auparse"
)

// The values of a SYSCALL record's arch field that have a table. Source: include/uapi/linux/audit.h.
const (
	archX86_64      = 0xc000003e
	archI386        = 0x40000003
	archAarch64     = 0xc00000b7
	archARM         = 0x40000028
	archPPC         = 0x14
	archPPC64       = 0x80000015
	archPPC64LE     = 0xc0000015
	archS390        = 0x16
	archS390X       = 0x80000016
	archRISCV32     = 0x400000f3
	archRISCV64     = 0xc00000f3
	archLoongarch64 = 0xc0000102
)

// SyscallName returns auditd's name of a system call, the one an ENRICHED log has too: "execve" for
// 0xc000003e and 59. It returns "" for what the tables do not know.
func SyscallName(arch uint32, number int) string {
	if arch == archX86_64 && number&x32Bit != 0 {
		number &^= x32Bit
		if i := number - firstX32; i >= 0 && i < len(x32Names) {
			return x32Names[i]
		}
	}
	if names := syscallNames(arch); number >= 0 && number < len(names) {
		return names[number]
	}
	return ""
}

// SyscallNumber is the inverse of SyscallName, without x32's own numbers. It searches, in up to 0.5 µs.
func SyscallNumber(arch uint32, name string) (int, bool) {
	if name == "" {
		return 0, false
	}
	i := slices.Index(syscallNames(arch), name)
	return max(i, 0), i >= 0
}

// SyscallNames returns every name that SyscallName can return, sorted.
func SyscallNames() []string {
	all := slices.Clone(x32Names[:])
	for _, arch := range []uint32{archX86_64, archI386, archAarch64, archRISCV64, archARM, archPPC, archS390, archS390X} {
		all = append(all, syscallNames(arch)...)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(name string) bool { return name == "" })
}

// ArchName returns auditd's name of an arch field: "x86_64" for 0xc000003e, or "" if unknown.
func ArchName(arch uint32) string {
	switch arch {
	case archX86_64:
		return "x86_64"
	case archI386:
		return "i386"
	case archAarch64:
		return "aarch64"
	case archRISCV32:
		return "riscv32"
	case archRISCV64:
		return "riscv64"
	}
	return auparse.AuditArchNames[auparse.AuditArch(arch)]
}

// syscallNames returns the names indexed by number. riscv64 and loongarch64 use the numbers of
// aarch64, which are asm-generic's; the two powerpcs share one table.
func syscallNames(arch uint32) []string {
	switch arch {
	case archX86_64:
		return namesX86_64()
	case archI386:
		return namesI386()
	case archAarch64, archLoongarch64:
		return namesAarch64()
	case archRISCV64:
		return namesRISCV64()
	case archARM:
		return namesARM()
	case archPPC, archPPC64, archPPC64LE:
		return namesPPC()
	case archS390:
		return namesS390()
	case archS390X:
		return namesS390X()
	}
	return nil
}

// A table is built when its arch is first seen, in 11 µs: few logs have more than one or two.
var (
	namesX86_64  = tableOf("x86_64", syscallFix{335, "uretprobe"}, syscallFix{336, "uprobe"})
	namesI386    = tableOf("i386", syscallFix{219, "madvise"}) // go-libaudit took its obsolete name madvise1
	namesAarch64 = tableOf("aarch64")
	namesRISCV64 = tableOf("aarch64", syscallFix{258, "riscv_hwprobe"}, syscallFix{259, "riscv_flush_icache"})
	namesARM     = tableOf("arm", syscallFix{335, "pselect6"}, syscallFix{336, "ppoll"}, syscallFix{346, "epoll_pwait"})
	namesPPC     = tableOf("ppc")
	namesS390    = tableOf("s390")
	namesS390X   = tableOf("s390x")
)

// syscallFix is a name that go-libaudit 2.6.2 lacks or has wrong.
// Source: arch/x86/entry/syscalls/syscall_{32,64}.tbl, arch/arm/tools/syscall.tbl, scripts/syscall.tbl.
type syscallFix struct {
	number int
	name   string
}

// newSyscalls follow go-libaudit's last one, 462 mseal. Since 424 all arches number alike. Source:
// scripts/syscall.tbl (6.18 ends with file_setattr) and audit-userspace lib/x86_64_table.h.
var newSyscalls = [...]string{
	"setxattrat", "getxattrat", "listxattrat", "removexattrat", "open_tree_attr", "file_getattr",
	"file_setattr", "listns", "rseq_slice_yield",
}

const firstNewSyscall = 463

func tableOf(machine string, fixes ...syscallFix) func() []string {
	return sync.OnceValue(func() []string {
		names := make([]string, firstNewSyscall+len(newSyscalls))
		for n, name := range auparse.AuditSyscalls[machine] {
			if n >= len(names) {
				names = append(names, make([]string, n+1-len(names))...)
			}
			names[n] = name
		}
		copy(names[firstNewSyscall:], newSyscalls[:])
		for _, fix := range fixes {
			names[fix.number] = fix.name
		}
		return names
	})
}

// x32 programs have arch x86_64 and this bit in the number. They use x86_64's numbers, but for the
// 36 below. Before kernel 5.4 the bit made no other call fail either, so execve with it did exec:
// it has a name here too. Source: arch/x86/entry/syscalls/syscall_64.tbl.
const (
	x32Bit   = 0x40000000
	firstX32 = 512
)

var x32Names = [...]string{
	"rt_sigaction", "rt_sigreturn", "ioctl", "readv", "writev", "recvfrom", "sendmsg", "recvmsg",
	"execve", "ptrace", "rt_sigpending", "rt_sigtimedwait", "rt_sigqueueinfo", "sigaltstack",
	"timer_create", "mq_notify", "kexec_load", "waitid", "set_robust_list", "get_robust_list",
	"vmsplice", "move_pages", "preadv", "pwritev", "rt_tgsigqueueinfo", "recvmmsg", "sendmmsg",
	"process_vm_readv", "process_vm_writev", "setsockopt", "getsockopt", "io_setup", "io_submit",
	"execveat", "preadv2", "pwritev2",
}

// CloneThread is the flag of clone(2) that makes a thread, not a process. Source: include/uapi/linux/sched.h.
const CloneThread = 0x10000
