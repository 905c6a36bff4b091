package audit

import "runtime"

// Arches returns the arch field of what programs of this machine's own kind record, and that of 32-bit programs; 0 where this
// program knows of none.
func Arches() (native, compat uint32) {
	switch runtime.GOARCH {
	case "amd64":
		return archX86_64, archI386
	case "arm64":
		return archAarch64, archARM
	}
	return 0, 0
}
