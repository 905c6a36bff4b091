package predicate

import "strings"

// Folds reports whether a value has a letter outside of ASCII that folds to one within: the Kelvin sign and the long s.
// Literals are found byte by byte, which says no to them wrongly.
func Folds(v string) bool {
	const kelvin, longS = "\u212a", "\u017f"
	return strings.IndexByte(v, kelvin[0]) >= 0 && strings.Contains(v, kelvin) || strings.IndexByte(v, longS[0]) >= 0 && strings.Contains(v, longS)
}
