package tamper

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// line is one event of one record: serial, seconds, type and text.
func line(sec int64, serial uint64, rest string) string {
	return fmt.Sprintf("type=%s", strings.Replace(rest, " ", fmt.Sprintf(" msg=audit(%d.000:%d): ", 1795250000+sec, serial), 1))
}

// steady returns n harmless events, one each second from sec, from serial on.
func steady(sec int64, serial uint64, n int) (lines []string) {
	for i := range n {
		lines = append(lines, line(sec+int64(i), serial+uint64(i), "USER_CMD pid=1 uid=0 auid=0 ses=1 msg='op=x res=success'"))
	}
	return lines
}

func join(parts ...any) (lines []string) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			lines = append(lines, p)
		case []string:
			lines = append(lines, p...)
		}
	}
	return lines
}

// observe returns what is found, as "id@serial".
func observe(t *testing.T, w *Watch, lines []string) (found []string) {
	t.Helper()
	for _, l := range lines {
		r, err := audit.ParseLine(l)
		if err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		ev := &event.Event{ID: r.ID, Records: []audit.Record{r}}
		for _, m := range w.Observe(nil, ev) {
			found = append(found, fmt.Sprintf("%s@%d", strings.TrimPrefix(m.Rule.ID, "auditpy-"), r.ID.Serial))
			if len(m.Evidence) == 0 || m.Rule.Dialect != Dialect {
				t.Errorf("%s: evidence %v, dialect %q", m.Rule.ID, m.Evidence, m.Rule.Dialect)
			}
		}
	}
	return found
}

// config is a CONFIG_CHANGE with serial 101, after a hundred harmless events.
func config(body string) []string {
	return join(steady(0, 1, 100), line(100, 101, "CONFIG_CHANGE "+body))
}

