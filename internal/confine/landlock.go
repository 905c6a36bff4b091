package confine

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Files are those that a process may use from now on. A path that does not exist stands for the nearest directory above
// it, so that what is made later can be read; a directory is for all that is below it.
type Files struct {
	Read    []string // to read and list
	Execute []string // and to execute
	Write   []string // to read, write, make and remove
}

// What Landlock handles, by the version of the kernel's interface that has it (include/uapi/linux/landlock.h).
const (
	readRights  = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	writeRights = readRights | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR |
		unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | refer | truncate
	allRights = writeRights | unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO |
		unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK | unix.LANDLOCK_ACCESS_FS_MAKE_SYM | ioctl
	ofFiles = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_EXECUTE | truncate | ioctl

	refer    = 1 << 13 // since version 2
	truncate = 1 << 14 // since version 3
	ioctl    = 1 << 15 // since version 5
)

// handled returns the rights that a version of the interface knows.
func handled(version int) uint64 {
	rights := uint64(allRights)
	for _, r := range []struct {
		since int
		right uint64
	}{{2, refer}, {3, truncate}, {5, ioctl}} {
		if version < r.since {
			rights &^= r.right
		}
	}
	return rights
}

// LandlockVersion returns the version of the kernel's Landlock interface. The error wraps errors.ErrUnsupported where there is none.
func LandlockVersion() (int, error) {
	v, _, errno := syscall.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno == syscall.ENOSYS || errno == syscall.EOPNOTSUPP {
		return 0, fmt.Errorf("landlock: %w by this kernel", errors.ErrUnsupported)
	}
	if errno != 0 {
		return 0, fmt.Errorf("landlock: %w", errno)
	}
	return int(v), nil
}

// Landlock takes all files from the process but those given, for good; those that are open stay open. Harden must have been
// called. Sockets are no files here: it restricts neither connect nor bind.
func Landlock(f Files) error {
	version, err := LandlockVersion()
	if err != nil {
		return err
	}
	rights := handled(version)
	attr := unix.LandlockRulesetAttr{Access_fs: rights}
	// unsafe: no library without cgo makes these calls for all threads. The kernel reads the argument and keeps it not. Its
	// size is that of the first version's, which has the files only.
	fd, _, errno := syscall.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr.Access_fs), 0)
	runtime.KeepAlive(&attr)
	if errno != 0 {
		return fmt.Errorf("landlock_create_ruleset: %w", errno)
	}
	defer syscall.Close(int(fd))
	for _, l := range []struct {
		paths  []string
		rights uint64
	}{{f.Read, readRights}, {f.Execute, readRights | unix.LANDLOCK_ACCESS_FS_EXECUTE}, {f.Write, writeRights}} {
		for _, p := range l.paths {
			if err := allow(int(fd), p, l.rights&rights); err != nil {
				return err
			}
		}
	}
	return allThreads("landlock_restrict_self", unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0)
}

// allow adds a path, or the nearest directory above it, to a set of rules.
func allow(set int, path string, rights uint64) error {
	fd, err := nearest(path)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return fmt.Errorf("landlock %q: %w", path, err)
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFDIR {
		rights &= ofFiles
	}
	attr := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)}
	_, _, errno := syscall.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(set), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&attr)), 0, 0, 0)
	runtime.KeepAlive(&attr)
	if errno != 0 {
		return fmt.Errorf("landlock_add_rule %q: %w", path, errno)
	}
	return nil
}

// nearest opens a path, or the nearest directory above it. The root itself is not that: a missing /x must not allow all.
func nearest(path string) (int, error) {
	for p := filepath.Clean(path); ; p = filepath.Dir(p) {
		if p == "/" && filepath.Clean(path) != "/" || p == "." {
			return -1, fmt.Errorf("landlock %q: %w, nor a directory above it", path, fs.ErrNotExist)
		}
		fd, err := syscall.Open(p, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err == nil {
			return fd, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return -1, fmt.Errorf("landlock %q: %w", path, err)
		}
	}
}
