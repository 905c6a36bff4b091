package audit

import (
	"math"
	"testing"

	"github.com/elastic/go-libaudit/v2/auparse"
)

func TestErrnoName(t *testing.T) {
	for exit, want := range map[int64]string{
		0: "", 1: "", 115: "", math.MaxInt64: "", math.MinInt64: "", -4096: "", -532: "", -134: "", -520: "",
		-1: "EPERM", -2: "ENOENT", -13: "EACCES", -115: "EINPROGRESS", -133: "EHWPOISON",
		-11: "EAGAIN", -35: "EDEADLK", -95: "EOPNOTSUPP", // each has a second name
		-512: "ERESTARTSYS", -513: "ERESTARTNOINTR", -514: "ERESTARTNOHAND", -515: "ENOIOCTLCMD",
		-516: "ERESTART_RESTARTBLOCK", -519: "ENOPARAM", -521: "EBADHANDLE", -524: "ENOTSUPP", -531: "ENOGRACE",
	} {
		if got := ErrnoName(exit); got != want {
			t.Errorf("ErrnoName(%d) = %q, want %q", exit, got, want)
		}
	}
}

// Every name of the table comes out, but for the second ones of a number.
func TestErrnoNameAll(t *testing.T) {
	second := map[string]bool{"EWOULDBLOCK": true, "EDEADLOCK": true, "ENOTSUP": true}
	for name, n := range auparse.AuditErrnoToNum {
		if got := ErrnoName(int64(-n)); got != name && !second[name] {
			t.Errorf("ErrnoName(%d) = %q, want %q", -n, got, name)
		}
	}
}

func BenchmarkErrnoName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ErrnoName(-115)
	}
}
