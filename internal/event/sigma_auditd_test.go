package event_test

import (
	"slices"
	"testing"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

func eventOf(t *testing.T, lines ...string) *event.Event {
	t.Helper()
	a := assemble.New(assemble.Options{})
	var evs []*event.Event
	for _, line := range lines {
		r, err := audit.ParseLine(line)
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range a.Add(nil, r) {
			evs = append(evs, ev.Clone())
		}
	}
	for _, ev := range a.Flush(nil) {
		evs = append(evs, ev.Clone())
	}
	if len(evs) != 1 {
		t.Fatalf("%d events", len(evs))
	}
	return evs[0]
}

func TestSigmaAuditd(t *testing.T) {
	ev := eventOf(t,
		"type=SYSCALL msg=audit(1.000:1): arch=c000003e syscall=59 success=yes exit=0 a0=55 a1=1e items=2 ppid=1 pid=2 uid=0 comm=\"x\" exe=2F746D702F61202864656C6574656429 key=6578656301737573\x1dSYSCALL=execve UID=\"root\"",
		`type=EXECVE msg=audit(1.000:1): argc=2 a0="ls" a1=2D6C2061`,
		`type=CWD msg=audit(1.000:1): cwd="/srv"`,
		`type=PATH msg=audit(1.000:1): item=0 name="../bin/ls" inode=7 nametype=NORMAL`,
		`type=PATH msg=audit(1.000:1): item=1 name="/lib/ld" nametype=CREATE`,
		`type=PROCTITLE msg=audit(1.000:1): proctitle=6C73002D6C`,
	)
	const sc, ex, cw, p0, p1, title = 0, 1, 2, 3, 4, 5
	tests := []struct {
		rec  int
		name string
		want []string
	}{
		{sc, "type", []string{"SYSCALL"}}, {ex, "type", []string{"EXECVE"}},
		{sc, "a0", []string{"55"}}, {ex, "a0", []string{"ls"}}, {ex, "a1", []string{"-l a"}}, {ex, "a2", nil}, {p0, "a0", nil},
		{p0, "syscall", []string{"59", "execve"}}, {title, "SYSCALL", []string{"execve"}}, {sc, "UID", []string{"root"}}, {cw, "uid", []string{"0"}},
		{p0, "exe", []string{"/tmp/a (deleted)", "/tmp/a"}}, {p1, "key", []string{"exec", "sus"}},
		{p0, "name", []string{"../bin/ls", "/bin/ls"}}, {p1, "name", []string{"/lib/ld"}}, {sc, "name", nil},
		{p1, "nametype", []string{"CREATE"}}, {sc, "nametype", nil}, {p1, "inode", nil}, {p0, "cwd", []string{"/srv"}},
		{p0, "cmdline", []string{"ls -l a"}}, {sc, "argc", nil}, {ex, "argc", []string{"2"}}, {p0, "proctitle", []string{"ls\x00-l"}},
		{sc, "nothing", nil},
	}
	for _, tt := range tests {
		if got := event.SigmaAuditd(tt.name)(nil, ev, tt.rec); !slices.Equal(got, tt.want) {
			t.Errorf("%s of %s = %q, want %q", tt.name, ev.Records[tt.rec].TypeName(), got, tt.want)
		}
	}
	if got, want := event.RecordValues(nil, ev, ex), []string{"ls", "-l a", "ls -l a"}; !slices.Equal(got, want) {
		t.Errorf("RecordValues of EXECVE = %q, want %q", got, want)
	}
	if got, want := event.RecordValues(nil, ev, p1), []string{"1", "/lib/ld", "CREATE"}; !slices.Equal(got, want) {
		t.Errorf("RecordValues of PATH = %q, want %q", got, want)
	}
}

func TestSigmaAuditdUserSpace(t *testing.T) {
	ev := eventOf(t, `type=SERVICE_STOP msg=audit(1.000:1): pid=1 uid=0 msg='unit=auditd uid=7 exe="/lib/systemd" res=success'`)
	for name, want := range map[string]string{"unit": "auditd", "uid": "0", "res": "success", "type": "SERVICE_STOP"} {
		if got := event.SigmaAuditd(name)(nil, ev, 0); !slices.Equal(got, []string{want}) {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}
