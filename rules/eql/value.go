package eql

import (
	"math"
	"strconv"
)

// value is what an expression stands for: null, a boolean, a number or a text.
type value struct {
	kind valueKind
	s    string
	n    int64 // of an integer; 1 for true
	f    float64
}

type valueKind uint8

const (
	nullKind valueKind = iota
	boolKind
	intKind
	floatKind
	textKind
)

var null = value{}

func intValue(n int64) value     { return value{kind: intKind, n: n} }
func floatValue(f float64) value { return value{kind: floatKind, f: f} }
func textValue(s string) value   { return value{kind: textKind, s: s} }

func boolValue(b bool) value {
	if b {
		return value{kind: boolKind, n: 1}
	}
	return value{kind: boolKind}
}

func (v value) isTrue() bool   { return v.kind == boolKind && v.n == 1 }
func (v value) isFalse() bool  { return v.kind == boolKind && v.n == 0 }
func (v value) isNumber() bool { return v.kind == intKind || v.kind == floatKind }

func (v value) float() float64 {
	if v.kind == intKind {
		return float64(v.n)
	}
	return v.f
}

// text is the value as string() and concat() write it.
func (v value) text() string {
	switch v.kind {
	case textKind:
		return v.s
	case boolKind:
		return strconv.FormatBool(v.n == 1)
	case intKind:
		return strconv.FormatInt(v.n, 10)
	case floatKind:
		return formatFloat(v.f)
	}
	return ""
}

// formatFloat writes at least one digit behind the point, as Java does.
func formatFloat(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e7 {
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// compare returns -1, 0 or 1; false if there is no order between a and b.
func compare(a, b value) (int, bool) {
	switch {
	case a.kind == intKind && b.kind == intKind:
		return order(a.n, b.n), true
	case a.isNumber() && b.isNumber():
		return order(a.float(), b.float()), true
	case a.kind == textKind && b.kind == textKind:
		return order(a.s, b.s), true
	case a.kind == boolKind && b.kind == boolKind:
		return order(a.n, b.n), true
	case a.kind == textKind && b.isNumber():
		if n, ok := parseNumber(a.s); ok {
			return compare(n, b)
		}
	case a.isNumber() && b.kind == textKind:
		c, ok := compare(b, a)
		return -c, ok
	}
	return 0, false
}

func order[T int64 | float64 | string](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// parseNumber reads a decimal number; what is none costs no allocation, as an error would.
func parseNumber(s string) (value, bool) {
	if !looksNumeric(s) {
		return null, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return intValue(n), true
	}
	f, err := strconv.ParseFloat(s, 64)
	return floatValue(f), err == nil
}

func looksNumeric(s string) bool {
	digits := false
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(c):
			digits = true
		case c == '.', c == '-', c == '+', (c == 'e' || c == 'E') && digits:
		default:
			return false
		}
	}
	return digits && len(s) <= 64
}
