package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"syscall"
)

const slotSize = 32

// position is a place between two frames.
type position struct {
	seg uint64
	off int64
}

// cursor is the file that remembers the position of the oldest frame not yet acked.
type cursor struct {
	f   *os.File
	gen uint64
	pos position
	old bool // written by an earlier version
}

// openCursor reads the cursor at path, or makes one that stands before every segment.
func openCursor(path string) (*cursor, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	c := &cursor{f: f}
	if err := c.load(); err != nil {
		f.Close()
		return nil, err
	}
	return c, nil
}

func (c *cursor) load() error {
	var b [2 * slotSize]byte
	n, err := c.f.ReadAt(b[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for s := range 2 {
		if err := c.take(b[s*slotSize:][:slotSize]); err != nil {
			return err
		}
	}
	if n == len(b) && !c.old {
		return nil
	}
	// New, cut short, or of a version that must not read on once we have written. Both slots are written, so that no later write has to allocate.
	return errors.Join(c.set(c.pos), c.set(c.pos), c.sync())
}

// take makes slot b the cursor's value if it is sound and newer.
func (c *cursor) take(b []byte) error {
	if crc32.Checksum(b[:28], castagnoli) != binary.LittleEndian.Uint32(b[28:]) {
		return nil
	}
	if v := binary.LittleEndian.Uint32(b[24:]); v > version {
		return fmt.Errorf("%q: %w %d, want %d at most", c.f.Name(), ErrVersion, v, version)
	}
	c.old = c.old || binary.LittleEndian.Uint32(b[24:]) < version
	if gen := binary.LittleEndian.Uint64(b); gen >= c.gen {
		c.gen = gen
		c.pos = position{binary.LittleEndian.Uint64(b[8:]), int64(binary.LittleEndian.Uint64(b[16:]))}
	}
	return nil
}

// set writes p over the older slot. It is not durable until sync.
func (c *cursor) set(p position) error {
	c.gen++
	c.pos = p
	var b []byte
	b = binary.LittleEndian.AppendUint64(b, c.gen)
	b = binary.LittleEndian.AppendUint64(b, p.seg)
	b = binary.LittleEndian.AppendUint64(b, uint64(p.off))
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	_, err := c.f.WriteAt(b, int64(c.gen%2)*slotSize)
	return err
}

func (c *cursor) sync() error { return fdatasync(c.f) }

func fdatasync(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err == nil {
			return nil
		}
		if err != syscall.EINTR {
			return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
		}
	}
}
