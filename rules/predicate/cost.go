package predicate

// common are the bytes that command lines have most, the most frequent first.
const common = " e/-tasiornlcdpmu.hg1b0f2y=vw:3_k54\"x86'79,jq;()"

// plenty is high for common bytes.
var plenty = func() (t [256]uint8) {
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
		sum += int(plenty[byte(w)])
	}
	return sum
}
