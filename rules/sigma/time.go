package sigma

import (
	"fmt"
	"time"
)

// timePart is the part of a time that a modifier asks for.
type timePart uint8

const (
	noPart timePart = iota // the value as a number
	minutePart
	hourPart
	dayPart
	weekPart // ISO 8601: the specification does not say which
	monthPart
	yearPart
)

var timeParts = map[string]timePart{
	"minute": minutePart, "hour": hourPart, "day": dayPart, "week": weekPart, "month": monthPart, "year": yearPart,
}

var partLimits = [...][2]uint64{
	minutePart: {0, 59}, hourPart: {0, 23}, dayPart: {1, 31}, weekPart: {1, 53}, monthPart: {1, 12}, yearPart: {0, 9999},
}

// check refuses a number that no time has.
func (p timePart) check(n number) error {
	limits := partLimits[p]
	if !n.whole || n.neg || n.mag < limits[0] || n.mag > limits[1] {
		return fmt.Errorf("needs a whole number from %d to %d", limits[0], limits[1])
	}
	return nil
}

// number returns what a leaf compares of a value: the value, or the part of the time that it is.
func (p timePart) number(v string) (number, bool) {
	if p == noPart {
		return parseNumber(v, false)
	}
	t, ok := parseTime(v)
	if !ok {
		return number{}, false
	}
	n := 0
	switch p {
	case minutePart:
		n = t.Minute()
	case hourPart:
		n = t.Hour()
	case dayPart:
		n = t.Day()
	case weekPart:
		_, n = t.ISOWeek()
	case monthPart:
		n = int(t.Month())
	case yearPart:
		n = t.Year()
	}
	return number{whole: true, mag: uint64(n), f: float64(n)}, true
}

// parseTime reads "2006-01-02", with a time behind a blank or a T, or seconds since 1970 as audit writes them. The zone
// is left aside: the specification has no conversion, so the hour is the one that is written. It asks no parser of the
// library, whose errors allocate.
func parseTime(s string) (time.Time, bool) {
	y, ok1 := digits(s, 0, 4)
	mo, ok2 := digits(s, 5, 2)
	d, ok3 := digits(s, 8, 2)
	if !ok1 || !ok2 || !ok3 || s[4] != '-' || s[7] != '-' || mo < 1 || mo > 12 || d < 1 || d > 31 {
		return parseEpoch(s)
	}
	if len(s) == 10 {
		return time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC), true
	}
	h, ok1 := digits(s, 11, 2)
	mi, ok2 := digits(s, 14, 2)
	if !ok1 || !ok2 || s[10] != ' ' && s[10] != 'T' && s[10] != 't' || s[13] != ':' || h > 23 || mi > 59 {
		return time.Time{}, false
	}
	return time.Date(y, time.Month(mo), d, h, mi, 0, 0, time.UTC), true
}

// parseEpoch reads seconds with or without a fraction; 13 digits and more are milliseconds.
func parseEpoch(s string) (time.Time, bool) {
	n, sec := 0, int64(0)
	for ; n < len(s) && n < 15 && isDigit(s[n]); n++ {
		sec = sec*10 + int64(s[n]-'0')
	}
	if n < 9 || n == 15 || n < len(s) && s[n] != '.' {
		return time.Time{}, false
	}
	if n >= 13 {
		sec /= 1000
	}
	return time.Unix(sec, 0).UTC(), true
}

func digits(s string, at, n int) (value int, ok bool) {
	if at+n > len(s) {
		return 0, false
	}
	for _, c := range []byte(s[at : at+n]) {
		if !isDigit(c) {
			return 0, false
		}
		value = value*10 + int(c-'0')
	}
	return value, true
}
