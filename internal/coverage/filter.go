package coverage

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// filter is one condition of an audit rule.
type filter struct {
	field, op, value uint32
	text             string
}

// The fields that are looked at one by one, and the operators. Source: include/uapi/linux/audit.h.
const (
	fieldArch    = 11
	fieldType    = 12
	fieldExit    = 103
	fieldSuccess = 104
	fieldWatch   = 105
	fieldPerm    = 106
	fieldDir     = 107
	fieldCompare = 111
	fieldExe     = 112
	fieldA0      = 200
	fieldA1      = 201
	fieldA2      = 202
	fieldKey     = 210

	opMask    = 0x08000000
	opLess    = 0x10000000
	opGreater = 0x20000000
	opNot     = 0x30000000
	opEqual   = 0x40000000
	opBits    = 0x48000000
)

var fieldNames = map[uint32]string{
	0: "pid", 1: "uid", 2: "euid", 3: "suid", 4: "fsuid", 5: "gid", 6: "egid", 7: "sgid", 8: "fsgid", 9: "auid", 10: "pers", 11: "arch",
	12: "msgtype", 13: "subj_user", 14: "subj_role", 15: "subj_type", 16: "subj_sen", 17: "subj_clr", 18: "ppid", 19: "obj_user",
	20: "obj_role", 21: "obj_type", 22: "obj_lev_low", 23: "obj_lev_high", 24: "loginuid_set", 25: "sessionid", 26: "fstype",
	100: "devmajor", 101: "devminor", 102: "inode", 103: "exit", 104: "success", 105: "path", 106: "perm", 107: "dir", 108: "filetype",
	109: "obj_uid", 110: "obj_gid", 111: "comparison", 112: "exe", 113: "saddr_fam", 200: "a0", 201: "a1", 202: "a2", 203: "a3",
}

func isText(field uint32) bool {
	return field >= 13 && field <= 17 || field >= 19 && field <= 23 || field == fieldWatch || field == fieldDir || field == fieldExe || field == fieldKey
}

// isPlace reports whether a field is about the file that a call names: rules for files are mostly restricted so.
func isPlace(field uint32) bool {
	return field == fieldWatch || field == fieldDir || field == fieldPerm || field >= 100 && field <= 102 || field == 108 || field == 109 || field == 110
}

func (f filter) String() string {
	ops := map[uint32]string{opMask: "&", opLess: "<", opGreater: ">", opNot: "!=", opEqual: "=", opBits: "&=", opLess | opEqual: "<=", opGreater | opEqual: ">="}
	name, ok := fieldNames[f.field]
	if !ok {
		name = fmt.Sprintf("field %d ", f.field)
	}
	value := fmt.Sprint(f.value)
	switch {
	case isText(f.field):
		value = f.text
	case f.field == fieldPerm:
		value = permissions(f.value)
	case f.value == math.MaxUint32:
		value = "unset"
	case f.field == fieldExit:
		value = fmt.Sprint(int32(f.value))
	}
	return name + ops[f.op] + value
}

func permissions(bits uint32) string {
	var b strings.Builder
	for i, c := range "xwra" {
		if bits&(1<<i) != 0 {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// span is values of a field, from lo to hi, both included.
type span struct{ lo, hi int64 }

// all is every value that a field can have: numbers without a sign, but for what a call returns.
func all(field uint32) span {
	if field == fieldExit {
		return span{math.MinInt32, math.MaxInt32}
	}
	return span{0, math.MaxUint32}
}

// spans are the values that pass the filter, in order. It is not ok where they are no spans of numbers.
func (f filter) spans() ([]span, bool) {
	a := all(f.field)
	v := int64(f.value)
	if f.field == fieldExit {
		v = int64(int32(f.value))
	}
	if isText(f.field) || f.field == fieldPerm || f.field == fieldCompare {
		return nil, false
	}
	if f.field == fieldSuccess { // the kernel looks at the value only
		a, v = span{0, 1}, min(v, 1)
	}
	switch f.op {
	case opEqual:
		return []span{{v, v}}, true
	case opNot:
		return []span{{a.lo, v - 1}, {v + 1, a.hi}}, true
	case opLess:
		return []span{{a.lo, v - 1}}, true
	case opGreater:
		return []span{{v + 1, a.hi}}, true
	case opLess | opEqual:
		return []span{{a.lo, v}}, true
	case opGreater | opEqual:
		return []span{{v, a.hi}}, true
	}
	return nil, false
}

// fit is what is known of a filter for the events in question.
type fit uint8

const (
	never fit = iota
	sometimes
	always
)

// facts are what the events in question have in common.
type facts struct {
	values map[uint32]span
	bits   map[uint32]uint32 // that are set
	perm   uint32            // what they do to a file, in bits of a perm filter; 0: it is not known
	bare   bool              // they name no file: no rule for files fits them
}

func (f filter) fits(k *facts) fit {
	switch {
	case k.bare && isPlace(f.field):
		return never
	case f.field == fieldPerm && k.perm != 0:
		return fitOf(f.value&k.perm != 0, f.value&k.perm != 0)
	case f.op == opMask || f.op == opBits:
		set := k.bits[f.field]
		return fitOf(f.op == opMask && set&f.value != 0 || set&f.value == f.value, true)
	}
	passing, ok := f.spans()
	if !ok {
		return sometimes
	}
	known := k.domain(f.field)
	return fitOf(covers(passing, known), slices.ContainsFunc(passing, func(s span) bool { return s.lo <= known.hi && known.lo <= s.hi && s.lo <= s.hi }))
}

func fitOf(every, some bool) fit {
	switch {
	case every:
		return always
	case some:
		return sometimes
	}
	return never
}

func (k *facts) domain(field uint32) span {
	if s, ok := k.values[field]; ok {
		return s
	}
	if field == fieldSuccess {
		return span{0, 1}
	}
	return all(field)
}

// covers reports whether spans together hold all of another.
func covers(parts []span, whole span) bool {
	parts = slices.Clone(parts)
	slices.SortFunc(parts, func(a, b span) int { return int(max(min(a.lo-b.lo, 1), -1)) })
	next := whole.lo
	for _, p := range parts {
		if p.lo > next {
			return false
		}
		if next = max(next, p.hi+1); next > whole.hi {
			return true
		}
	}
	return false
}
