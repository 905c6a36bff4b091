// Package confine takes from this process what it does not need: capabilities, new privileges, core dumps, and with
// Landlock the files outside a list. The systemd unit does the same from outside; this holds where there is no systemd, and
// when root starts the agent by hand.
//
// What surprised us: these are attributes of a thread, not of the process. A Go program has many threads and moves between
// them, so each call is made for all of them (syscall.AllThreadsSyscall), which the runtime does only without cgo, as the
// product is built. A later thread takes after the one that makes it.
//
// The invariant: nothing here widens what the process may do, and each part works or fails by itself: an agent that could
// confine itself only by half runs all the same, and says so.
package confine

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Harden makes the process and its children unable to gain privileges by execve, and unable to be traced or dumped by
// other processes of its user.
func Harden() error {
	var errs []error
	if err := allThreads("prctl PR_SET_NO_NEW_PRIVS", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0); err != nil {
		errs = append(errs, err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		errs = append(errs, fmt.Errorf("prctl PR_SET_DUMPABLE: %w", err))
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		errs = append(errs, fmt.Errorf("setrlimit RLIMIT_CORE: %w", err))
	}
	return errors.Join(errs...)
}

// allThreads makes one system call in every thread. The error wraps errors.ErrUnsupported in a program with cgo.
func allThreads(name string, trap, a1, a2, a3 uintptr) error {
	_, _, errno := syscall.AllThreadsSyscall6(trap, a1, a2, a3, 0, 0, 0)
	if errno == syscall.ENOTSUP {
		return fmt.Errorf("%s: %w in a program with cgo", name, errors.ErrUnsupported)
	}
	if errno != 0 {
		return fmt.Errorf("%s: %w", name, errno)
	}
	return nil
}

// Capabilities is a set of them, by their numbers.
type Capabilities uint64

// Of returns the set of the capabilities with these numbers (unix.CAP_…).
func Of(caps ...uint) (set Capabilities) {
	for _, c := range caps {
		set |= 1 << c
	}
	return set
}

// Has reports whether all of want are in the set.
func (c Capabilities) Has(want Capabilities) bool { return c&want == want }

// Effective returns the capabilities that this process has now.
func Effective() (Capabilities, error) {
	_, data, err := capget()
	if err != nil {
		return 0, err
	}
	return Capabilities(data[0].Effective) | Capabilities(data[1].Effective)<<32, nil
}

func capget() (hdr unix.CapUserHeader, data [2]unix.CapUserData, err error) {
	hdr.Version = unix.LINUX_CAPABILITY_VERSION_3
	if err = unix.Capget(&hdr, &data[0]); err != nil {
		err = fmt.Errorf("capget: %w", err)
	}
	return hdr, data, err
}

// Keep gives up all capabilities but those in set, for good: also the bounding set, where that is allowed. It returns those
// that are left.
func Keep(set Capabilities) (Capabilities, error) {
	hdr, data, err := capget()
	if err != nil {
		return 0, err
	}
	have := Capabilities(data[0].Permitted) | Capabilities(data[1].Permitted)<<32
	errs := []error{bound(have, set)}
	left := have & set
	for i := range data {
		part := uint32(left >> (32 * i))
		data[i] = unix.CapUserData{Effective: part, Permitted: part}
	}
	errs = append(errs, allThreads("prctl PR_CAP_AMBIENT", unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0))
	// unsafe: no library sets capabilities of all threads without cgo. The kernel reads both and keeps neither.
	errs = append(errs, allThreads("capset", unix.SYS_CAPSET, uintptr(unsafe.Pointer(&hdr)), uintptr(unsafe.Pointer(&data[0])), 0))
	runtime.KeepAlive(&data)
	now, err := Effective()
	return now, errors.Join(append(errs, err)...)
}

// bound takes from the bounding set what is not in set. It needs CAP_SETPCAP, and means little after Harden.
func bound(have, set Capabilities) error {
	if !have.Has(Of(unix.CAP_SETPCAP)) {
		return nil
	}
	for c := uintptr(0); c < 64; c++ {
		if set&(1<<c) != 0 {
			continue
		}
		if in, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, c, 0, 0, 0); err != nil || in == 0 { // an error: there are no more
			continue
		}
		if err := allThreads("prctl PR_CAPBSET_DROP", unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c, 0); err != nil {
			return err
		}
	}
	return nil
}
