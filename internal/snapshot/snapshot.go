// Package snapshot is the format of what survives a restart: frames that have a kind, a version and a checksum, and in
// them numbers and texts one after another, without names.
//
// The invariant: a frame that was cut, changed, or written by a later version is refused as a whole, and reading one never
// takes more memory than some times its size, whatever is in it. Who reads checks what the numbers mean.
package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// ErrVersion is wrapped by the error for a frame of a later version: it is sound, and not to be overwritten.
var ErrVersion = errors.New("written by a later version")

// ErrCorrupt is wrapped by the error for a frame that is not what was written.
var ErrCorrupt = errors.New("corrupt")

// A frame is the kind, the version (4 bytes), the length of the payload (8), the payload, and the CRC-32C of all that (4).
const (
	headSize = 4 + 8
	sumSize  = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Append appends a frame that holds what fill writes. Kinds have a fixed text, such as "auditpy tree\n".
func Append(dst []byte, kind string, version uint32, fill func(*Writer)) []byte {
	start := len(dst)
	w := &Writer{b: append(dst, kind...)}
	w.b = binary.LittleEndian.AppendUint32(w.b, version)
	at := len(w.b)
	w.b = append(w.b, make([]byte, 8)...)
	fill(w)
	binary.LittleEndian.PutUint64(w.b[at:], uint64(len(w.b)-at-8))
	return binary.LittleEndian.AppendUint32(w.b, crc32.Checksum(w.b[start:], castagnoli))
}

// Open reads the frame at the begin of b, and returns what it holds and what is behind it. Latest is the version that the
// caller knows, and all before it; that of the frame is in Reader.Version.
func Open(b []byte, kind string, latest uint32) (r *Reader, rest []byte, err error) {
	fail := func(err error) (*Reader, []byte, error) { return nil, nil, fmt.Errorf("read %q: %w", kind, err) }
	head := len(kind) + headSize
	if len(b) < head+sumSize || string(b[:len(kind)]) != kind {
		return fail(ErrCorrupt)
	}
	version := binary.LittleEndian.Uint32(b[len(kind):])
	size := binary.LittleEndian.Uint64(b[len(kind)+4:])
	if size > uint64(len(b)-head-sumSize) {
		return fail(ErrCorrupt)
	}
	end := head + int(size)
	if crc32.Checksum(b[:end], castagnoli) != binary.LittleEndian.Uint32(b[end:]) {
		return fail(ErrCorrupt)
	}
	if version > latest {
		return fail(fmt.Errorf("%w: version %d, want %d at most", ErrVersion, version, latest))
	}
	return &Reader{Version: version, b: b[head:end]}, b[end+sumSize:], nil
}
