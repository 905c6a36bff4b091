package alert

import (
	"testing"
	"time"
)

func FuzzAppendTime(f *testing.F) {
	for _, msec := range []int64{0, 1795250967999, -1, 951782400000, 253402300799999, 4107542399999} {
		f.Add(msec)
	}
	f.Fuzz(func(t *testing.T, msec int64) {
		tm := time.UnixMilli(msec).UTC()
		if tm.Year() < 0 || tm.Year() > 9999 {
			return // audit has seconds of 11 digits at most
		}
		if got, want := string(appendTime(nil, msec)), tm.Format("2006-01-02T15:04:05.000Z"); got != want {
			t.Fatalf("appendTime(%d) = %s, want %s", msec, got, want)
		}
	})
}
