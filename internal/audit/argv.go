package audit

import (
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/text"
)

// Argv joins the EXECVE records of one event into the arguments that execve(2) was given, byte for
// byte. Records may come in any order. The zero value is ready; Reset makes it so again.
//
// The kernel writes argc once, an argument as a0="…" or in hex, and one that does not fit a record
// as a0_len=N a0[0]=… a0[1]=… over several (kernel/auditsc.c, audit_log_execve_info).
type Argv struct {
	bodies []string
	ends   []int // of the arguments in the line that is being joined
	pieces pieces
}

// Args is what execve(2) was given. A missing argument is left out, never invented.
type Args struct {
	Line     string   // the arguments joined by one blank
	List     []string // parts of Line
	Argc     int      // what the kernel counted; -1 if the record that says so is missing
	Complete bool     // nothing is missing
}

// Reset forgets all records, and keeps the memory of lists of ordinary length.
func (a *Argv) Reset() {
	clear(a.bodies) // they hold what they are parts of
	clear(a.pieces.all)
	a.bodies, a.ends, a.pieces.all = shorten(a.bodies), shorten(a.ends), shorten(a.pieces.all)
	clear(a.pieces.lens)
}

// shorten empties a list, and forgets one that was very long.
func shorten[T any](list []T) []T {
	const keep = 256
	if cap(list) > keep {
		return nil
	}
	return list[:0]
}

// Len returns the number of records.
func (a *Argv) Len() int { return len(a.bodies) }

// Add takes the body of one EXECVE record, which must stay as it is until Join.
func (a *Argv) Add(body string) { a.bodies = append(a.bodies, body) }

// Join joins the records. The strings lie in mem, and the list in the memory of list.
func (a *Argv) Join(mem *text.Arena, list []string) Args {
	size := 0
	for _, b := range a.bodies {
		size += len(b)
	}
	buf := mem.Alloc(size)[:0] // decoded and with its blank an argument is shorter than in a record
	a.ends = a.ends[:0]
	argc, complete := 0, true
	if joined, n, ok := a.inOrder(buf); ok {
		buf, argc = joined, n
	} else {
		a.ends = a.ends[:0]
		buf, argc, complete = a.anyOrder(buf[:0])
	}
	args := Args{Line: text.View(buf), List: list[:0], Argc: argc}
	args.Complete = complete && len(a.ends) == argc
	start := 0
	for _, end := range a.ends {
		args.List = append(args.List, args.Line[start:end])
		start = end + 1
	}
	return args
}

// inOrder joins what the kernel writes for all but long arguments: each argument once, whole and in order. False
// if it is anything else.
func (a *Argv) inOrder(buf []byte) (_ []byte, argc int, ok bool) {
	if len(a.bodies) == 0 {
		return buf, -1, false
	}
	count, rest := "", strings.TrimLeft(a.bodies[0], " ")
	if rest, ok = strings.CutPrefix(rest, "argc="); !ok {
		return buf, -1, false
	}
	count, _, rest = cutValue(rest)
	argc, err := strconv.Atoi(count)
	if err != nil || argc < 0 {
		return buf, -1, false
	}
	for i := 0; ; {
		if buf, ok = a.arguments(buf, rest); !ok {
			return buf, -1, false
		}
		if i++; i == len(a.bodies) {
			return buf, argc, true
		}
		rest = a.bodies[i]
	}
}

// arguments appends the arguments of one record; false if one is not the next, or not whole.
func (a *Argv) arguments(buf []byte, s string) (_ []byte, ok bool) {
	for {
		for s != "" && s[0] == ' ' {
			s = s[1:]
		}
		if s == "" {
			return buf, true
		}
		if s, ok = cutKey(s, len(a.ends)); !ok {
			return buf, false
		}
		var value string
		var quoted bool
		value, quoted, s = cutValue(s)
		if len(a.ends) > 0 {
			buf = append(buf, ' ')
		}
		if quoted {
			buf = append(buf, value...)
		} else if buf, ok = appendHex(buf, value); !ok {
			return buf, false
		}
		a.ends = append(a.ends, len(buf))
	}
}

// cutKey cuts the key "aN=" off s.
func cutKey(s string, n int) (rest string, ok bool) {
	if s[0] != 'a' {
		return s, false
	}
	v, end, ok := digits(s, 1, 9)
	if !ok || int(v) != n || !at(s, end, '=') {
		return s, false
	}
	return s[end+1:], true
}

// appendHex appends the bytes that s, upper-case hex, stands for; false if it is not hex.
func appendHex(dst []byte, s string) ([]byte, bool) {
	if s == "" || len(s)%2 != 0 {
		return dst, false
	}
	for i := 0; i < len(s); i += 2 {
		hi, lo := hexValue[s[i]], hexValue[s[i+1]]
		if hi|lo > 15 {
			return dst, false
		}
		dst = append(dst, hi<<4|lo)
	}
	return dst, true
}

// hexValue is the value of an upper-case hex digit, and 255 for every other byte.
var hexValue = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i, c := range "0123456789ABCDEF" {
		t[c] = byte(i)
	}
	return t
}()
