package trust

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	openPath = unix.O_PATH | unix.O_CLOEXEC // a place in the tree, without permission to read it
	maxLinks = 40                           // as the kernel's
	maxSteps = 4096
)

// walker goes down a path.
type walker struct {
	euid int
	fd   int    // where it is; -1: nowhere
	at   string // the name of that
	mode uint32
	kept []string // steps left, the next one last

	links, steps int
}

// walk goes to the end of path and checks all on the way.
func walk(path string, euid int) (*walker, error) {
	path, err := absolute(path)
	if err != nil {
		return nil, err
	}
	w := &walker{euid: euid, fd: -1}
	w.push(path)
	if err := w.root(); err != nil {
		return nil, err
	}
	for len(w.kept) > 0 {
		if err := w.step(); err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

// push puts the steps of a path before those left.
func (w *walker) push(path string) {
	steps := strings.Split(path, "/")
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i] != "" && steps[i] != "." {
			w.kept = append(w.kept, steps[i])
		}
	}
}

func (w *walker) root() error {
	w.close()
	fd, err := syscall.Open("/", openPath|syscall.O_DIRECTORY, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: "/", Err: err}
	}
	w.fd, w.at = fd, "/"
	return w.check()
}

// step takes the next step.
func (w *walker) step() error {
	if w.steps++; w.steps > maxSteps {
		return &Error{w.at, "too many steps on the way"}
	}
	name := w.kept[len(w.kept)-1]
	w.kept = w.kept[:len(w.kept)-1]
	if w.mode&syscall.S_IFMT != syscall.S_IFDIR {
		return &os.PathError{Op: "open", Path: w.at + "/" + name, Err: syscall.ENOTDIR}
	}
	fd, err := syscall.Openat(w.fd, name, openPath|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: join(w.at, name), Err: err}
	}
	up := w.fd
	parent := w.at
	w.fd, w.at = fd, join(w.at, name)
	err = w.check()
	if err == nil && w.mode&syscall.S_IFMT == syscall.S_IFLNK {
		return w.follow(up, parent, name)
	}
	syscall.Close(up)
	return err
}

// follow goes on where the link leads that was just entered.
func (w *walker) follow(up int, parent, name string) error {
	link := w.at
	syscall.Close(w.fd)
	w.fd, w.at = up, parent
	if w.links++; w.links > maxLinks {
		return &os.PathError{Op: "open", Path: link, Err: syscall.ELOOP}
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(up, name, buf)
	if err != nil {
		return &os.PathError{Op: "readlink", Path: link, Err: err}
	}
	target := string(buf[:n])
	w.push(target)
	if strings.HasPrefix(target, "/") {
		return w.root()
	}
	return w.check() // for the mode: that of the link was the last
}

// check holds what w is at to the rules. The directory around it was checked before.
func (w *walker) check() error {
	var st syscall.Stat_t
	if err := syscall.Fstat(w.fd, &st); err != nil {
		return &os.PathError{Op: "stat", Path: w.at, Err: err}
	}
	w.mode = st.Mode
	if why := refusal(&st, w.euid); why != "" {
		return &Error{w.at, why}
	}
	return nil
}

// refusal says why a file is not to be trusted; "" if it is. In a sticky directory nobody but its owner and that of the
// file may rename or remove the file, so a file of our own is as safe there as elsewhere.
func refusal(st *syscall.Stat_t, euid int) string {
	kind := st.Mode & syscall.S_IFMT
	perm := st.Mode & 0o7777
	switch {
	case st.Uid != 0 && int(st.Uid) != euid:
		return fmt.Sprintf("belongs to uid %d: chown root", st.Uid)
	case kind == syscall.S_IFLNK: // the mode of a link means nothing
		return ""
	case kind == syscall.S_IFDIR && perm&syscall.S_ISVTX != 0:
		return ""
	case perm&0o002 != 0:
		return fmt.Sprintf("others may write it (mode %04o): chmod go-w", perm)
	case perm&0o020 != 0:
		return fmt.Sprintf("the group may write it (mode %04o): chmod go-w", perm)
	}
	return ""
}

// reopen opens for reading what w is at. A fifo or a device was refused before, so this does not wait.
func (w *walker) reopen(path string) (*os.File, error) {
	defer w.close()
	fd, err := syscall.Open(fmt.Sprintf("/proc/self/fd/%d", w.fd), syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ENOENT) { // no /proc here
		return w.reopenByName(path)
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// reopenByName opens the name and makes sure that it is the same file.
func (w *walker) reopenByName(path string) (*os.File, error) {
	f, err := os.OpenFile(w.at, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	var was, is syscall.Stat_t
	if err := errors.Join(syscall.Fstat(w.fd, &was), syscall.Fstat(int(f.Fd()), &is)); err != nil || was.Dev != is.Dev || was.Ino != is.Ino {
		return nil, errors.Join(&Error{path, "replaced while it was opened"}, err, f.Close())
	}
	return f, nil
}

func (w *walker) close() {
	if w.fd >= 0 {
		syscall.Close(w.fd)
		w.fd = -1
	}
}

func join(dir, name string) string {
	if dir == "/" {
		return dir + name
	}
	return dir + "/" + name
}
