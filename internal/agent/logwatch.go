package agent

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// logWatch looks at how the audit log is protected. auditd gives it mode 0600, or 0640 with log_group, and changes owner and
// group while it rotates; anything wider lets others read what commands held, or write it.
type logWatch struct {
	path  string
	known bool
	odd   bool        // not a regular file
	mode  os.FileMode // of what is wider than 0640
	uid   uint32
	flags uint32 // append-only and immutable, where the file system has them
}

const protection = unix.STATX_ATTR_APPEND | unix.STATX_ATTR_IMMUTABLE

// look returns what became worse since the last look.
func (w *logWatch) look() (worse []string) {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, w.path, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BASIC_STATS, &st); err != nil {
		return nil // a rotation, or it is told as unreadable
	}
	mode, flags := os.FileMode(st.Mode)&0o777&^0o640, uint32(st.Attributes&protection)
	if w.known {
		if more := mode &^ w.mode; more != 0 {
			worse = append(worse, fmt.Sprintf("mode %04o", st.Mode&0o7777))
		}
		if st.Uid != w.uid {
			worse = append(worse, fmt.Sprintf("owner %d, was %d", st.Uid, w.uid))
		}
		if w.flags&^flags != 0 {
			worse = append(worse, "no longer append-only or immutable")
		}
	}
	odd := st.Mode&syscall.S_IFMT != syscall.S_IFREG
	if odd && !w.odd {
		worse = append(worse, "not a regular file")
	}
	w.known, w.odd, w.mode, w.uid, w.flags = true, odd, mode, st.Uid, flags
	return worse
}
