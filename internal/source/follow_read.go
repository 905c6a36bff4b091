package source

import (
	"bytes"
	"io"
	"os"
	"slices"

	"github.com/auditpy/auditpy/internal/text"
)

// fill reads the next chunk, if the file is still the one it was. True: the state has changed.
func (f *File) fill() (bool, error) {
	st, err := fstat(f.fd)
	if err != nil {
		return f.stuck(err)
	}
	if st.size < max(f.off, int64(f.first.size)) {
		return f.truncated()
	}
	if st.size == f.seen {
		return f.empty(st)
	}
	text.Poison(f.buf)
	n, err := f.fd.ReadAt(f.buf, f.off)
	if err != nil && err != io.EOF {
		return f.stuck(err)
	}
	// After the read: what was read is from before any truncation that comes now.
	if same, err := f.first.matches(f.fd); err != nil || !same {
		if err != nil {
			return f.stuck(err)
		}
		return f.truncated()
	}
	if f.first.size == 0 {
		if p := printOf(f.buf[:n]); p.size > 0 {
			if missed, err := f.missed(p); missed || err != nil || f.wait != nil {
				return missed, err
			}
		}
	}
	return f.use(f.buf[:n]), nil
}

// empty looks for a copy if a file that has no line yet was written to: copytruncate may have taken
// the lines away again.
func (f *File) empty(st stat) (bool, error) {
	if st.size > 0 || st.mtime == f.touched {
		return false, nil
	}
	more, err := f.missed(print{})
	if f.wait == nil {
		f.touched = st.mtime
	}
	return more, err
}

// missed goes to the oldest file between prev and this one, which now begins with first. There is one
// if this file was empty when it was entered, and copytruncate was quicker than its first read.
func (f *File) missed(first print) (bool, error) {
	if f.first.size > 0 || f.off > 0 || !f.prevOK {
		return false, nil
	}
	sibs, prints, err := f.printed()
	if err != nil {
		return f.stuck(err)
	}
	begin := 0
	if f.prev.size > 0 {
		begin = slices.Index(prints, f.prev) + 1
	}
	ours := slices.IndexFunc(sibs, func(s sibling) bool { return s.identity == f.id })
	if ours < 0 { // somebody deleted it
		if ours, err = f.place(sibs); err != nil {
			return f.stuck(err)
		}
	}
	for i := begin; i < ours; i++ {
		if prints[i].size > 0 && prints[i] != first {
			return f.goTo(sibs[i:])
		}
	}
	return false, nil
}

// place returns how many of the files are older than the one being read, which has no name any more.
func (f *File) place(sibs []sibling) (int, error) {
	first, ok := stampAfter(f.fd)
	if !ok {
		return len(sibs), nil
	}
	i, _, err := f.firstLater(sibs, first)
	if i < 0 {
		i = len(sibs) - 1
	}
	return i, err
}

// printed is sweep with the print of each file.
func (f *File) printed() ([]sibling, []print, error) {
	sibs, err := sweep(f.path)
	if err != nil {
		return nil, nil, err
	}
	prints := make([]print, len(sibs))
	for i, s := range sibs {
		fd, first, err := f.openSibling(s)
		if err != nil {
			return nil, nil, err
		}
		fd.Close()
		prints[i] = first
	}
	return sibs, prints, nil
}

// newestRotated returns the print of the newest rotated file that has one; the zero print if none.
func (f *File) newestRotated() (print, error) {
	sibs, err := sweep(f.path)
	if err != nil {
		return print{}, err
	}
	if n := len(sibs); n > 0 && sibs[n-1].n == 0 {
		sibs = sibs[:n-1]
	}
	return f.newestPrint(sibs)
}

// newestPrint returns the print of the last of the files that has one; the zero print if none.
func (f *File) newestPrint(sibs []sibling) (print, error) {
	for _, s := range slices.Backward(sibs) {
		fd, first, err := f.openSibling(s)
		if err != nil {
			return print{}, err
		}
		fd.Close()
		if first.size > 0 {
			return first, nil
		}
	}
	return print{}, nil
}

// use takes the whole lines of b.
func (f *File) use(b []byte) bool {
	f.learn(b)
	if f.take(b) > 0 {
		return true
	}
	if len(b) == len(f.buf) {
		f.buf = make([]byte, 2*len(f.buf)) // bounded: take skips a line over maxLine
		return true
	}
	f.seen = f.off + int64(len(b))
	return false
}

// learn notes the first line as soon as it is whole. Until then the file is read from its start.
func (f *File) learn(b []byte) {
	if f.first.size > 0 {
		return
	}
	if f.off == 0 {
		f.first = printOf(b)
	} else if p, err := readPrint(f.fd); err == nil { // its first line is being skipped
		f.first = p
	}
	if f.first.size > 0 {
		f.mark()
	}
}

// truncated finds out where the lines after off went. copytruncate left a copy under a sibling's
// name, which is finished first; else the lines are gone.
func (f *File) truncated() (bool, error) {
	sibs, err := sweep(f.path)
	if err != nil {
		return f.stuck(err)
	}
	for _, s := range sibs {
		if s.identity == f.id {
			continue
		}
		fd, ok, err := f.openIf(s, f.first, f.off)
		if err != nil {
			return f.stuck(err)
		}
		if ok {
			f.change(fd, s.identity)
			return true, nil
		}
	}
	return f.restart(sibs)
}

// restart begins the same file again, or a copy of what it held after what was read.
func (f *File) restart(sibs []sibling) (bool, error) {
	lost := f.first.size > 0
	i, _, err := f.firstLater(sibs, f.newest)
	if err != nil {
		return f.stuck(err)
	}
	if i < 0 || !lost {
		i = max(0, slices.IndexFunc(sibs, func(s sibling) bool { return s.identity == f.id }))
	}
	if lost && i < len(sibs) && sibs[i].identity != f.id {
		if more, err := f.goAfter(sibs, i); !more || err != nil {
			return more, err
		}
	} else {
		prev, err := f.newestPrint(sibs[:min(i, len(sibs))])
		if err != nil {
			return f.stuck(err)
		}
		f.again()
		f.prev, f.prevOK = prev, true
	}
	if !lost {
		return true, nil
	}
	return true, f.gap("the log was truncated and no copy of it is there: records may be lost")
}

// again begins the same file again.
func (f *File) again() {
	f.base += uint64(f.off)
	f.off, f.line, f.numbered, f.skip, f.seen, f.first = 0, 0, true, false, 0, print{}
	f.mark()
}

// change goes on at the same offset in a copy of the file.
func (f *File) change(fd *os.File, id identity) {
	f.fd.Close()
	f.fd, f.id, f.seen = fd, id, 0
	f.mark()
}

// enter begins a file at its start.
func (f *File) enter(fd *os.File, id identity, first print) {
	if f.fd != nil {
		f.fd.Close()
	}
	if f.first.size > 0 {
		f.prev, f.prevOK = f.first, true
	}
	f.base += uint64(f.off)
	f.fd, f.id, f.first = fd, id, first
	f.off, f.line, f.numbered, f.skip, f.torn, f.seen = 0, 0, true, false, false, 0
	f.mark()
}

// rest makes a line of what stands after the last newline of a file that nobody writes any more.
func (f *File) rest() (bool, error) {
	size, err := sizeOf(f.fd)
	if err != nil || size <= f.off || size-f.off > maxLine {
		return false, err
	}
	b := make([]byte, size-f.off)
	n, err := f.fd.ReadAt(b, f.off)
	if err != nil && err != io.EOF {
		return false, err
	}
	f.last(bytes.TrimRight(b[:n], "\n"))
	return f.text != "", nil
}
