package snapshot

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/auditpy/auditpy/internal/audit"
)

// Reader reads the values of a frame in the order in which they were written. After an error all is zero: ask Err at the
// end.
type Reader struct {
	Version uint32 // of the frame
	b       []byte
	err     error
	node    string // of the last ID
}

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Fail notes that a value means nothing.
func (r *Reader) Fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrCorrupt, what)
	}
	r.b = nil
}

// End notes an error if there is more.
func (r *Reader) End() {
	if len(r.b) > 0 {
		r.Fail("more than expected")
	}
}

// Uint reads what Writer.Uint wrote.
func (r *Reader) Uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.Fail("number")
		return 0
	}
	r.b = r.b[n:]
	return v
}

// Int reads what Writer.Int wrote.
func (r *Reader) Int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.Fail("number")
		return 0
	}
	r.b = r.b[n:]
	return v
}

// Size reads a number from 0 to most.
func (r *Reader) Size(most int) int {
	v := r.Uint()
	if v > uint64(most) {
		r.Fail("number out of range")
		return 0
	}
	return int(v)
}

// Count reads how many items follow: each takes a byte at least, so that there are no more than that.
func (r *Reader) Count() int { return r.Size(len(r.b)) }

// Index reads the place of an item in a list of n; it fails if there is none.
func (r *Reader) Index(n int) int {
	if n == 0 {
		r.Fail("item of an empty list")
		return 0
	}
	return r.Size(n - 1)
}

// Bool reads what Writer.Bool wrote.
func (r *Reader) Bool() bool {
	b := r.take(1)
	if b == nil || b[0] > 1 {
		r.Fail("truth value")
		return false
	}
	return b[0] == 1
}

// Float reads what Writer.Float wrote.
func (r *Reader) Float() float64 {
	b := r.take(8)
	if b == nil {
		return 0
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b))
}

// Text reads what Writer.Text wrote, as a copy.
func (r *Reader) Text() string { return string(r.take(r.Count())) }

// take returns the next n bytes, nil if there are less.
func (r *Reader) take(n int) []byte {
	if n > len(r.b) {
		r.Fail("end of data")
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// ID reads what Writer.ID wrote. Names of nodes that follow one another are one string.
func (r *Reader) ID() audit.ID {
	node := r.take(r.Count())
	if string(node) != r.node {
		r.node = string(node)
	}
	return audit.ID{Node: r.node, Msec: r.Int(), Serial: r.Uint()}
}

// Part returns what Writer.Part wrote, which is passed over. Its errors are its own.
func (r *Reader) Part() *Reader {
	b := r.take(8)
	if b == nil {
		return &Reader{err: r.err}
	}
	n := binary.LittleEndian.Uint64(b)
	if n > uint64(len(r.b)) {
		r.Fail("size of a part")
		return &Reader{err: r.err}
	}
	return &Reader{Version: r.Version, b: r.take(int(n))}
}
