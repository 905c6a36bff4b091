package doctor

import (
	"runtime"
	"syscall"
)

// compat reports whether this kernel runs 32-bit programs. On arm64 many machines cannot, and there the kernel refuses to be
// asked for it (arch/arm64/kernel/sys.c); on x86 it is taken for granted, since its rules cost nothing.
func compat() bool {
	if runtime.GOARCH != "arm64" {
		return true
	}
	const linux32, query = 0x0008, 0xffffffff
	runtime.LockOSThread() // it is of the thread
	defer runtime.UnlockOSThread()
	was, _, errno := syscall.RawSyscall(syscall.SYS_PERSONALITY, query, 0, 0)
	if errno != 0 {
		return true
	}
	if _, _, errno = syscall.RawSyscall(syscall.SYS_PERSONALITY, linux32, 0, 0); errno != 0 {
		return false
	}
	_, _, _ = syscall.RawSyscall(syscall.SYS_PERSONALITY, was, 0, 0)
	return true
}
