package regex

import "fmt"

// Error says why an expression is refused: it is not PCRE2 10.42, or it is something of it that is not implemented.
type Error struct {
	Offset int // in bytes, of what is refused
	Msg    string
}

func (e *Error) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.Msg) }
