// Package text keeps strings in memory that is used again.
//
// Half a gigabyte of log a second is half a gigabyte of garbage a second if each line becomes a string. So
// records are views of the buffer they were read into, events of the Arena they were copied to, and processes of
// theirs. The price is a lifetime: such a string is valid until its owner says otherwise, and who keeps one longer
// clones it. Under the race detector memory is overwritten when it is given back, so that a test shows who did not.
//
// This is the only package of the module that imports unsafe: to see a []byte as a string is what the language
// offers no other way for. (strings.Builder does the same, but gives its memory away.)
package text

import "unsafe"

// View returns b as a string without copying it. The string changes if b is written.
func View(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Arena holds strings that live and die together. The zero value is ready.
type Arena struct {
	buf  []byte
	left int // bytes of blocks that were too small
}

// first is the size of an arena's first block.
const first = 512

// Alloc returns n bytes that are valid until Reset.
func (a *Arena) Alloc(n int) []byte {
	if cap(a.buf)-len(a.buf) < n {
		a.Reserve(max(first, 2*cap(a.buf), n))
	}
	end := len(a.buf) + n
	b := a.buf[len(a.buf):end:end]
	a.buf = a.buf[:end]
	return b
}

// Reserve makes room for n bytes in one block.
func (a *Arena) Reserve(n int) {
	if cap(a.buf)-len(a.buf) < n { // what lies in the old block stays valid: its strings hold it
		a.left += cap(a.buf)
		a.buf = make([]byte, 0, n)
	}
}

// Add returns a copy of s that is valid until Reset.
func (a *Arena) Add(s string) string {
	if s == "" {
		return ""
	}
	b := a.Alloc(len(s))
	copy(b, s)
	return View(b)
}

// Size returns the bytes of memory that the arena and its strings take.
func (a *Arena) Size() int { return a.left + cap(a.buf) }

// Reset makes the arena empty and its strings invalid. It keeps its memory if that is at most keep bytes.
func (a *Arena) Reset(keep int) {
	Poison(a.buf[:cap(a.buf)])
	if cap(a.buf) > keep {
		a.buf = nil
	}
	a.buf, a.left = a.buf[:0], 0
}
