package source

import (
	"fmt"
	"os"
	"slices"
)

// moved reports whether path names another file than the one being read. No file, or no permission
// to look, is the middle of a rotation: wait.
func (f *File) moved() bool {
	st, err := lstat(f.path)
	if err != nil {
		f.wait = err
		return false
	}
	return st.identity != f.id
}

// leave goes from a drained file to the next newer one.
func (f *File) leave() (bool, error) {
	sibs, err := sweep(f.path)
	if err != nil {
		return f.stuck(err)
	}
	i := slices.IndexFunc(sibs, func(s sibling) bool { return s.identity == f.id })
	if i == len(sibs)-1 && i >= 0 {
		return f.stuck(f.notLog()) // the log was moved away again, or what has its name is none
	}
	if missed, err := f.missed(print{}); missed || err != nil || f.wait != nil {
		return missed, err
	}
	if more, err := f.rest(); more || err != nil {
		f.wait = err
		return more, nil
	}
	if i < 0 {
		return f.gone(sibs)
	}
	if i == len(sibs)-2 {
		return f.goLive(sibs[i+1])
	}
	return f.goTo(sibs[i+1:])
}

// notLog returns why what has the log's name cannot be read; nil if it can.
func (f *File) notLog() error {
	fd, _, err := f.open(f.path)
	if err == nil {
		fd.Close()
	}
	return err
}

// goLive enters the log from the file before it. copytruncate may copy the log and truncate it between the sweep and the
// open: then what was the next file is its copy, and the log is one further; or the file being read is the copy, and
// was empty a moment ago.
func (f *File) goLive(live sibling) (bool, error) {
	fd, first, err := f.openSibling(live)
	if err != nil {
		return f.stuck(err)
	}
	sibs, err := sweep(f.path)
	if n := len(sibs); err == nil && (n < 2 || sibs[n-1].identity != live.identity || sibs[n-2].identity != f.id) {
		err = errUnstable
	}
	if size, serr := sizeOf(f.fd); err == nil && (serr != nil || size > max(f.off, f.seen)) {
		err = errUnstable
	}
	if err != nil {
		fd.Close()
		return f.stuck(err)
	}
	f.enter(fd, live.identity, first)
	return true, nil
}

// goTo enters the first of the files, which are newer than the one being read, oldest first.
func (f *File) goTo(sibs []sibling) (bool, error) {
	next, live := sibs[0], sibs[len(sibs)-1]
	fd, first, err := f.openSibling(next)
	if err != nil {
		return f.stuck(err)
	}
	if next != live {
		// copytruncate is at work: the copy is there, the log not yet truncated. The log is read; if
		// it is truncated first, its first line tells, and the copy is found by it.
		if lfd, lfirst, err := f.openSibling(live); err != nil {
			fd.Close()
			return f.stuck(err)
		} else if lfirst == first && first.size > 0 {
			fd.Close()
			fd, next = lfd, live
		} else {
			lfd.Close()
		}
	}
	f.enter(fd, next.identity, first)
	return true, nil
}

// gone handles that no name leads to the file being read: it was replaced by a copy, or the oldest was
// removed, or somebody deleted the log. Files that were written to before ours was last are older.
func (f *File) gone(sibs []sibling) (bool, error) {
	for _, s := range sibs {
		fd, ok, err := f.openIf(s, f.first, f.off)
		if err != nil {
			return f.stuck(err)
		}
		if ok {
			f.change(fd, s.identity)
			return true, nil
		}
	}
	live := len(sibs) - 1
	if live < 0 || sibs[live].n != 0 {
		return f.stuck(errUnstable)
	}
	newer, err := f.newer(sibs)
	if err != nil {
		return f.stuck(err)
	}
	old, off := f.id, f.off
	if more, err := f.goAfter(sibs, newer); !more || err != nil {
		return more, err
	}
	return true, f.gap(fmt.Sprintf("the file being read (inode %d, offset %d) is gone: records may be lost", old.ino, off))
}

// gap says what may be missing between the last record and the file just entered.
func (f *File) gap(msg string) error {
	until, _ := stampAfter(f.fd)
	if !until.after(f.newest) {
		until = Stamp{} // records that were read before, or a clock that was set back
	}
	return &GapError{Source: f.path, Msg: msg, After: f.newest, Until: until}
}

// newer returns the index of the oldest file with records later than those handed out; where none has, since the clock
// was set back, of the oldest that was written to after the one being read, which has no name any more.
func (f *File) newer(sibs []sibling) (int, error) {
	i, empty, err := f.firstLater(sibs, f.newest)
	if err != nil || i >= 0 {
		return i, err
	}
	ours, err := fstat(f.fd)
	if err != nil || empty {
		return len(sibs) - 1, err
	}
	i = slices.IndexFunc(sibs, func(s sibling) bool {
		return s.mtime > ours.mtime || s.mtime == ours.mtime && !f.read(s.identity)
	})
	if i < 0 {
		i = len(sibs) - 1
	}
	return i, nil
}

// read reports whether records of the file were handed out.
func (f *File) read(id identity) bool {
	return slices.ContainsFunc(f.segs, func(s segment) bool { return s.id == id })
}

// openSibling opens the file of a sweep; an error if its name leads to another file by now.
func (f *File) openSibling(s sibling) (*os.File, print, error) {
	fd, st, err := f.open(s.path)
	if err != nil {
		return nil, print{}, err
	}
	first, err := readPrint(fd)
	if err == nil && st.identity != s.identity {
		err = errUnstable
	}
	if err != nil {
		fd.Close()
		return nil, print{}, err
	}
	return fd, first, nil
}

// openIf opens the file if it begins with the line first and has at least size bytes.
func (f *File) openIf(s sibling, first print, size int64) (*os.File, bool, error) {
	if first.size == 0 || s.size < size {
		return nil, false, nil
	}
	fd, p, err := f.openSibling(s)
	if err != nil {
		return nil, false, err
	}
	if p != first {
		fd.Close()
		return nil, false, nil
	}
	return fd, true, nil
}
