package event_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// The samples are one small story: bash starts an encoded Python, which connects, listens, and leaves a file.
const (
	shell = `
type=SYSCALL msg=audit(1700000000.100:100): arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=55e a2=55f a3=8 items=1 ppid=900 pid=1000 auid=1001 uid=1001 gid=1001 euid=1001 suid=1001 fsuid=1001 egid=1001 sgid=1001 fsgid=1001 tty=pts0 ses=7 comm="bash" exe="/usr/bin/bash" key="exec"` + "\x1d" + `ARCH=x86_64 SYSCALL=execve AUID="alice" UID="alice" GID="staff" EUID="alice"
type=EXECVE msg=audit(1700000000.100:100): argc=2 a0="bash" a1="-i"
type=CWD msg=audit(1700000000.100:100): cwd="/home/alice"
type=PATH msg=audit(1700000000.100:100): item=0 name="/usr/bin/bash" inode=11 dev=08:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL` + "\x1d" + `OUID="root" OGID="root"
type=PROCTITLE msg=audit(1700000000.100:100): proctitle="bash"
`
	env = `
type=SYSCALL msg=audit(1700000000.200:101): arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=55e a2=55f a3=8 items=1 ppid=1000 pid=1234 auid=1001 uid=1001 gid=1001 euid=1001 suid=1001 fsuid=1001 egid=1001 sgid=1001 fsgid=1001 tty=pts0 ses=7 comm="env" exe="/usr/bin/env" key="exec"` + "\x1d" + `ARCH=x86_64 SYSCALL=execve AUID="alice" UID="alice" GID="staff" EUID="alice"
type=EXECVE msg=audit(1700000000.200:101): argc=3 a0="env" a1="python3" a2="-c"
type=CWD msg=audit(1700000000.200:101): cwd="/home/alice"
type=PATH msg=audit(1700000000.200:101): item=0 name="/usr/bin/env" inode=12 dev=08:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL
type=PROCTITLE msg=audit(1700000000.200:101): proctitle="env"
`
	// python is exec-ed by env with the arguments: python3 -c "import pty" "" "x y".
	python = `
type=SYSCALL msg=audit(1700000000.300:102): arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=55e a2=55f a3=8 items=2 ppid=1000 pid=1234 auid=1001 uid=1001 gid=1001 euid=0 suid=0 fsuid=0 egid=1001 sgid=1001 fsgid=1001 tty=pts0 ses=7 comm="python3" exe=2F746D702F7079202864656C6574656429 key=65786563016E6574` + "\x1d" + `ARCH=x86_64 SYSCALL=execve AUID="alice" UID="alice" GID="staff" EUID="root"
type=EXECVE msg=audit(1700000000.300:102): argc=5 a0="python3" a1="-c" a2=696D706F727420707479 a3="" a4=782079
type=CWD msg=audit(1700000000.300:102): cwd="/home/alice"
type=PATH msg=audit(1700000000.300:102): item=0 name="./py" inode=13 dev=08:01 mode=0100755 ouid=1001 ogid=1001 rdev=00:00 nametype=NORMAL` + "\x1d" + `OUID="alice" OGID="staff"
type=PATH msg=audit(1700000000.300:102): item=1 name="/lib64/ld-linux-x86-64.so.2" inode=14 dev=08:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL
type=PROCTITLE msg=audit(1700000000.300:102): proctitle=656E7600707974686F6E33
`
	story = shell + env + python

	child = `
type=SYSCALL msg=audit(1700000000.500:104): arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=55e a2=55f a3=8 items=1 ppid=1234 pid=1300 auid=1001 uid=1001 gid=1001 euid=1001 suid=1001 fsuid=1001 egid=1001 sgid=1001 fsgid=1001 tty=(none) ses=7 comm="sh" exe="/usr/bin/dash" key=(null)
type=EXECVE msg=audit(1700000000.500:104): argc=1 a0="sh"
type=CWD msg=audit(1700000000.500:104): cwd="/"
type=PATH msg=audit(1700000000.500:104): item=0 name="/bin/sh" inode=15 dev=08:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL
type=PROCTITLE msg=audit(1700000000.500:104): proctitle="sh"
`
)

// call is a record of the Python process in another system call.
func call(number, args string) string {
	return `type=SYSCALL msg=audit(1700000000.400:103): arch=c000003e syscall=` + number + ` ` + args + ` ppid=1000 pid=1234 auid=1001 uid=1001 gid=1001 euid=0 suid=0 fsuid=0 egid=1001 sgid=1001 fsgid=1001 tty=pts0 ses=7 comm="python3" exe="/tmp/py" key=(null)` + "\x1d" + `ARCH=x86_64 AUID="alice" UID="alice" GID="staff"` + "\n"
}

