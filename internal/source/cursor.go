package source

// Cursor is the place of a record in a followed log, to begin there again in another process. It is
// stored as JSON. The zero Cursor is no place.
type Cursor struct {
	Dev       uint64 `json:"dev"`
	Inode     uint64 `json:"inode"`
	FirstLine uint32 `json:"first_line"` // CRC-32C of the file's first line and its newline; 0 if it had none yet
	Offset    int64  `json:"offset"`     // of a line's first byte
}

func (c Cursor) identity() identity { return identity{c.Dev, c.Inode} }

// fits reports whether the file, which begins with first, is the one of the cursor.
func (c Cursor) fits(s sibling, first print) bool {
	if s.size < c.Offset {
		return false
	}
	if c.FirstLine == 0 {
		return s.identity == c.identity() && c.Offset == 0
	}
	return first.size > 0 && first.crc == c.FirstLine
}

// segment says which file the marks from from on are in: at offset mark-1-base.
type segment struct {
	from, base uint64
	id         identity
	first      uint32
}

// segMax bounds the segments. One more comes with each rotation, and marks that old are of no use:
// the assembler holds records for seconds.
const segMax = 1024

// mark notes the file that the next records come from.
func (f *File) mark() {
	s := segment{f.base + uint64(f.off) + 1, f.base, f.id, f.first.crc}
	if n := len(f.segs); n > 0 && f.segs[n-1].from == s.from {
		f.segs[n-1] = s
		return
	}
	if len(f.segs) == segMax {
		f.segs = append(f.segs[:0], f.segs[1:]...)
	}
	f.segs = append(f.segs, s)
}

// Cursor returns the place of the record with the given Mark; 0 is the record that Next would return
// next. A mark of more than 1,024 rotations ago gives the oldest place still known. It is zero
// if the log was not found yet.
func (f *File) Cursor(mark uint64) Cursor {
	if mark == 0 {
		mark = f.base + uint64(f.off) + 1
		// A file without a line yet has no print to be found again by: the end of the one before it.
		if n := len(f.segs); n > 1 && f.off == 0 && f.first.size == 0 {
			s := f.segs[n-2]
			return Cursor{s.id.dev, s.id.ino, s.first, int64(f.base - s.base)}
		}
	}
	for i := len(f.segs) - 1; i >= 0; i-- {
		if s := f.segs[i]; s.from <= mark || i == 0 {
			return Cursor{s.id.dev, s.id.ino, s.first, int64(max(mark, s.from) - 1 - s.base)}
		}
	}
	return Cursor{}
}
