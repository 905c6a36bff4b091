package spool

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// maxSegment bounds what is read at once: no segment of ours is larger.
const maxSegment = 64 << 20

// segment is one file of frames.
type segment struct {
	seq    uint64
	size   int64  // of the durable part, header included
	frames int    // not acked
	bad    []span // known damage, counted and quarantined
	active bool   // being appended to
	gone   bool   // taken out of the queue while it may have been active
	last   uint64 // stamp of the newest frame; 0 if unknown
}

func segmentPath(dir string, seq uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x.seg", seq))
}

// listSegments returns the numbers of the segments in dir, in order. Other files are not ours to judge.
func listSegments(dir string) ([]uint64, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var seqs []uint64
	for _, f := range files {
		hex, ok := strings.CutSuffix(f.Name(), ".seg")
		if seq, err := strconv.ParseUint(hex, 16, 64); ok && err == nil && len(hex) == 16 {
			seqs = append(seqs, seq)
		}
	}
	slices.Sort(seqs)
	return seqs, nil
}

func openSegment(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
}

// readSegment returns the bytes of the segment file at path, at most maxSegment+1.
func readSegment(path string) ([]byte, error) {
	f, err := openSegment(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSegment+1))
}

// inspect reads segment seq and lays it out from off on.
func (d *disk) inspect(seq uint64, off int64) (*segment, error) {
	path := segmentPath(d.dir, seq)
	data, err := readSegment(path)
	if err != nil {
		return nil, err
	}
	s := &segment{seq: seq, size: int64(len(data))}
	if len(data) > maxSegment {
		d.st.Corrupt++
		d.st.CorruptBytes += uint64(len(data))
		return s, d.bin.move(path)
	}
	ok, err := checkHeader(data)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	if !ok {
		d.damage(s, data, span{0, min(s.size, headerSize)})
	}
	d.lay(s, data, max(off, headerSize))
	return s, nil
}

// lay counts the frames of s from off on, and all damage there that is not known yet.
func (d *disk) lay(s *segment, data []byte, off int64) {
	if off >= s.size {
		s.frames = 0
		return
	}
	l := scan(data, off)
	s.frames, s.last = l.frames, max(s.last, stamp(l.last))
	for _, sp := range l.bad {
		if !slices.Contains(s.bad, sp) {
			d.damage(s, data, sp)
		}
	}
}

func (d *disk) damage(s *segment, data []byte, sp span) {
	if sp.from == sp.to {
		return
	}
	s.bad = append(s.bad, sp)
	d.st.Corrupt++
	d.st.CorruptBytes += uint64(sp.to - sp.from)
	d.bin.keep(s.seq, sp.from, data[sp.from:sp.to])
}