const (
	end  = "type=PROCTITLE msg=audit(1700000000.400:103): proctitle=\"x\"\n"
	cwd  = "type=CWD msg=audit(1700000000.400:103): cwd=\"/home/alice\"\n"
	ok   = "success=yes exit=0"
	regs = " a0=3 a1=7f a2=10 a3=0"
)

func saddr(hex string) string {
	return "type=SOCKADDR msg=audit(1700000000.400:103): saddr=" + hex + "\n"
}

func item(name, kind string) string {
	return `type=PATH msg=audit(1700000000.400:103): item=0 name=` + name + ` inode=77 dev=08:01 mode=0100644 ouid=1001 ogid=1001 rdev=00:00 nametype=` + kind + "\x1d" + `OUID="alice" OGID="staff"` + "\n"
}

const (
	ipv4   = "020001BB0A0100050000000000000000"                         // 10.1.0.5:443
	ipv6   = "0A001F900000000020010DB800000000000000000000000100000000" // [2001:db8::1]:8080
	mapped = "0A001F900000000000000000000000000000FFFF7F00000100000000" // [::ffff:127.0.0.1]:8080
	unix   = "01002F72756E2F7300"
	unspec = "0000000000000000"
)

func connect(result, address string) string {
	return call("42", result+regs+" items=0") + saddr(address) + end
}

// last assembles the records and returns the last event, with its process.
func last(t testing.TB, log string) *event.Event {
	t.Helper()
	a, tree := assemble.New(assemble.Options{}), proctree.New(proctree.Options{})
	var ev *event.Event
	take := func(evs []*event.Event) {
		for _, e := range evs {
			tree.Annotate(e)
			ev = e.Clone()
		}
	}
	for line := range strings.Lines(log) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			continue
		}
		r, err := audit.ParseLine(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		take(a.Add(nil, r))
	}
	take(a.Flush(nil))
	if ev == nil {
		t.Fatal("no event")
	}
	return ev
}

// want is the values of fields, joined by "|"; "-" is none.
type want map[string]string

