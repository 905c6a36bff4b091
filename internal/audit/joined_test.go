package audit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
)

func TestJoined(t *testing.T) {
	const a, b, c = "type=SYSCALL msg=audit(1.000:7): x=1", "type=EXECVE msg=audit(1.000:7): a0=\"x\"", "type=PROCTITLE msg=audit(1.000:7): p"
	for _, want := range [][]string{
		{a}, {a, b}, {a, b, c}, {"node=h " + a, b}, {"node=h " + a, "node=h " + b, c}, {"rubbish"}, {""}, {"type=X msg=audit(1"},
		{a + " type=PATH msg=audit(1.000:8): y", b}, {a + " type=", b}, {a + " type= type=Z", b},
	} {
		if got := slices.Collect(audit.Joined(strings.Join(want, " "))); !slices.Equal(got, want) {
			t.Errorf("Joined(%q) = %q, want %q", strings.Join(want, " "), got, want)
		}
	}
	for range audit.Joined(a + " " + b) {
		break
	}
}