// fixtures are logs of hosts that were tampered with, or were not.
var fixtures = []struct {
	name  string
	lines []string
	want  []string
}{
	{"audit off", config("op=set audit_enabled=0 old=1 auid=0 ses=3 res=1"), []string{"audit-off@101"}},
	{"audit off, kernel before 4.16", config("audit_enabled=0 old=1 auid=0 ses=3 res=1"), []string{"audit-off@101"}},
	{"audit off refused", config("op=set audit_enabled=0 old=2 auid=0 ses=3 res=0"), []string{"audit-off@101"}},
	{"audit on", config("op=set audit_enabled=1 old=0 auid=0 ses=3 res=1"), nil},
	{"audit locked", config("op=set audit_enabled=2 old=1 auid=0 ses=3 res=1"), nil},
	{"rule removed", config(`auid=0 ses=3 op=remove_rule key="exec" list=4 res=1`), []string{"rule-removed@101"}},
	{"rule removed, kernel before 4.16", config(`auid=0 ses=3 op="remove rule" key="exec" list=4 res=1`), []string{"rule-removed@101"}},
	{"rule added", config(`auid=0 ses=3 op=add_rule key="exec" list=4 res=1`), nil},
	{"types excluded", config("auid=0 ses=3 op=add_rule key=(null) list=5 res=1"), []string{"type-excluded@101"}},
	{"auditd unset", config("op=set audit_pid=0 old=611 auid=0 ses=3 res=1"), []string{"auditd-unset@101"}},
	{"auditd set", config("op=set audit_pid=611 old=0 auid=0 ses=3 res=1"), nil},
	{"backlog lowered", config("op=set audit_backlog_limit=64 old=8192 auid=0 ses=3 res=1"), []string{"limit-lowered@101"}},
	{"backlog raised", config("op=set audit_backlog_limit=8192 old=64 auid=0 ses=3 res=1"), nil},
	{"wait time lowered", config("op=set audit_backlog_wait_time=0 old=60000 auid=0 ses=3 res=1"), []string{"limit-lowered@101"}},
	{"rate limited", config("op=set audit_rate_limit=10 old=0 auid=0 ses=3 res=1"), []string{"limit-lowered@101"}},
	{"rate limit lifted", config("op=set audit_rate_limit=0 old=10 auid=0 ses=3 res=1"), nil},
	{"failure silent", config("op=set audit_failure=0 old=1 auid=0 ses=3 res=1"), []string{"limit-lowered@101"}},
	{"counter reset", config("op=set lost=0 old=812 auid=0 ses=3 res=1"), []string{"lost-reset@101"}},
	{"feature off", join(steady(0, 1, 100), line(100, 101, "FEATURE_CHANGE pid=9 uid=0 auid=0 feature=loginuid_immutable old=1 new=0 old_lock=0 new_lock=0 res=1")), []string{"feature-off@101"}},
	{"feature on", join(steady(0, 1, 100), line(100, 101, "FEATURE_CHANGE pid=9 uid=0 auid=0 feature=loginuid_immutable old=0 new=1 old_lock=0 new_lock=0 res=1")), nil},
	{"listener", join(steady(0, 1, 100), line(100, 101, `EVENT_LISTENER pid=9 uid=0 auid=0 tty=(none) ses=3 comm="x" exe="/tmp/x" nl-mcgrp=1 op=connect res=1`)), []string{"listener@101"}},
	{"listener leaves", join(steady(0, 1, 100), line(100, 101, `EVENT_LISTENER pid=9 uid=0 auid=0 tty=(none) ses=3 comm="x" exe="/tmp/x" nl-mcgrp=1 op=disconnect res=1`)), nil},
	{"known listener", join(steady(0, 1, 100), line(100, 101, `EVENT_LISTENER pid=9 uid=0 auid=0 tty=(none) ses=3 comm="auditpy" exe="/usr/bin/auditpy" nl-mcgrp=1 op=connect res=1`)), nil},

	{"auditd stopped", join(steady(0, 1, 100), line(100, 5555, "DAEMON_END op=terminate auid=0 pid=1 subj=unconfined res=success")), []string{"auditd-stopped@5555"}},
	{"auditd stopped and started", join(line(0, 5000, "DAEMON_START op=start ver=4.0 format=enriched res=success"), steady(0, 1, 100),
		line(100, 5555, "DAEMON_END op=terminate auid=0 pid=1 res=success"), line(101, 77, "DAEMON_START op=start ver=4.0 res=success"), steady(102, 101, 9)), []string{"auditd-stopped@5555"}},
	{"auditd killed", join(line(0, 5000, "DAEMON_START op=start ver=4.0 format=enriched res=success"), steady(0, 1, 100),
		line(101, 77, "DAEMON_START op=start ver=4.0 res=success"), steady(102, 101, 9)), []string{"auditd-crashed@77"}},
	{"auditd aborts", join(steady(0, 1, 9), line(100, 5555, "DAEMON_ABORT op=start auid=0 pid=1 res=failed")), []string{"auditd-failed@5555"}},
	{"auditd has an error", join(steady(0, 1, 9), line(100, 5555, "DAEMON_ERR op=queue-full auid=0 pid=1 res=failed")), []string{"auditd-failed@5555"}},
	{"auditd resumes", join(steady(0, 1, 9), line(100, 5555, "DAEMON_RESUME op=resume-logging auid=0 pid=1 res=success")), []string{"auditd-resumed@5555"}},
	{"auditd configured", join(steady(0, 1, 9), line(100, 5555, "DAEMON_CONFIG op=reconfigure state=changed auid=0 pid=1 res=success")), []string{"auditd-changed@5555"}},
	{"auditd rotates", join(steady(0, 1, 9), line(100, 5555, "DAEMON_ROTATE op=rotate-logs auid=0 pid=1 res=success"), steady(101, 10, 9)), nil},

	{"log spliced", join(steady(0, 50_000, 100), steady(100, 40_000, 5), steady(105, 50_100, 50)), []string{"serial-backwards@40000"}},
	{"log restored", join(steady(1000, 50_000, 100), steady(0, 20_000, 200)), []string{"serial-backwards@20000", "clock-back@20063"}},
	{"reboot", join(steady(0, 50_000, 100), line(160, 9, "DAEMON_START op=start res=success"), line(150, 1, "KERNEL state=initialized audit_enabled=0 res=1"), steady(161, 2, 100)), nil},
	{"reboot without a sign", join(steady(0, 50_000, 100), steady(160, 2, 20)), []string{"serial-backwards@2"}},
	{"records removed", join(steady(0, 1, 100), steady(100, 200, 50)), []string{"serials-missing@200"}},
	{"some are missing", join(steady(0, 1, 100), steady(100, 150, 50)), nil},
	{"some are missing each minute", join(steady(0, 1, 50), steady(70, 101, 50), steady(140, 201, 50)), nil},
	{"disorder", join(steady(0, 1, 50), steady(51, 100, 20), steady(50, 51, 49), steady(71, 120, 50)), nil},
	{"clock set back", join(steady(7200, 1, 100), steady(0, 101, 100)), []string{"clock-back@164"}},
	{"a few late events", join(steady(7200, 1, 100), steady(0, 101, 60), steady(7300, 161, 50)), nil},
	{"clock set forward", join(steady(0, 1, 100), steady(86_400, 101, 100)), nil},
	{"partial events", join(steady(0, 1, 10), orphans(11, 20)), []string{"partial-events@27"}},
	{"few partial events", join(steady(0, 1, 10), orphans(11, 16)), nil},
	{"forged names, enriched", join(steady(0, 1, 100), line(100, 101, "USER_CMD pid=1 uid=1000 auid=1000 ses=1 msg='op=x\x1dUID=\"root\" res=1'\x1dUID=\"alice\"")), []string{"forged-names@101"}},
	{"forged names, raw", join(steady(0, 1, 100), line(100, 101, "TRUSTED_APP pid=1 uid=1000 auid=1000 ses=1 msg='op=x\x1dUID=\"root\"'")), []string{"forged-names@101"}},
	{"names", join(steady(0, 1, 100), line(100, 101, "USER_CMD pid=1 uid=1000 auid=1000 ses=1 msg='op=x res=1'\x1dUID=\"alice\"")), nil},
	{"unknown node", join(steady(0, 1, 5), "node=web1 "+steady(0, 1, 1)[0], "node=web9 "+steady(0, 7, 1)[0]), []string{"unknown-node@7"}},
	{"node in text", join(steady(0, 1, 5), line(5, 6, "USER_CMD pid=1 uid=0 auid=0 ses=1 msg='node=web9 op=x res=1'")), nil},
	{"forged in text", join(steady(0, 1, 100), line(100, 101, "USER_CMD pid=1 uid=0 auid=0 ses=1 msg='type=CONFIG_CHANGE op=set audit_enabled=0 old=1 res=1'")), nil},
}

