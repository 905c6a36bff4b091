package predicate

import (
	"hash/maphash"
	mathbits "math/bits"
)

// Digest is what a Memo knows a list of numbers and texts by: two lists have the same one with a chance of 2⁻⁶⁴, whoever
// chose them, for its keys are secret and nothing tells what it is. It is NH, the first layer of UMAC (Black, Halevi, Krawczyk,
// Krovetz, Rogaway 1999, theorem 1; RFC 4418), on words of 64 bits: the sum of products of two words each, to each of which a
// key was added. Texts carry their lengths, so that no other list gives the same words if the same kinds come in the same order: that
// is for who asks a question to see to.
//
// A hash such as a map has would not do. It has a secret too, but two texts can be made that collide whatever that is, in
// one of some hundred pairs (in AES of one round, one byte that differs can be taken back by the next block): a command that
// is harmless, and then one that is not, which would be taken for it.
type Digest struct {
	keys   *[digestWords]uint64
	hi, lo uint64
	words  int // that were added; over digestWords: too many
}

// digestWords bounds a list, in words of eight bytes: an event is mostly a tenth of it.
const digestWords = 1024

// newKeys makes keys of seeds, each of which is 64 bits of the runtime's generator (ChaCha8, with a key of the kernel's): the
// hash of nothing is one of its seed alone.
func newKeys() *[digestWords]uint64 {
	keys := new([digestWords]uint64)
	for i := range keys {
		keys[i] = maphash.Bytes(maphash.MakeSeed(), nil)
	}
	return keys
}

// Number adds a number.
func (d *Digest) Number(n uint64) {
	if d.hasRoom(2) {
		d.pair(n, 0)
	}
}

// Texts adds several texts, and how many they are.
func (d *Digest) Texts(all []string) {
	d.Number(uint64(len(all)))
	for _, s := range all {
		d.Text(s)
	}
}

// Text adds a text.
func (d *Digest) Text(s string) {
	n := len(s)
	switch {
	case !d.hasRoom(n/8 + 4):
	case n <= 8:
		d.pair(uint64(n), short(s))
	default:
		d.pair(uint64(n), word(s))
		d.long(s)
	}
}

// long adds what follows the first eight bytes; the last words may overlap those before. Its loop is pair with the sum in
// registers: 816 bytes take 0.1 µs, as much as to write them down, hash them as maps do, and compare (BenchmarkDigest). What is won is
// that no texts are kept: four megabytes of them were always cold, and a scan took a seventh longer.
func (d *Digest) long(s string) {
	n := len(s)
	hi, lo, at := d.hi, d.lo, 8
	keys := d.keys[d.words&(digestWords-1):]
	for ; at+16 <= n && len(keys) >= 2; at += 16 {
		h, l := mathbits.Mul64(word(s[at:])+keys[0], word(s[at+8:])+keys[1])
		var carry uint64
		lo, carry = mathbits.Add64(lo, l, 0)
		hi, _ = mathbits.Add64(hi, h, carry)
		keys = keys[2:]
	}
	d.hi, d.lo, d.words = hi, lo, digestWords-len(keys)
	switch {
	case at == n:
	case n < 16:
		d.pair(word(s[n-8:]), 0)
	default:
		d.pair(word(s[n-16:]), word(s[n-8:]))
	}
}

// hasRoom reports whether that many words more can be added. Once they cannot, none can.
func (d *Digest) hasRoom(words int) bool {
	if d.words+words <= digestWords {
		return true
	}
	d.words = digestWords + 1
	return false
}

func (d *Digest) pair(a, b uint64) {
	at := d.words & (digestWords - 2)
	h, l := mathbits.Mul64(a+d.keys[at], b+d.keys[at+1])
	var carry uint64
	d.lo, carry = mathbits.Add64(d.lo, l, 0)
	d.hi, _ = mathbits.Add64(d.hi, h, carry)
	d.words += 2
}

// word is the first eight bytes of s.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func half(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

// short is all of at most eight bytes. That some stand in it twice does no harm, for their number is known.
func short(s string) uint64 {
	switch n := len(s); {
	case n == 8:
		return word(s)
	case n >= 4:
		return half(s) | half(s[n-4:])<<32
	case n > 0:
		return uint64(s[0]) | uint64(s[n/2])<<8 | uint64(s[n-1])<<16
	}
	return 0
}
