package source

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync/atomic"
)

// Progress tells a person how far a source has come.
type Progress interface {
	// Progress returns how many bytes were read of how many, as they lie on the disk.
	Progress() (done, total int64)
}

// Places tells where a record stands.
type Places interface {
	// Place returns the file, by the name that it was opened with, and the bytes of its text before the record with a Mark; false if
	// no file has it.
	Place(mark uint64) (name string, offset int64, ok bool)
}

// counted counts what is read. A decompressor may read on a goroutine of its own.
type counted struct {
	r io.Reader
	n atomic.Int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// Consumed returns how many bytes of the file were read; 0 if it reads no file.
func (r *Reader) Consumed() int64 {
	if r.file == nil {
		return 0
	}
	return r.file.n.Load()
}

func (s *sequence) Progress() (done, total int64) {
	done = s.past
	if s.cur != nil {
		done += s.cur.Consumed()
	}
	return done, s.total
}

func (s *sequence) Place(mark uint64) (string, int64, bool) {
	if mark == 0 {
		return "", 0, false
	}
	i, _ := slices.BinarySearchFunc(s.begun, mark, func(b begun, mark uint64) int {
		if b.base < mark { // a mark is the base of its file, the offset and 1
			return -1
		}
		return 1
	})
	if i == 0 {
		return "", 0, false
	}
	b := s.begun[i-1]
	return b.name, int64(mark - b.base - 1), true
}

// LinesAt returns on which lines of a file, from 1, offsets of its text are. They must be in order; it reads the file as far as the
// last of them.
func LinesAt(name string, offsets []int64) (out []int64, err error) {
	r, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := r.sniff(); err != nil {
		return nil, err
	}
	buf := make([]byte, chunk)
	at, line := int64(0), int64(1)
	for _, to := range offsets {
		for at < to {
			n, err := r.r.Read(buf[:min(to-at, chunk)])
			at += int64(n)
			line += int64(bytes.Count(buf[:n], []byte{'\n'}))
			if err != nil && at < to {
				return out, r.wrap(err)
			}
		}
		out = append(out, line)
	}
	return out, nil
}
