package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// Cursor is the place of a record in a followed log, to begin there again in another process. It is
// stored as JSON with a version and a checksum. The zero Cursor is no place.
type Cursor struct {
	Boot      string `json:"boot,omitempty"` // boot id of the kernel: Dev may be another after the next
	Dev       uint64 `json:"dev"`
	Inode     uint64 `json:"inode"`
	FirstLine uint32 `json:"first_line"` // CRC-32C of the file's first line and its newline; 0 if it had none yet
	Offset    int64  `json:"offset"`     // of a line's first byte
	Before    Stamp  `json:"before"`     // of the record before Offset; zero: not known
}

// Stamp is the time and the serial of a record: what orders the records of one boot.
type Stamp struct {
	Msec   int64  `json:"msec"` // Unix milliseconds
	Serial uint64 `json:"serial"`
}

func (s Stamp) String() string { return fmt.Sprintf("%d.%03d:%d", s.Msec/1000, s.Msec%1000, s.Serial) }

// after reports whether s is later than t. Serials restart at boot, so the time decides first.
func (s Stamp) after(t Stamp) bool {
	return s.Msec > t.Msec || s.Msec == t.Msec && s.Serial > t.Serial
}

// cursorVersion is that of the JSON. Version 1 had neither version nor checksum, boot nor before.
const cursorVersion = 2

// Reasons why a stored cursor is not used; they are wrapped.
var (
	ErrCursorVersion = errors.New("cursor of a newer version")
	ErrCursorDamaged = errors.New("cursor is damaged")
)

type storedCursor struct {
	Version int    `json:"version"`
	CRC     uint32 `json:"crc"`
	plainCursor
}

type plainCursor Cursor

func (c Cursor) sum() uint32 {
	return crc32.Checksum(fmt.Appendf(nil, "%d %q %d %d %d %d %v", cursorVersion, c.Boot, c.Dev, c.Inode, c.FirstLine, c.Offset, c.Before), castagnoli)
}

// MarshalJSON writes the cursor with its version and checksum.
func (c Cursor) MarshalJSON() ([]byte, error) {
	return json.Marshal(storedCursor{cursorVersion, c.sum(), plainCursor(c)})
}

// UnmarshalJSON reads a cursor of this version or the one before. The error wraps ErrCursorVersion or ErrCursorDamaged.
func (c *Cursor) UnmarshalJSON(b []byte) error {
	var s storedCursor
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if s.Version > cursorVersion {
		return fmt.Errorf("read cursor: %w: %d, this program knows %d", ErrCursorVersion, s.Version, cursorVersion)
	}
	got := Cursor(s.plainCursor)
	if s.Version == cursorVersion && s.CRC != got.sum() || got.Offset < 0 {
		return fmt.Errorf("read cursor: %w", ErrCursorDamaged)
	}
	*c = got
	return nil
}

// sameFile reports whether the numbers are those of the cursor. A device may have another number after a boot.
func (c Cursor) sameFile(id identity, boot string) bool {
	return id.ino == c.Inode && (id.dev == c.Dev || c.Boot != boot)
}

// fits reports whether the file, which begins with first, is the one of the cursor.
func (f *File) fits(c Cursor, s sibling, o opened) bool {
	if s.size < c.Offset {
		return false
	}
	if c.FirstLine == 0 {
		return c.sameFile(s.identity, f.boot) && c.Offset == 0
	}
	if o.first.size == 0 || o.first.crc != c.FirstLine {
		return false
	}
	// Somebody who edits a log rarely edits its first line.
	before, ok := stampBefore(o.fd, c.Offset)
	return !ok || c.Before == Stamp{} || before == c.Before
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
	next := f.nextMark()
	if mark == 0 {
		mark = next
		// A file without a line yet has no print to be found again by: the end of the one before it.
		if n := len(f.segs); n > 1 && f.off == 0 && f.first.size == 0 {
			s := f.segs[n-2]
			return Cursor{f.boot, s.id.dev, s.id.ino, s.first, int64(f.base - s.base), f.newest}
		}
	}
	for i := len(f.segs) - 1; i >= 0; i-- {
		if s := f.segs[i]; s.from <= mark || i == 0 {
			off := int64(max(mark, s.from) - 1 - s.base)
			return Cursor{f.boot, s.id.dev, s.id.ino, s.first, off, f.before(s, off, mark == next)}
		}
	}
	return Cursor{}
}

// before returns the stamp of the record before off in s; the zero Stamp where only a file could tell that is closed.
func (f *File) before(s segment, off int64, isNext bool) Stamp {
	if isNext {
		return f.newest
	}
	if s.id != f.id || f.fd == nil {
		return Stamp{}
	}
	st, _ := stampBefore(f.fd, off)
	return st
}
