package names

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// stamp tells whether a file changed. The time of change of the inode is in it since that of the content can be set back,
// and since file systems give the number of an inode to the next file soon.
type stamp struct {
	dev, inode     uint64
	size           int64
	mtime, changed syscall.Timespec
}

func stampOf(info fs.FileInfo) stamp {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		panic("names: a file without an inode")
	}
	return stamp{st.Dev, st.Ino, st.Size, st.Mtim, st.Ctim}
}

// reload reads the file of db if it is not the one read before. If it cannot, what is known stays: an editor may be at work.
func (u *Users) reload(db database) {
	path := filepath.Join(u.o.Root, "etc", db.String())
	info, err := os.Stat(path)
	if err == nil && stampOf(info) == u.stamps[db] {
		return
	}
	if err == nil {
		err = u.load(db, path)
	}
	if err != nil {
		u.count(func(s *Stats) {
			s.Unread++
			s.Err = fmt.Errorf("read names: %w", err)
		})
	}
}

func (u *Users) load(db database, path string) error {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a named pipe must not make us wait for its writer
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("read %q: not a regular file", path)
	}
	names, bad, cut, err := parse(io.LimitReader(f, u.o.MaxBytes), u.o.MaxNames)
	if err != nil {
		return err
	}
	u.stamps[db] = stampOf(info) // from before the reading: what changes meanwhile makes another stamp
	t := *u.tables[db].Load()
	t.file = names
	u.tables[db].Store(&t)
	u.count(func(s *Stats) {
		s.Reads++
		s.BadLines += bad
		if cut || info.Size() > u.o.MaxBytes {
			s.Cut++
		}
	})
	return nil
}

// maxLine bounds what is looked at of a line. All we need is at its start; a group's members may be thousands.
const maxLine = 4096

// parse reads the lines of passwd or group up to limit names. Of several names for an id the first counts, as for glibc.
func parse(r io.Reader, limit int) (names map[uint32]string, bad uint64, cut bool, err error) {
	names = make(map[uint32]string)
	lines := bufio.NewReaderSize(r, maxLine)
	for err == nil {
		var line []byte
		line, err = lines.ReadSlice('\n')
		id, name, ok := parseLine(line)
		switch {
		case !ok && !ignored(line):
			bad++
		case ok && names[id] == "":
			if len(names) == limit {
				return names, bad, true, nil
			}
			names[id] = name
		}
		for errors.Is(err, bufio.ErrBufferFull) { // the rest of a long line
			_, err = lines.ReadSlice('\n')
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return names, bad, false, err
}

// ignored tells whether a line has no name by right: empty, a comment, or what NIS adds and takes away, as in "+@admins::::::".
func ignored(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) == 0 || line[0] == '#' || line[0] == '+' || line[0] == '-'
}

// parseLine returns the first and the third of the fields of a line of passwd or group. The colon after the third must
// be there: without it a torn line would give 10 for 1000.
func parseLine(line []byte) (id uint32, name string, ok bool) {
	if ignored(line) {
		return 0, "", false
	}
	fields := bytes.SplitN(bytes.TrimLeft(line, " \t"), []byte(":"), 4)
	if len(fields) < 4 || !valid(fields[0]) {
		return 0, "", false
	}
	n, err := strconv.ParseUint(string(fields[2]), 10, 32)
	if err != nil || n == math.MaxUint32 {
		return 0, "", false
	}
	return uint32(n), string(fields[0]), true
}

// maxName is the most bytes of a name: LOGIN_NAME_MAX of Linux.
const maxName = 256

// valid tells whether a name can be shown. Names of a directory may have blanks, backslashes and any letters; what has
// control bytes, or marks that turn the direction of text, is an attack on who reads it.
func valid(name []byte) bool {
	if len(name) == 0 || len(name) > maxName || !utf8.Valid(name) {
		return false
	}
	return bytes.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
