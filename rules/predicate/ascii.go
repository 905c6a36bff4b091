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

// containsASCII reports whether lit, in lower case and not longer than s, is a part of s. It asks for
// the last byte first: words of command lines differ there more often than in a leading / or -.
func containsASCII(s, lit string) bool {
	if lit == "" {
		return true
	}
	n := len(lit)
	last := lit[n-1]
	for end := n - 1; end < len(s); end++ {
		if lower[s[end]] == last && equalASCII(s[end+1-n:end], lit[:n-1]) {
			return true
		}
	}
	return false
}
