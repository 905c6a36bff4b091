package sigma

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// number is an integer of up to 64 bits or a float. Integers stay exact: a capability mask does not
// fit into a float64.
type number struct {
	whole bool
	neg   bool
	mag   uint64
	f     float64
}

// parseNumber reads a decimal number, and with yaml also 0x1f, 0o17 and 1e3, which in an event is hex. It checks the form
// before it asks strconv, whose errors allocate: most values it sees are no numbers.
func parseNumber(s string, yaml bool) (number, bool) {
	if yaml && (strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0o")) {
		mag, err := strconv.ParseUint(s, 0, 64)
		return number{whole: true, mag: mag, f: float64(mag)}, err == nil
	}
	digits, float := shape(s)
	if digits == 0 || len(s) > 40 || !yaml && strings.ContainsAny(s, "eE") {
		return number{}, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return number{}, false
	}
	n := number{f: f, neg: s[0] == '-'}
	if !float && digits <= 20 {
		n.mag, err = strconv.ParseUint(strings.TrimLeft(s, "+-"), 10, 64)
		n.whole, n.neg = err == nil, n.neg && n.mag != 0
	}
	return n, true
}

// shape counts the digits of the mantissa of a decimal number; 0 if s is none.
func shape(s string) (digits int, float bool) {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	for ; i < len(s) && (isDigit(s[i]) || s[i] == '.' && !float); i++ {
		if s[i] == '.' {
			float = true
			continue
		}
		digits++
	}
	if i == len(s) || digits == 0 {
		return digits, float
	}
	if s[i] != 'e' && s[i] != 'E' {
		return 0, false
	}
	i++
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	if i == len(s) || len(s)-i > 3 {
		return 0, false
	}
	for ; i < len(s); i++ {
		if !isDigit(s[i]) {
			return 0, false
		}
	}
	return digits, true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (a number) compare(b number) int {
	if !a.whole || !b.whole {
		return cmp.Compare(a.f, b.f)
	}
	switch {
	case a.neg != b.neg && a.neg:
		return -1
	case a.neg != b.neg:
		return 1
	case a.neg:
		return cmp.Compare(b.mag, a.mag)
	}
	return cmp.Compare(a.mag, b.mag)
}
