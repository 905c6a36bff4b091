package procfs

import (
	"io/fs"
	"syscall"
)

// owner returns the uid that owns a file; a process's directory is owned by its effective user.
func owner(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}
