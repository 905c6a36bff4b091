package regex

// Flags are the options of an expression, as in Perl. Expressions can change all but UTF: (?i).
type Flags uint16

// Options, each with the letter that names it.
const (
	CaseInsensitive Flags = 1 << iota // i: ASCII letters match in either case
	MultiLine                         // m: ^ and $ match at each line
	DotAll                            // s: . matches LF
	Extended                          // x: blanks and # comments are ignored
	ExtendedMore                      // xx: blanks and tabs in classes too
	NoAutoCapture                     // n: ( ) does not capture
	Ungreedy                          // U: quantifiers are lazy, and greedy with ?
	UTF                               // u: characters are UTF-8 sequences, not bytes
	duplicateNames                    // J
)

// ParseFlags reads letters, as in Perl. It returns false if it does not know one.
func ParseFlags(letters string) (Flags, bool) {
	var f Flags
	for i := range len(letters) {
		switch c := letters[i]; c {
		case 'u':
			f |= UTF
		case 'x':
			if f&Extended != 0 {
				f |= ExtendedMore
			}
			f |= Extended
		default:
			o := optionOf(c)
			if o == 0 || o == duplicateNames {
				return 0, false
			}
			f |= o
		}
	}
	return f, true
}

// optionOf returns the option that a letter sets within an expression, 0 if there is none.
func optionOf(c byte) Flags {
	switch c {
	case 'i':
		return CaseInsensitive
	case 'm':
		return MultiLine
	case 's':
		return DotAll
	case 'n':
		return NoAutoCapture
	case 'U':
		return Ungreedy
	case 'J':
		return duplicateNames
	}
	return 0
}
