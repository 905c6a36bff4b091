package predicate

// Find returns where in a value that matches stands what p asks for, as far as one text tells: of a pattern with several,
// the longest. Both offsets are 0 if that is not known.
func (p *Pattern) Find(value string) (start, end int) {
	text, place := p.Literal()
	n := len(text)
	switch {
	case n == 0 || n > len(value):
		return 0, 0
	case place == AtStart, place == Whole:
		return 0, n
	case place == AtEnd:
		return len(value) - n, len(value)
	}
	folded := foldASCII(text)
	for i := 0; i+n <= len(value); i++ {
		if s := value[i : i+n]; s == text || p.fold && equalASCII(s, folded) {
			return i, i + n
		}
	}
	return 0, 0
}
