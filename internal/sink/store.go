package sink

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"strings"
	"syscall"
	"time"
)

// store keeps the lines of a window in two files, path and the older path.1, so that a process that follows one that was killed can send
// them again. Nothing is synced: a kill leaves what was written, and who fears for power uses RELP. What cannot be written
// is in memory only.
type store struct {
	path   string
	header string // of both files: lines for another peer, or delimited in another way, are not ours to send
	most   int64  // bytes of lines that one file may hold
	f      *os.File
	size   int64
	buf    []byte
	unkept uint64 // lines that could not be written
	why    error  // of the last one
}

func newStore(path, header string, most int64) *store {
	return &store{path: path, header: header, most: most}
}

const (
	storedHead = 16      // time in Unix milliseconds, length, CRC-32C of all but itself
	maxStored  = 1 << 20 // longer than any line
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendStored(dst, line []byte, at time.Time) []byte {
	begin := len(dst)
	dst = binary.BigEndian.AppendUint64(dst, uint64(at.UnixMilli()))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(line)))
	sum := crc32.Update(crc32.Checksum(dst[begin:], castagnoli), castagnoli, line)
	return append(binary.BigEndian.AppendUint32(dst, sum), line...)
}

// parseStored returns the first line of b and the rest; false if there is no whole one.
func parseStored(b []byte) (s sent, rest []byte, ok bool) {
	if len(b) < storedHead {
		return sent{}, nil, false
	}
	n := binary.BigEndian.Uint32(b[8:])
	if n > maxStored || int(n) > len(b)-storedHead {
		return sent{}, nil, false
	}
	line := b[storedHead:][:n]
	if sum := crc32.Update(crc32.Checksum(b[:12], castagnoli), castagnoli, line); sum != binary.BigEndian.Uint32(b[12:]) {
		return sent{}, nil, false
	}
	return sent{line, time.UnixMilli(int64(binary.BigEndian.Uint64(b)))}, b[storedHead+int(n):], true
}

// load returns the lines of both files, the oldest first, up to damage in each. What is added goes on behind them.
func (s *store) load() []sent {
	older, _ := s.read(s.path + ".1")
	newer, size := s.read(s.path)
	s.size = size
	return append(older, newer...)
}

// read returns the lines of a file and where the last one ends; 0 if the file is none of ours.
func (s *store) read(path string) (lines []sent, size int64) {
	text := readBounded(path, 2*s.most+maxStored)
	rest, ok := strings.CutPrefix(text, s.header)
	if !ok {
		return nil, 0
	}
	b := []byte(rest)
	for {
		one, after, ok := parseStored(b)
		if !ok {
			return lines, int64(len(text) - len(b))
		}
		lines, b = append(lines, one), after
	}
}

// readBounded returns what a file begins with; nothing if it cannot be read.
func readBounded(path string, most int64) string {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	b := make([]byte, min(info.Size(), most))
	n, _ := f.ReadAt(b, 0) // a torn end is no worse than a cut one
	return string(b[:n])
}

// add appends a line, or counts it.
func (s *store) add(line []byte, at time.Time) {
	if err := s.write(line, at); err != nil {
		s.unkept, s.why = s.unkept+1, err
	}
}

func (s *store) write(line []byte, at time.Time) error {
	if s.size > s.most {
		if err := s.turn(); err != nil && s.size > 2*s.most { // it must not grow
			return err
		}
	}
	if s.f == nil {
		if err := s.open(); err != nil {
			return err
		}
	}
	s.buf = appendStored(s.buf[:0], line, at)
	if _, err := s.f.WriteAt(s.buf, s.size); err != nil {
		return err // the next is written over what there is of it
	}
	s.size += int64(len(s.buf))
	return nil
}

// turn makes the file the older one.
func (s *store) turn() error {
	err := errors.Join(s.close(), os.Rename(s.path, s.path+".1"))
	if err == nil {
		s.size = 0
	}
	return err
}

// open opens the file behind its last whole line, and begins it if there is none.
func (s *store) open() error {
	f, err := os.OpenFile(s.path, os.O_WRONLY|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return err
	}
	err = f.Truncate(s.size)
	if err == nil && s.size == 0 {
		_, err = f.WriteAt([]byte(s.header), 0)
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	s.f, s.size = f, max(s.size, int64(len(s.header)))
	return nil
}

func (s *store) clear() {
	_ = s.close()
	_ = os.Remove(s.path + ".1") // the older first: what is left over must be the newest
	_ = os.Remove(s.path)
	s.size = 0
}

func (s *store) close() error {
	if s.f == nil {
		return nil
	}
	err := s.f.Close()
	s.f = nil
	return err
}
