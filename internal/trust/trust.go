// Package trust opens files that decide what the agent sees (its configuration, its rules, its state) and refuses those
// that anybody else could have written.
//
// What surprised us: the mode of the file is the smaller half. Who may write a directory on the way may put another file
// in its place; so may who owns a symbolic link on the way, and who owns the file may change its mode. A directory that
// everybody may write is safe all the same if it is sticky, as /tmp is, and what lies in it is ours.
//
// The invariant: what was checked is what is used. Every step of a path is opened relative to the one before, without
// following links; a link is followed by hand, and only if root or this user made it. Checks are of the descriptor, never
// of a name.
package trust

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Error says which file is refused, and why.
type Error struct {
	Path string // the file, directory or link at fault, which may be on the way to the one asked for
	Why  string
}

func (e *Error) Error() string { return fmt.Sprintf("%s: refused: %s", e.Path, e.Why) }

// Open opens a regular file for reading. The file and all directories and links on its way must belong to root or to the
// effective user, and be writable by their owner only. A refusal is an *Error; others are those of the system.
func Open(path string) (*os.File, error) { return open(path, os.Geteuid()) }

// Dir is Open for a directory. What is in it is not looked at.
func Dir(path string) (*os.File, error) { return openDir(path, os.Geteuid()) }

// ReadFile returns what a file holds; over max bytes it is refused.
func ReadFile(path string, max int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, max+1))
	if err == nil && int64(len(b)) > max {
		err = &Error{path, fmt.Sprintf("over %d bytes", max)}
	}
	return b, err
}

func open(path string, euid int) (*os.File, error) {
	w, err := walk(path, euid)
	if err != nil {
		return nil, err
	}
	if w.mode&syscall.S_IFMT != syscall.S_IFREG {
		w.close()
		return nil, &Error{path, "not a regular file"}
	}
	return w.reopen(path)
}

func openDir(path string, euid int) (*os.File, error) {
	w, err := walk(path, euid)
	if err != nil {
		return nil, err
	}
	if w.mode&syscall.S_IFMT != syscall.S_IFDIR {
		w.close()
		return nil, &Error{path, "not a directory"}
	}
	return w.reopen(path)
}

// Private is Dir for a directory that only its owner may look into, such as that of the state: it must belong to the
// effective user.
func Private(path string) (*os.File, error) {
	f, err := Dir(path)
	if err != nil {
		return nil, err
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(int(f.Fd()), &st); err != nil {
		return nil, errors.Join(&os.PathError{Op: "stat", Path: path, Err: err}, f.Close())
	}
	if int(st.Uid) != os.Geteuid() {
		return nil, errors.Join(&Error{path, fmt.Sprintf("belongs to uid %d, and this is uid %d", st.Uid, os.Geteuid())}, f.Close())
	}
	return f, nil
}

// absolute makes the path absolute and keeps "..": after a link it does not mean what it seems to.
func absolute(path string) (string, error) {
	if path == "" {
		return "", &Error{`""`, "no path"}
	}
	if strings.ContainsRune(path, 0) {
		return "", &Error{fmt.Sprintf("%q", path), "NUL in the path"}
	}
	if filepath.IsAbs(path) {
		return path, nil
	}
	dir, err := os.Getwd()
	return dir + "/" + path, err
}
