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
// another device number after a boot). If no file is it, Else is tried.
func (f *File) resume() (bool, error) {
	sibs, err := sweep(f.path)
	if err != nil || len(sibs) == 0 {
		return f.stuck(err)
	}
	from := f.o.From
	if from.FirstLine == 0 && from.Before != (Stamp{}) {
		if more, err := f.resumeEmpty(sibs); more || err != nil || f.wait != nil {
			return more, err
		}
	}
	slices.SortStableFunc(sibs, func(a, b sibling) int {
		return btoi(from.sameFile(b.identity, f.boot)) - btoi(from.sameFile(a.identity, f.boot))
	})
	for _, s := range sibs {
		fd, first, err := f.openSibling(s)
		if err != nil {
			return f.stuck(err)
		}
		if f.fits(from, s, opened{fd, first}) {
			return f.enterAt(fd, s, first)
		}
		fd.Close()
	}
	if next := f.o.Else; next != (Cursor{}) {
		f.o.From, f.o.Else = next, Cursor{}
		return f.resume()
	}
	sortSiblings(sibs)
	return f.resumeAfter(sibs)
}

// enterAt enters the file of the cursor at its place.
func (f *File) enterAt(fd *os.File, s sibling, first print) (bool, error) {
	prev, err := f.newestRotated()
	if err != nil {
		fd.Close()
		return f.stuck(err)
	}
	f.newest = f.o.From.Before
	f.enter(fd, s.identity, first)
	if s.n == 0 && first.size == 0 {
		f.prev, f.prevOK = prev, true
	}
	f.startAt(f.o.From.Offset)
	return true, nil
}

// resumeEmpty goes on from a log that had no line yet: it may have got some, and copytruncate have copied them away.
func (f *File) resumeEmpty(sibs []sibling) (bool, error) {
	if !slices.ContainsFunc(sibs, func(s sibling) bool { return f.o.From.sameFile(s.identity, f.boot) }) {
		return false, nil
	}
	i, _, err := f.firstLater(sibs, f.o.From.Before)
	if err != nil {
		return f.stuck(err)
	}
	if i < 0 {
		return false, nil
	}
	return f.goAfter(sibs, i)
}

// goAfter goes to the file i of a sweep, and knows which are older.
func (f *File) goAfter(sibs []sibling, i int) (bool, error) {
	prev, err := f.newestPrint(sibs[:i])
	if err != nil {
		return f.stuck(err)
	}
	if f.newest == (Stamp{}) {
		f.newest = f.o.From.Before
	}
	if more, err := f.goTo(sibs[i:]); !more || err != nil {
		return more, err
	}
	f.prev, f.prevOK = prev, true
	return true, nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// resumeAfter goes to the oldest file that has records later than the cursor's.
func (f *File) resumeAfter(sibs []sibling) (bool, error) {
	f.newest = f.o.From.Before
	begin, empty, err := f.firstLater(sibs, f.newest)
	if err != nil {
		return f.stuck(err)
	}
	if begin < 0 && empty {
		begin = len(sibs) - 1
	}
	begin = max(0, begin) // the clock was set back or is not known: rather read again than leave anything out
	if more, err := f.goAfter(sibs, begin); !more || err != nil {
		return more, err
	}
	from := f.o.From
	return true, f.gap(fmt.Sprintf("the file of the saved position (inode %d, offset %d) is gone: records may be lost", from.Inode, from.Offset))
}

// firstLater returns the index of the oldest file with a record later than ref, -1 if there is none, and whether the log
// has no record at all.
func (f *File) firstLater(sibs []sibling, ref Stamp) (_ int, empty bool, err error) {
	for i, s := range sibs {
		fd, _, err := f.openSibling(s)
		if err != nil {
			return 0, false, err
		}
		st, ok := stampNewest(fd, s.size)
		fd.Close()
		if ok && st.after(ref) {
			return i, false, nil
		}
		empty = s.n == 0 && !ok
	}
	return -1, empty, nil
}
