package predicate

import "math"

// window is up to four bytes of a text, the first one lowest, with caseBits set in each byte that is
// there. That folds letters, and also some bytes that are none (@ and `), which costs a comparison later.
type window uint32

const (
	caseBits = 0x20202020
	maxWidth = 4
)

// windowOf returns the window at the start of s.
func windowOf(s string) (w window) {
	for i := range min(len(s), maxWidth) {
		w |= window(s[i]|0x20) << (8 * i)
	}
	return w
}

// filter is a bitmap of windows, in rows of 64 columns. The first two bytes of a window choose the row and
// the others the column, so that a narrow window is a part of a row or of some rows.
type filter []uint64

// row has few values for one first byte, so that a window of one byte fills few rows.
func (w window) row() int { return int(uint16(w ^ w>>3&0x1fff)) }

// column has the last byte in bits 3 to 5 only, so that a window of three bytes fills 8 columns.
func (w window) column() int { return int(w>>16 ^ w>>21) }

// bucket spreads windows over n buckets, a power of two.
func (w window) bucket(n int) int {
	return int(uint64(w) * 0x9e3779b97f4a7c15 >> 32 & uint64(n-1))
}

// mark sets w, which is width bytes wide, with all that may follow it.
func (f filter) mark(w window, width int) {
	row := &f[w.row()&(len(f)-1)]
	switch width {
	case 4:
		*row |= 1 << (w.column() & 63)
	case 3:
		for b := range window(8) {
			f.mark(w|b<<24, 4)
		}
	case 2:
		*row = math.MaxUint64
	default:
		for b := range window(256) {
			f.mark(w|b<<8, 2)
		}
	}
}

// common are the bytes that command lines have most, the most frequent first.
const common = " e/-tasiornlcdpmu.hg1b0f2y=vw:3_k54\"x86'79,jq;()"

// scarcity is low for bytes that are rare.
var scarcity = func() (t [256]uint8) {
	for i := range len(common) {
		t[common[i]] = uint8(2 * (len(common) - i))
	}
	return t
}()

// crowd is the cost of sharing a bucket with one more needle, in the measure of cost.
const crowd = 40

// cost estimates how often command lines have the window.
func (w window) cost() (sum int) {
	for ; w != 0; w >>= 8 {
		sum += int(scarcity[byte(w)])
	}
	return sum
}

// foldASCII returns s with ASCII letters in lower case.
func foldASCII(s string) string {
	folded := []byte(s)
	for i, b := range folded {
		folded[i] = lower[b]
	}
	return string(folded)
}
