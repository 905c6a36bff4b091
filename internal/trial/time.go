package trial

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Units are the ways in which a time can be written.
var Units = []string{"rfc3339", "s", "ms", "filetime"}

// fileTimeEpoch is 1970 in the ticks of Windows: 100 ns from 1601 on.
const fileTimeEpoch = 116444736000000000

func parseTime(text, unit string) (time.Time, error) {
	switch unit {
	case "s":
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.Abs(f) > 1e11 {
			return time.Time{}, fmt.Errorf("%q is no number of seconds", text)
		}
		return time.UnixMicro(int64(math.Round(f * 1e6))).UTC(), nil
	case "filetime":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return time.Time{}, fmt.Errorf("%q is no number of ticks of 100 ns", text)
		}
		n -= fileTimeEpoch
		return time.Unix(n/1e7, n%1e7*100).UTC(), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err == nil:
		return time.UnixMilli(n).UTC(), nil
	case unit == "ms":
		return time.Time{}, fmt.Errorf("%q is no number of milliseconds", text)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time as in 2006-01-02T15:04:05.123Z", text)
}
