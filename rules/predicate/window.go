package predicate

import "math"

// window is some bytes of a text, the first one lowest, with caseBits set in each byte that is there.
// That folds letters, and also some bytes that are none (@ and `), which costs a comparison later.
type window uint64

const caseBits = 0x2020_2020_2020_2020

const (
	// A text of minWide bytes or more is located by stride neighbouring wide windows, of wide bytes: one of
	// them is at an offset that stride divides, so only these offsets are tried.
	wide    = 6
	stride  = 3
	minWide = wide + stride - 1
	// A shorter text is located by one narrow window, of up to narrow bytes, and all offsets are tried.
	narrow = 4
)

// load returns the first eight bytes of s; the compiler makes it one instruction.
func load(s string) window {
	return window(s[0]) | window(s[1])<<8 | window(s[2])<<16 | window(s[3])<<24 |
		window(s[4])<<32 | window(s[5])<<40 | window(s[6])<<48 | window(s[7])<<56 | caseBits
}

// loadShort is load for a text of up to eight bytes.
func loadShort(s string) (w window) {
	for i := range len(s) {
		w |= window(s[i]|0x20) << (8 * i)
	}
	return w
}

// loadTail is load for the end of value, which begins at offset i and has less than eight bytes.
func loadTail(value string, i int) window {
	if len(value) < 8 {
		return loadShort(value[i:])
	}
	return load(value[len(value)-8:]) >> (8 * (i + 8 - len(value)))
}

// first returns the first n bytes of w.
func (w window) first(n int) window { return w & (math.MaxUint64 >> (64 - 8*n)) }

const golden = 0x9e3779b97f4a7c15

// bitmap is a set of windows in rows of 64 columns; the number of rows is a power of two. hasWide and
// hasNarrow answer in their lowest bit, and also yes for some windows that were not marked. A row is also the
// number of a bucket.
type bitmap []uint64

// wideRow takes good bits of a product; the best six are the column.
func (b bitmap) wideRow(w window) int {
	return int(w << (64 - 8*wide) * golden >> 32 & window(len(b)-1))
}
func (b bitmap) hasWide(w window) uint64 {
	return b[b.wideRow(w)] >> (w << (64 - 8*wide) * golden >> 58)
}

// pair and column of a window are where it is in a bitmap of narrow ones: the row is of two bytes, and with
// maxRows no pairs of ASCII share one; the column is of the next two (with three bits of the last). So a
// window of two bytes is a row, and one of three bytes is a part of it. Shifting w by a byte shifts both by
// a byte, so scan works them out once for all offsets.
func (w window) pair() window   { return w ^ w>>3 }
func (w window) column() window { return w>>16 ^ w>>21 }

const maxRows = 4096

func (b bitmap) narrowRow(w window) int { return int(w.pair() & window(len(b)-1)) }

func (b bitmap) hasNarrow(pair, column window) uint64 {
	return b[pair&window(len(b)-1)] >> (column & 63)
}

// mark marks w, which is width bytes wide. A narrow one is marked with all that may follow.
func (b bitmap) mark(w window, width int) {
	switch width {
	case wide:
		b[b.wideRow(w)] |= 1 << (w << (64 - 8*wide) * golden >> 58)
	case 4:
		b[b.narrowRow(w)] |= 1 << (w.column() & 63)
	case 3:
		for next := range window(8) {
			b.mark(w|next<<24, 4)
		}
	case 2:
		b[b.narrowRow(w)] = math.MaxUint64
	default:
		for next := range window(256) {
			b.mark(w|next<<8, 2)
		}
	}
}
