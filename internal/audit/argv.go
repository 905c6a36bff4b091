package audit

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// Argv joins the EXECVE records of one event into the arguments that execve(2) was given, byte for
// byte. Records may come in any order. The zero value is ready; Reset makes it so again.
//
// The kernel writes argc once, an argument as a0="…" or in hex, and one that does not fit a record
// as a0_len=N a0[0]=… a0[1]=… over several (kernel/auditsc.c, audit_log_execve_info).
type Argv struct {
	argc   int // -1: not seen
	seen   bool
	pieces []piece
	lens   map[int]int // aN_len: total length as written
}

type piece struct {
	arg, part int // part -1: the whole argument
	raw       string
	quoted    bool
}

// Reset forgets all records.
func (a *Argv) Reset() { *a = Argv{pieces: a.pieces[:0]} }

// Add takes the body of one EXECVE record.
func (a *Argv) Add(body string) {
	for f := range fields(body) {
		if f.Key == "argc" {
			n, err := strconv.Atoi(f.Value)
			a.argc, a.seen = n, err == nil && n >= 0
			continue
		}
		a.addField(f)
	}
}

func (a *Argv) addField(f Field) {
	num, ok := strings.CutPrefix(f.Key, "a")
	if !ok {
		return
	}
	num, part := num, -1
	if i := strings.IndexByte(num, '['); i > 0 && strings.HasSuffix(num, "]") {
		n, err := strconv.Atoi(num[i+1 : len(num)-1])
		if err != nil || n < 0 {
			return
		}
		num, part = num[:i], n
	}
	num, isLen := strings.CutSuffix(num, "_len")
	arg, err := strconv.Atoi(num)
	if err != nil || arg < 0 {
		return
	}
	if isLen {
		a.setLen(arg, f.Value)
		return
	}
	a.pieces = append(a.pieces, piece{arg, part, f.Value, f.Quoted})
}

func (a *Argv) setLen(arg int, value string) {
	n, err := strconv.Atoi(value)
	if err != nil {
		return
	}
	if a.lens == nil {
		a.lens = make(map[int]int)
	}
	a.lens[arg] = n
}

// Join returns the arguments joined by one blank, the arguments themselves (parts of that text), and
// whether nothing is missing. A missing argument is left out, never invented.
func (a *Argv) Join() (line string, args []string, complete bool) {
	order := func(x, y piece) int { return cmp.Or(cmp.Compare(x.arg, y.arg), cmp.Compare(x.part, y.part)) }
	slices.SortStableFunc(a.pieces, order)
	a.pieces = slices.CompactFunc(a.pieces, func(x, y piece) bool { return order(x, y) == 0 }) // a record read twice
	complete = a.seen
	var buf []byte
	var ends []int
	for i := 0; i < len(a.pieces); {
		if len(ends) > 0 {
			buf = append(buf, ' ')
		}
		var whole bool
		if a.pieces[i].arg != len(ends) {
			complete = false
		}
		buf, i, whole = a.appendArg(buf, i)
		complete = complete && whole
		ends = append(ends, len(buf))
	}
	line = string(buf)
	args = make([]string, len(ends))
	start := 0
	for i, end := range ends {
		args[i] = line[start:end]
		start = end + 1
	}
	return line, args, complete && len(args) == a.argc
}

// appendArg appends the argument whose first piece is at i and returns the index after its last.
func (a *Argv) appendArg(buf []byte, i int) (_ []byte, next int, whole bool) {
	arg, written := a.pieces[i].arg, 0
	if a.pieces[i].part < 0 {
		buf, whole = a.pieces[i].append(buf)
		for i++; i < len(a.pieces) && a.pieces[i].arg == arg; i++ {
			whole = false // an argument both whole and in parts: no kernel writes that
		}
		return buf, i, whole
	}
	whole = true
	for part := 0; i < len(a.pieces) && a.pieces[i].arg == arg; part++ {
		p, ok := a.pieces[i], false
		written += len(p.raw)
		buf, ok = p.append(buf)
		whole = whole && ok && p.part == part
		i++
	}
	n, known := a.lens[arg]
	return buf, i, whole && known && n == written
}

// append appends the decoded piece; false if it is neither quoted nor hex: torn.
func (p piece) append(buf []byte) ([]byte, bool) {
	if p.quoted {
		return append(buf, p.raw...), true
	}
	if !isHex(p.raw) {
		return append(buf, p.raw...), false
	}
	n := len(buf)
	buf = append(buf, make([]byte, len(p.raw)/2)...)
	_, err := hex.Decode(buf[n:], []byte(p.raw))
	return buf, err == nil
}