func orphans(serial uint64, n int) (lines []string) {
	for i := range n {
		lines = append(lines, line(10+int64(i), serial+uint64(i), `CWD cwd="/"`))
	}
	return lines
}

// TestFixtures: each way to blind the audit system is found at the event that shows it, which is at once; what is
// harmless is not.
func TestFixtures(t *testing.T) {
	bad := 0
	for _, tt := range fixtures {
		if len(tt.want) > 0 {
			bad++
		}
		w := New(Options{Listeners: []string{"/usr/bin/auditpy"}, Nodes: []string{"web1"}})
		if got := observe(t, w, tt.lines); !slices.Equal(got, tt.want) {
			t.Errorf("%s: found %q, want %q", tt.name, got, tt.want)
		}
	}
	if bad < 20 {
		t.Errorf("%d fixtures of tampering, want 20", bad)
	}
}

// TestEveryRule: there is a fixture for each rule, and the limit of each has a place.
func TestEveryRule(t *testing.T) {
	seen := make(map[string]bool)
	for _, tt := range fixtures {
		for _, id := range tt.want {
			name, _, _ := strings.Cut(id, "@")
			seen["auditpy-"+name] = true
		}
	}
	for _, r := range Rules() {
		if !seen[r.ID] {
			t.Errorf("%s: no fixture", r.ID)
		}
	}
	if n := len(Rules()); n > len(node{}.limits) {
		t.Errorf("%d rules for %d limits", n, len(node{}.limits))
	}
}

