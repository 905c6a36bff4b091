package source

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// identity names a file as long as it is open; afterwards its inode may be another file's.
type identity struct{ dev, ino uint64 }

type stat struct {
	identity
	size  int64
	mtime int64 // nanoseconds
}

// kindError is a file that must not be followed.
type kindError struct{ path, msg string }

func (e *kindError) Error() string { return fmt.Sprintf("follow %q: %s", e.path, e.msg) }

var errUnstable = errors.New("the log is being rotated")

// open opens a log. Never through a link, and never a pipe or device: whoever may write to the
// directory could have it hang the agent or read what it should not.
func (f *File) open(path string) (*os.File, stat, error) {
	fd, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, stat{}, &kindError{path, "a symbolic link, want a regular file"}
	}
	if err != nil {
		return nil, stat{}, err
	}
	st, err := fstat(fd)
	if err == nil {
		err = f.check(fd)
	}
	if err != nil {
		fd.Close()
		return nil, stat{}, err
	}
	return fd, st, nil
}

func (f *File) check(fd *os.File) error {
	fi, err := fd.Stat()
	if err != nil {
		return err
	}
	if !fi.Mode().IsRegular() {
		return &kindError{fd.Name(), fmt.Sprintf("%v, want a regular file", fi.Mode().Type())}
	}
	uid := fi.Sys().(*syscall.Stat_t).Uid
	if !f.o.AnyOwner && uid != 0 && int(uid) != os.Geteuid() {
		return &kindError{fd.Name(), fmt.Sprintf("owned by uid %d, want root", uid)}
	}
	return nil
}

func lstat(path string) (stat, error) {
	fi, err := os.Lstat(path)
	if err != nil {
		return stat{}, err
	}
	return statOf(fi), nil
}

func fstat(fd *os.File) (stat, error) {
	fi, err := fd.Stat()
	if err != nil {
		return stat{}, err
	}
	return statOf(fi), nil
}

func sizeOf(fd *os.File) (int64, error) {
	st, err := fstat(fd)
	return st.size, err
}

func statOf(fi fs.FileInfo) stat {
	st := fi.Sys().(*syscall.Stat_t)
	return stat{identity{uint64(st.Dev), st.Ino}, fi.Size(), fi.ModTime().UnixNano()}
}

// print is the fingerprint of a file: its first line, or the first 64 KiB of that. The zero print is
// that of a file without a whole line, and is like no other.
type print struct {
	crc  uint32
	size int // bytes covered
}

const printMax = 64 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// printOf returns the print of a file that begins with b.
func printOf(b []byte) print {
	b = b[:min(len(b), printMax)]
	n := bytes.IndexByte(b, '\n') + 1
	if n == 0 && len(b) < printMax {
		return print{}
	}
	if n == 0 {
		n = printMax
	}
	return print{crc32.Checksum(b[:n], castagnoli), n}
}

func readPrint(fd *os.File) (print, error) {
	for size := 4 << 10; ; size = printMax {
		b := make([]byte, size)
		n, err := fd.ReadAt(b, 0)
		if err != nil && err != io.EOF {
			return print{}, err
		}
		if p := printOf(b[:n]); p.size > 0 || size == printMax || n < size {
			return p, nil
		}
	}
}

// matches reports whether the file still begins so. The zero print does not know.
func (p print) matches(fd *os.File) (bool, error) {
	if p.size == 0 {
		return true, nil
	}
	b := make([]byte, p.size)
	n, err := fd.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return false, err
	}
	return n == p.size && crc32.Checksum(b, castagnoli) == p.crc, nil
}

// sibling is the log (n 0) or one of its rotated files: path.n.
type sibling struct {
	stat
	path string
	n    int
}

// sweep lists the log and its rotated files, oldest first. A list made while files are renamed can
// have one twice or miss one, so two lists in a row must agree.
func sweep(path string) ([]sibling, error) {
	prev, err := list(path)
	for range 8 {
		if err != nil {
			return nil, err
		}
		var cur []sibling
		if cur, err = list(path); err == nil && slices.EqualFunc(prev, cur, sameName) {
			return cur, nil
		}
		prev = cur
	}
	return nil, cmp.Or(err, errUnstable)
}

func sameName(a, b sibling) bool { return a.identity == b.identity && a.n == b.n }

func list(path string) ([]sibling, error) {
	dir, base := filepath.Split(path)
	names, err := os.ReadDir(cmp.Or(dir, "."))
	if err != nil {
		return nil, err
	}
	var sibs []sibling
	for _, e := range names {
		n, ok := number(e.Name(), base)
		if !ok || !e.Type().IsRegular() {
			continue
		}
		st, err := lstat(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // renamed meanwhile: the next list will differ
		}
		if err != nil {
			return nil, err
		}
		sibs = append(sibs, sibling{st, filepath.Join(dir, e.Name()), n})
	}
	sortSiblings(sibs)
	return sibs, nil
}

func sortSiblings(sibs []sibling) {
	slices.SortFunc(sibs, func(a, b sibling) int { return cmp.Compare(b.n, a.n) })
}

// number returns N of a name base.N, and 0 for base itself.
func number(name, base string) (int, bool) {
	tail, ok := strings.CutPrefix(name, base)
	if !ok || tail == "" {
		return 0, ok
	}
	n, err := strconv.Atoi(strings.TrimPrefix(tail, "."))
	return n, err == nil && n > 0 && tail == "."+strconv.Itoa(n)
}
