package source

import (
	"fmt"
	"os"
	"slices"
)

// opened is a file with its print.
type opened struct {
	fd    *os.File
	first print
}

// resume finds the file of the cursor: by inode and first line, else by first line (copytruncate, or
// another device number after a boot).
func (f *File) resume() (bool, error) {
	sibs, err := sweep(f.path)
	if err != nil || len(sibs) == 0 {
		return f.stuck(err)
	}
	from := f.o.From
	slices.SortStableFunc(sibs, func(a, b sibling) int {
		return btoi(from.sameFile(b.identity, f.boot)) - btoi(from.sameFile(a.identity, f.boot))
	})
	for _, s := range sibs {
		fd, first, err := f.openSibling(s)
		if err != nil {
			return f.stuck(err)
		}
		if f.fits(from, s, opened{fd, first}) {
			f.newest = from.Before
			f.enter(fd, s.identity, first)
			f.startAt(from.Offset)
			return true, nil
		}
		fd.Close()
	}
	sortSiblings(sibs)
	return f.resumeAfter(sibs)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// resumeAfter goes to the oldest file that has records later than the cursor's, or to the oldest one left where none
// can tell. What was read before is read again rather than anything left out.
func (f *File) resumeAfter(sibs []sibling) (bool, error) {
	f.newest = f.o.From.Before
	begin := 0
	for i, s := range sibs {
		later, err := f.later(s)
		if err != nil {
			return f.stuck(err)
		}
		if later {
			begin = i
			break
		}
	}
	if more, err := f.goTo(sibs[begin:]); !more || err != nil {
		return more, err
	}
	from := f.o.From
	return true, f.gap(fmt.Sprintf("the file of the saved position (inode %d, offset %d) is gone: records may be lost", from.Inode, from.Offset))
}

// later reports whether the last record of a file comes after the cursor.
func (f *File) later(s sibling) (bool, error) {
	if f.o.From.Before == (Stamp{}) {
		return true, nil
	}
	fd, _, err := f.openSibling(s)
	if err != nil {
		return false, err
	}
	defer fd.Close()
	st, ok := stampBefore(fd, s.size)
	return ok && st.after(f.o.From.Before), nil
}

// Lag returns how many bytes of the log are not read yet, in the file being read and those after it, and how many the
// log and its rotated files have in all. What is behind by as much as auditd keeps is lost with the next rotation.
func (f *File) Lag() (behind, kept int64) {
	sibs, err := sweep(f.path)
	if err != nil || f.fd == nil {
		return 0, 0
	}
	newer := false
	for _, s := range sibs {
		kept += s.size
		if newer {
			behind += s.size
		}
		newer = newer || s.identity == f.id
	}
	if size, err := sizeOf(f.fd); err == nil {
		behind += max(0, size-f.off)
	}
	if !newer { // ours has no name any more: all that have one are newer
		behind += kept
	}
	return behind, kept
}
