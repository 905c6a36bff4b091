package regex

// Quote returns an expression that matches s and nothing else, whatever the options.
func Quote(s string) string {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		if c := s[i]; c < 0x80 && !isWordByte(c) { // \ before any other ASCII byte is that byte
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return string(b)
}
