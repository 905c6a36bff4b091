package predicate

import (
	"encoding/binary"
	"strings"
)

// AppendTexts writes texts down, so that no other list of them is written alike and none is the begin of another: for a
// MemoKey about many.
func AppendTexts(dst []byte, texts []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(texts)))
	for _, s := range texts {
		dst = append(binary.AppendUvarint(dst, uint64(len(s))), s...)
	}
	return dst
}

// Folds reports whether a value has a letter outside of ASCII that folds to one within: the Kelvin sign and the long s.
// Literals are found byte by byte, which says no to them wrongly.
func Folds(v string) bool {
	const kelvin, longS = "\u212a", "\u017f"
	return strings.IndexByte(v, kelvin[0]) >= 0 && strings.Contains(v, kelvin) || strings.IndexByte(v, longS[0]) >= 0 && strings.Contains(v, longS)
}