func (w want) check(t *testing.T, view func(string) event.Getter, ev *event.Event) {
	t.Helper()
	for name, want := range w {
		get := view(name)
		if get == nil {
			t.Errorf("%s: no getter", name)
			continue
		}
		got := strings.Join(get([]string{"before"}, ev), "|")
		if want == "-" {
			want = "before"
		} else {
			want = "before|" + want
		}
		if got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

var views = map[string]func(string) event.Getter{
	"process_creation":   event.SigmaProcessCreation,
	"network_connection": event.SigmaNetworkConnection,
	"file_event":         event.SigmaFileEvent,
	"ecs":                event.ECS,
	"wazuh":              event.Wazuh,
}

// belongs says which events a view sees.
var belongs = map[string]func(*event.Event) bool{
	"process_creation":   (*event.Event).IsProcessCreation,
	"network_connection": (*event.Event).IsNetworkConnection,
	"file_event":         (*event.Event).IsFileEvent,
	"ecs":                func(*event.Event) bool { return true },
	"wazuh":              func(*event.Event) bool { return true },
}

// TestEachNameIsAnswered: no accessor is dead.
func TestEachNameIsAnswered(t *testing.T) {
	var evs []*event.Event
	for _, log := range samples() {
		evs = append(evs, last(t, log))
	}
	for view, names := range event.Names() {
		for _, name := range names {
			get := views[view](name)
			if !slices.ContainsFunc(evs, func(ev *event.Event) bool { return belongs[view](ev) && len(get(nil, ev)) > 0 }) {
				t.Errorf("%s: no sample answers %q", view, name)
			}
		}
		if views[view]("NoSuchField") != nil {
			t.Errorf("%s answers a name that nobody knows", view)
		}
	}
}

// TestNothingToTell: an event without records, or with torn ones, panics in no getter.
func TestNothingToTell(t *testing.T) {
	evs := []*event.Event{{}, {Records: []audit.Record{{}}}, {Process: &event.Process{}}, {Exec: &event.Exec{}}}
	for _, log := range samples() {
		ev := last(t, log)
		evs = append(evs, &event.Event{Records: ev.Records}, &event.Event{Call: ev.Call}, &event.Event{Process: ev.Process, Call: ev.Call})
		for i := range ev.Records {
			torn := ev.Clone()
			torn.Records[i].Body = torn.Records[i].Body[:len(torn.Records[i].Body)/2]
			evs = append(evs, torn)
		}
	}
	for view, names := range event.Names() {
		for _, name := range append(names, "audit.execve.a1", "auditd.data.op") {
			get := views[view](name)
			for _, ev := range evs {
				if get != nil && belongs[view](ev) {
					get(nil, ev)
				}
			}
		}
	}
}

// samples are events that, together, have every field.
func samples() []string {
	logs := []string{
		story,
		story + child,
		story + connect(ok, ipv4),
		story + child + strings.ReplaceAll(connect(ok, ipv4), "pid=1234", "pid=1300"),
		story + child + strings.ReplaceAll(renaming, "pid=1234", "pid=1300"),
		story + call("288", "success=yes exit=4"+regs+" items=0") + saddr(ipv6) + end,
		story + renaming,
		story + call("231", "a0=3 a1=0 a2=0 a3=0 items=0") + end,
		story + call("272", ok+" a0=10000000 a1=0 a2=0 a3=0 items=0") + end,
		story + connect("success=no exit=-2", unix),
		story + call("83", ok+regs+" items=2") + cwd + strings.Replace(item(`"/home/alice"`, "PARENT"), "0100644", "040755", 1) + item(`"d"`, "CREATE") + end,
		"node=web1 " + failedLogin,
		inline(),
		reverse(copies(1000, 900), shellOf(900, 1000)),
		inline() + shellOf(1000, 1001),
		reverse("", step(209, execve, 1000, 1001, zero, dash, `EXECVE argc=1 a0="sh"`)+shellOf(1001, 1002)),
		reverse(copies(1000, 900), step(209, execve, 900, 1000, zero, dash, `EXECVE argc=1 a0="sh"`)+shellOf(1000, 1002)),
	}
	return append(logs, userRecords...)
}

const (
	renaming = `type=SYSCALL msg=audit(1700000000.400:103): arch=c000003e syscall=264 success=yes exit=0 a0=ffffff9c a1=7f a2=ffffffffffffff9c a3=7f items=4 ppid=1000 pid=1234 auid=1001 uid=1001 gid=1001 euid=0 suid=0 fsuid=0 egid=1001 sgid=1001 fsgid=1001 tty=pts0 ses=7 comm="mv" exe="/usr/bin/mv" key="files"
type=CWD msg=audit(1700000000.400:103): cwd="/home/alice"
type=PATH msg=audit(1700000000.400:103): item=0 name="/home/alice" inode=70 dev=08:01 mode=040755 ouid=1001 ogid=1001 rdev=00:00 nametype=PARENT
type=PATH msg=audit(1700000000.400:103): item=1 name="../../etc//cron.d/" inode=71 dev=08:01 mode=040755 ouid=0 ogid=0 rdev=00:00 nametype=PARENT
type=PATH msg=audit(1700000000.400:103): item=2 name=6120622E747874 inode=72 dev=08:01 mode=0100644 ouid=1001 ogid=1001 rdev=00:00 nametype=DELETE
type=PATH msg=audit(1700000000.400:103): item=3 name="../../etc//cron.d/job.py" inode=72 dev=08:01 mode=0100644 ouid=1001 ogid=1001 rdev=00:00 nametype=CREATE` + "\x1d" + `OUID="alice" OGID="staff"
type=PROCTITLE msg=audit(1700000000.400:103): proctitle="mv"
`
	failedLogin = `type=USER_AUTH msg=audit(1700000000.400:103): pid=808 uid=0 auid=4294967295 ses=4294967295 subj=system_u:system_r:sshd_t msg='op=pubkey_auth rport=57989 acct=626F622062 exe="/usr/sbin/sshd" hostname=? addr=10.9.8.7 terminal=? res=failed'` + "\x1d" + `UID="root" AUID="unset"` + "\n"
)

var userRecords = []string{
	`type=USER_LOGIN msg=audit(1700000000.400:103): pid=809 uid=0 auid=1001 ses=9 msg='op=login id=1001 exe="/usr/lib/openssh/sshd-session" hostname=h addr=10.9.8.7 terminal=ssh res=success'` + "\x1d" + `UID="root" AUID="alice" ID="alice"`,
	`type=ADD_USER msg=audit(1700000000.400:103): pid=810 uid=0 auid=1001 ses=9 msg='op=add-user id=1002 exe="/usr/sbin/useradd" hostname=h addr=? terminal=pts/0 res=success'` + "\x1d" + `UID="root" AUID="alice" ID="bob"`,
	`type=ANOM_PROMISCUOUS msg=audit(1700000000.400:103): dev=veth0 prom=256 old_prom=0 auid=1001 uid=0 gid=0 ses=9`,
	`type=MAC_STATUS msg=audit(1700000000.400:103): enforcing=0 old_enforcing=1 auid=0 ses=8`,
	`type=LOGIN msg=audit(1700000000.400:103): pid=811 uid=0 old-auid=4294967295 auid=0 old-ses=4294967295 ses=107 res=1`,
	`type=CONFIG_CHANGE msg=audit(1700000000.400:103): auid=1001 ses=9 op=add_rule key="exec" list=4 res=1`,
	`type=AVC msg=audit(1700000000.400:103): apparmor="DENIED" operation="open" profile="x" name="/etc/shadow" pid=812 comm="cat" requested_mask="r" denied_mask="r" fsuid=0 ouid=0`,
}
