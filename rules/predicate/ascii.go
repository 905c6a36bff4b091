package predicate

// lower folds ASCII letters and leaves all other bytes alone.
var lower = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if i >= 'A' && i <= 'Z' {
			t[i] += 'a' - 'A'
		}
	}
	return t
}()

// equalASCII reports whether s equals lit, which is in lower case and of the same length.
func equalASCII(s, lit string) bool {
	for i := range len(lit) {
		if lower[s[i]] != lit[i] {
			return false
		}
	}
	return true
}
