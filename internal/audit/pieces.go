package audit

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// pieces are the arguments of EXECVE records in whatever order and however cut.
type pieces struct {
	all  []piece
	lens map[int]int // aN_len: total length as written
	argc int         // -1: not seen
	odd  bool        // a piece came twice and differed
}

type piece struct {
	arg, part int // part -1: the whole argument
	raw       string
	quoted    bool
}

// anyOrder joins the records, the arguments sorted.
func (a *Argv) anyOrder(buf []byte) (_ []byte, argc int, complete bool) {
	p := &a.pieces
	p.read(a.bodies)
	complete = !p.odd
	for i := 0; i < len(p.all); {
		if len(a.ends) > 0 {
			buf = append(buf, ' ')
		}
		if p.all[i].arg != len(a.ends) {
			complete = false
		}
		var whole bool
		buf, i, whole = p.appendArg(buf, i)
		complete = complete && whole
		a.ends = append(a.ends, len(buf))
	}
	return buf, p.argc, complete
}

func (p *pieces) read(bodies []string) {
	p.all, p.argc = p.all[:0], -1
	clear(p.lens)
	for _, body := range bodies {
		for f := range fields(body) {
			if f.Key == "argc" {
				if n, err := strconv.Atoi(f.Value); err == nil && n >= 0 {
					p.argc = n
				}
				continue
			}
			p.add(f)
		}
	}
	order := func(x, y piece) int { return cmp.Or(cmp.Compare(x.arg, y.arg), cmp.Compare(x.part, y.part)) }
	slices.SortStableFunc(p.all, order)
	p.odd = false
	p.all = slices.CompactFunc(p.all, func(x, y piece) bool { // a record read twice
		same := order(x, y) == 0
		p.odd = p.odd || same && x != y
		return same
	})
}

// add takes aN, aN[M] or aN_len.
func (p *pieces) add(f Field) {
	num, ok := strings.CutPrefix(f.Key, "a")
	if !ok {
		return
	}
	part := -1
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
		p.setLen(arg, f.Value)
		return
	}
	p.all = append(p.all, piece{arg, part, f.Value, f.Quoted})
}

func (p *pieces) setLen(arg int, value string) {
	n, err := strconv.Atoi(value)
	if err != nil {
		return
	}
	if p.lens == nil {
		p.lens = make(map[int]int)
	}
	p.lens[arg] = n
}

// appendArg appends the argument whose first piece is at i and returns the index after its last.
func (p *pieces) appendArg(buf []byte, i int) (_ []byte, next int, whole bool) {
	arg, written := p.all[i].arg, 0
	if p.all[i].part < 0 {
		buf, whole = p.all[i].append(buf)
		for i++; i < len(p.all) && p.all[i].arg == arg; i++ {
			whole = false // an argument both whole and in parts: no kernel writes that
		}
		return buf, i, whole
	}
	whole = true
	for part := 0; i < len(p.all) && p.all[i].arg == arg; part++ {
		q, ok := p.all[i], false
		written += len(q.raw)
		buf, ok = q.append(buf)
		whole = whole && ok && q.part == part
		i++
	}
	n, known := p.lens[arg]
	return buf, i, whole && known && n == written
}

// append appends the decoded piece; false if it is neither quoted nor hex: torn.
func (q piece) append(buf []byte) ([]byte, bool) {
	if !q.quoted {
		n := len(buf)
		if decoded, ok := appendHex(buf, q.raw); ok {
			return decoded, true
		}
		return append(buf[:n], q.raw...), false
	}
	return append(buf, q.raw...), true
}
