//go:build race

package text

// Poison overwrites b if the race detector is on: its owner is about to use it again.
func Poison(b []byte) {
	for i := range b {
		b[i] = 0xdb
	}
}
