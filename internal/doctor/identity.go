package doctor

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// identity is by what a process may open files.
type identity struct {
	uid    uint32
	groups []uint32
	reads  bool // whatever their mode
}

// The capabilities that read all: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH.
const readsAll = 1<<1 | 1<<2

// identityOf reads that of a process.
func identityOf(pid int) (identity, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return identity{}, err
	}
	return parseStatus(string(text))
}

func parseStatus(text string) (who identity, err error) {
	for line := range strings.Lines(text) {
		name, rest, _ := strings.Cut(line, ":")
		f := strings.Fields(rest)
		switch {
		case name == "Uid" && len(f) == 4:
			n, perr := strconv.ParseUint(f[3], 10, 32) // that of files
			who.uid, err = uint32(n), perr
		case name == "Gid" && len(f) == 4, name == "Groups":
			if name == "Gid" {
				f = f[3:]
			}
			for _, g := range f {
				n, perr := strconv.ParseUint(g, 10, 32)
				if perr != nil {
					return who, perr
				}
				who.groups = append(who.groups, uint32(n))
			}
		case name == "CapEff" && len(f) == 1:
			n, perr := strconv.ParseUint(f[0], 16, 64)
			if perr != nil {
				return who, perr
			}
			who.reads = n&readsAll != 0
		}
		if err != nil {
			return who, err
		}
	}
	return who, nil
}

// barred says what keeps a process from reading a file, by the modes on the way to it; "" if nothing does.
func (who *identity) barred(path string) string {
	if who.reads {
		return ""
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if why := who.lacks(dir, 0o1); why != "" {
			return why
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return who.lacks(path, 0o4)
}

func (who *identity) lacks(path string, bit fs.FileMode) string {
	info, err := os.Stat(path)
	if err != nil {
		return err.Error()
	}
	st := info.Sys().(*syscall.Stat_t)
	mode := info.Mode().Perm()
	switch {
	case st.Uid == who.uid:
		mode >>= 6
	case slices.Contains(who.groups, st.Gid):
		mode >>= 3
	}
	if mode&bit != 0 {
		return ""
	}
	return fmt.Sprintf("%s has mode %04o, uid %d, gid %d", path, info.Mode().Perm(), st.Uid, st.Gid)
}

func ownerOf(info fs.FileInfo) uint32 { return info.Sys().(*syscall.Stat_t).Uid }