// TestHeldBack: a flood of one kind gives three matches a minute, and the next one tells how many there were.
func TestHeldBack(t *testing.T) {
	w := New(Options{})
	var lines []string
	for i := range 200 {
		lines = append(lines, line(10, 1+uint64(i), `CONFIG_CHANGE auid=0 op=remove_rule key="k" list=4 res=1`))
	}
	if got := observe(t, w, lines); len(got) != perMinute {
		t.Errorf("found %q, want %d", got, perMinute)
	}
	r, err := audit.ParseLine(line(80, 201, `CONFIG_CHANGE auid=0 op=remove_rule key="k" list=4 res=1`))
	if err != nil {
		t.Fatal(err)
	}
	ms := w.Observe(nil, &event.Event{ID: r.ID, Records: []audit.Record{r}})
	if len(ms) != 1 || ms[0].Evidence[len(ms[0].Evidence)-1].Value != "197" {
		t.Errorf("the next minute: %+v", ms)
	}
	if s := w.Stats(); s.Found != perMinute+1 || s.HeldBack != 197 || s.ConfigSeen != 201 {
		t.Errorf("stats %+v", s)
	}
}

// TestNodes: each host has serials of its own, and there is a bound on hosts.
func TestNodes(t *testing.T) {
	w := New(Options{MaxNodes: 2})
	for i := range 100 {
		for _, l := range []string{"node=a " + steady(int64(i), 900_000+uint64(i), 1)[0], "node=b " + steady(int64(i), 1+uint64(i), 1)[0], "node=c " + steady(int64(i), 9, 1)[0]} {
			if got := observe(t, w, []string{l}); got != nil {
				t.Fatalf("%s: %q", l, got)
			}
		}
	}
	if s := w.Stats(); s.OverNodes != 100 || len(w.nodes) != 2 {
		t.Errorf("%d nodes, stats %+v", len(w.nodes), s)
	}
}

// TestUnknownNode: each alert of a host that is not in the list says so; of events that do not alert, three a minute do.
func TestUnknownNode(t *testing.T) {
	w := New(Options{Nodes: []string{"web1"}})
	for i := range 50 {
		r, err := audit.ParseLine("node=web9 " + steady(0, 1+uint64(i), 1)[0])
		if err != nil {
			t.Fatal(err)
		}
		ev := &event.Event{ID: r.ID, Records: []audit.Record{r}}
		if got := len(w.Observe(nil, ev)); got != btoi(i < perMinute) {
			t.Errorf("event %d: %d matches", i, got)
		}
		other := []rule.Match{{Rule: &rule.Meta{ID: "x"}}}
		if ms := w.Observe(other, ev); len(ms) != 2 || ms[1].Rule.ID != "auditpy-unknown-node" || ms[1].Evidence[0].Value != "web9" {
			t.Errorf("event %d that alerts: %+v", i, ms)
		}
	}
	if n := w.Stats().OfUnknown; n != 100 {
		t.Errorf("%d events of unknown hosts", n)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func BenchmarkObserve(b *testing.B) {
	r, err := audit.ParseLine(steady(0, 1, 1)[0])
	if err != nil {
		b.Fatal(err)
	}
	w, ev := New(Options{}), &event.Event{ID: r.ID, Records: []audit.Record{r, r, r, r, r}}
	b.ReportAllocs()
	for b.Loop() {
		ev.ID.Serial++
		w.Observe(nil, ev)
	}
}
