package event_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// checkKind holds what is said of a kind to what an event of it has.
func checkKind(t *testing.T, ev *event.Event) {
	t.Helper()
	k := &event.Kinds()[ev.Kind()]
	for _, field := range []string{"event.category", "event.type", "event.action", "auditd.data.syscall", "host.os.type", "event.kind", "event.dataset"} {
		always, perhaps, decided := k.Says(field)
		if !decided {
			continue
		}
		values := event.ECS(field)(nil, ev)
		for _, v := range always {
			if !slices.Contains(values, v) {
				t.Errorf("kind %+v: %s = %q lacks %q", k, field, values, v)
			}
		}
		for _, v := range values {
			if !slices.Contains(always, v) && !slices.Contains(perhaps, v) {
				t.Errorf("kind %+v: %s = %q has more than %q and %q", k, field, values, always, perhaps)
			}
		}
	}
}

// TestKinds: each event has what its kind says, whatever call or record it is of.
func TestKinds(t *testing.T) {
	for n := range 470 {
		for _, how := range []string{ok, "success=no exit=-2", "", "success=yes exit=3 a0=1"} {
			begin := call(strconv.Itoa(n), how+regs+" items=1")
			for _, rest := range []string{"", saddr(ipv4), saddr(unix), cwd + item(`"x"`, "CREATE"), cwd + item(`"x"`, "NORMAL")} {
				checkKind(t, last(t, begin+rest+end))
			}
		}
	}
	for _, log := range samples() {
		checkKind(t, last(t, log))
	}
	for _, typ := range append(event.RecordWords(), 1009, 2404, 1300) {
		r := audit.Record{ID: audit.ID{Msec: 1, Serial: 1}, Type: typ, Body: `pid=1 uid=0 msg='op=login acct="x" exe="/usr/sbin/sshd" res=success'`}
		checkKind(t, &event.Event{ID: r.ID, Records: []audit.Record{r}})
		checkKind(t, &event.Event{ID: r.ID, Records: []audit.Record{r, r}})
		checkKind(t, &event.Event{ID: r.ID, Records: []audit.Record{r}, Exec: &event.Exec{}})
		checkKind(t, &event.Event{ID: r.ID, Exec: &event.Exec{}})
	}
}

// TestKindIsKnown: what is frequent has a kind.
func TestKindIsKnown(t *testing.T) {
	for name, tt := range map[string]struct{ log, want string }{
		"exec":    {story, "exec"},
		"connect": {connect(ok, ipv4), "network"},
		"open":    {open("success=no exit=-2", "ffffff9c", `"x"`, "UNKNOWN"), "file"},
		"mmap":    {call("10", ok+regs+" items=0") + end, "call"},
		"login":   {userRecords[0], "authentication"},
	} {
		if k := event.Kinds()[last(t, tt.log).Kind()]; k.Group != tt.want {
			t.Errorf("%s: kind %+v, want group %s", name, k, tt.want)
		}
	}
}
