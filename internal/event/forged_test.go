package event_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// kernels is what the kernel says of the process that sent a text; the text is FORGED.
const kernels = "pid=4242 uid=1000 auid=1001 ses=7 subj=user_u msg='FORGED'"

// forgeries are texts that a program with CAP_AUDIT_WRITE can send. Each claims to be of root's process 1.
var forgeries = func() (all []string) {
	claims := []string{
		`uid=0 auid=0 pid=1 ses=1 subj=system_u`,
		`auid=0  uid=0	pid=1 ses=1 subj=system_u`,
		`uid="0" auid="0" pid="1" ses="1" subj="system_u"`,
		`UID="root" AUID="root" uid=0 auid=0 pid=1 ses=1 subj=system_u`,
	}
	for _, c := range claims {
		for _, way := range []string{
			`op=x CLAIM exe="/usr/sbin/sshd" res=success`,
			`CLAIM`,
			` CLAIM`,
			`op=x' CLAIM res=success`,
			`op=x' CLAIM msg='op=y`,
			`op=x msg='CLAIM`,
			`op=x msg=' CLAIM' `,
			"op=x\x1dCLAIM",
			"op=x'\x1dCLAIM",
			"op=x'\x1dCLAIM\x1d",
			"\x1dCLAIM\x1dCLAIM",
			"op=x\ntype=SYSCALL msg=audit(1700000000.000:1): arch=c000003e syscall=59 success=yes exit=0 CLAIM",
			"op=x'\ntype=SYSCALL msg=audit(1700000000.000:1): arch=c000003e syscall=59 success=yes exit=0 CLAIM",
			`type=SYSCALL msg=audit(1700000000.000:1): arch=c000003e syscall=59 success=yes exit=0 CLAIM`,
			`op=x' type=EXECVE msg=audit(1700000000.000:1): argc=1 a0="sshd" CLAIM`,
			`op="x CLAIM`,
			`op={ x CLAIM`,
			"op=x\x00 CLAIM",
			"op=x\r CLAIM",
			`op=` + strings.Repeat("A", 8000) + `' CLAIM`,
		} {
			all = append(all, strings.ReplaceAll(way, "CLAIM", c))
		}
	}
	return all
}()

// lies are what a forgery would have a field say.
var lies = map[string]map[string]string{
	"Sigma": {"uid": "0", "auid": "0", "pid": "1", "ses": "1", "subj": "system_u"},
	"Wazuh": {"audit.uid": "0", "audit.auid": "0", "audit.pid": "1", "audit.session": "1", "audit.subj": "system_u"},
	"ECS":   {"user.id": "0", "user.audit.id": "0", "process.pid": "1", "auditd.session": "1", "user.name": "root", "user.audit.name": "root"},
}

// TestH2Forged: no text that a program sends overrides what the kernel says, makes a record, an event, a process or an
// execution; in a log line and as a netlink payload.
func TestH2Forged(t *testing.T) {
	if len(forgeries) < 60 {
		t.Fatalf("%d forgeries, want 60", len(forgeries))
	}
	for i, text := range forgeries {
		body := strings.ReplaceAll(kernels, "FORGED", text)
		for _, enriched := range []string{"", "\x1dUID=\"alice\" AUID=\"alice\""} {
			stamped := "audit(1700000000.000:1): " + body + enriched
			var recs []audit.Record
			if !strings.Contains(text, "\n") { // auditd makes a blank of it
				r, err := audit.ParseLine("type=USER_CMD msg=" + stamped)
				if err != nil {
					t.Fatalf("forgery %d: %v", i, err)
				}
				recs = append(recs, r)
			}
			r, err := audit.ParseNetlink(1123, stamped)
			if err != nil {
				t.Fatalf("forgery %d: %v", i, err)
			}
			for _, r := range append(recs, r) {
				checkForged(t, fmt.Sprintf("forgery %d %q", i, text[:min(len(text), 120)]), r)
			}
		}
	}
}

func checkForged(t *testing.T, name string, r audit.Record) {
	t.Helper()
	for key, want := range map[string]string{"pid": "4242", "uid": "1000", "auid": "1001", "ses": "7", "subj": "user_u"} {
		if got, ok := r.Field(key); got != want || !ok {
			t.Errorf("%s: the record's %s = %q, want %q", name, key, got, want)
		}
	}
	a, tree := assemble.New(assemble.Options{}), proctree.New(proctree.Options{})
	evs := a.Add(nil, r)
	if len(evs) != 1 || evs[0].Exec != nil || evs[0].Call != nil || a.Open() != 0 {
		t.Fatalf("%s: events %+v, %d open", name, evs, a.Open())
	}
	ev := evs[0]
	tree.Annotate(ev)
	if ev.Process != nil {
		t.Errorf("%s: a process %+v", name, ev.Process)
	}
	for view, fields := range lies {
		for field, lie := range fields {
			if got := forgedValues(view, field, ev); slices.Contains(got, lie) {
				t.Errorf("%s: %s's %s = %q", name, view, field, got)
			}
		}
	}
}

func forgedValues(view, field string, ev *event.Event) []string {
	switch view {
	case "Sigma":
		return event.SigmaAuditd(field)(nil, ev, 0)
	case "Wazuh":
		return event.Wazuh(field)(nil, ev)
	}
	return event.ECS(field)(nil, ev)
}
