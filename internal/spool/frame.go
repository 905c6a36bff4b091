package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"
)

const (
	version    = 2 // 1 had no lanes
	magic      = "auditpyq"
	headerSize = 16
	prefixSize = 8 // of a frame: len and crc32c

	maxFrame = 16 << 20 // payload
	// scanBudget bounds the bytes checksummed in search of the next whole frame, as a multiple of the
	// segment's size: every offset whose four bytes are a plausible length costs a checksum.
	scanBudget = 64
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrVersion is returned by Open if the spool was written by a later version of auditpy. Nothing is changed then.
var ErrVersion = errors.New("unknown format version")

func appendHeader(dst []byte) []byte {
	n := len(dst)
	dst = append(dst, magic...)
	dst = binary.LittleEndian.AppendUint32(dst, version)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[n:], castagnoli))
}

// checkHeader reports whether data begins with a sound header. A sound one of a later version is an error.
func checkHeader(data []byte) (ok bool, err error) {
	if len(data) < headerSize || string(data[:8]) != magic {
		return false, nil
	}
	if crc32.Checksum(data[:12], castagnoli) != binary.LittleEndian.Uint32(data[12:]) {
		return false, nil
	}
	if v := binary.LittleEndian.Uint32(data[8:]); v > version {
		return false, fmt.Errorf("%w %d, want %d at most", ErrVersion, v, version)
	}
	return true, nil
}

func appendFrame(dst, payload []byte) []byte {
	n := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	sum := crc32.Update(crc32.Checksum(dst[n:], castagnoli), castagnoli, payload)
	dst = binary.LittleEndian.AppendUint32(dst, sum)
	return append(dst, payload...)
}

// frameSize returns the whole size of the frame that begins with prefix, or 0 if its length is not
// plausible or more than room.
func frameSize(prefix []byte, room int64) int64 {
	if len(prefix) < prefixSize {
		return 0
	}
	n := int64(binary.LittleEndian.Uint32(prefix))
	if n > maxFrame || n+prefixSize > room {
		return 0
	}
	return n + prefixSize
}

// sound reports whether b is one whole frame. A run of zeros, as file systems leave it behind
// after a crash, is not: the checksum covers the length.
func sound(b []byte) bool {
	sum := crc32.Update(crc32.Checksum(b[:4], castagnoli), castagnoli, b[prefixSize:])
	return sum == binary.LittleEndian.Uint32(b[4:])
}

// span is the half-open range of bytes from, to of a segment.
type span struct{ from, to int64 }

// layout is what a segment holds.
type layout struct {
	frames int
	last   []byte // payload of the last frame
	bad    []span // damaged ranges, in order, not empty
}

// scan finds the frames of data from offset off on. After a frame that is not whole it searches, byte
// by byte, for the next one that is.
func scan(data []byte, off int64) layout {
	var l layout
	budget, good := int64(len(data))*scanBudget, off
	for end := int64(len(data)); off < end; {
		n := frameSize(data[off:], end-off)
		if n > 0 && off != good {
			if budget -= n; budget < 0 {
				break
			}
		}
		if n == 0 || !sound(data[off:off+n]) {
			off++
			continue
		}
		l.damaged(good, off)
		l.frames++
		l.last = data[off+prefixSize : off+n]
		off += n
		good = off
	}
	l.damaged(good, int64(len(data)))
	return l
}

func (l *layout) damaged(from, to int64) {
	if from < to {
		l.bad = append(l.bad, span{from, to})
	}
}

// payloads iterates over the whole frames of data from off on.
func payloads(data []byte, off int64) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		bad := scan(data, off).bad
		for end := int64(len(data)); off < end; {
			if len(bad) > 0 && bad[0].from == off {
				off, bad = bad[0].to, bad[1:]
				continue
			}
			n := frameSize(data[off:], end-off)
			if !yield(data[off+prefixSize : off+n]) {
				return
			}
			off += n
		}
	}
}
