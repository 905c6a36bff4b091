package event_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
)

func TestWazuh(t *testing.T) {
	want{
		"audit.type": "SYSCALL|EXECVE|CWD|PATH|PROCTITLE", "audit.id": "102", "audit.arch": "c000003e", "audit.syscall": "59",
		"audit.success": "yes", "audit.exit": "0", "audit.ppid": "1000", "audit.pid": "1234", "audit.auid": "1001", "audit.uid": "1001",
		"audit.euid": "0", "audit.tty": "pts0", "audit.session": "7", "audit.command": "python3", "audit.exe": "/tmp/py (deleted)",
		"audit.key": "exec|net", "audit.execve.argc": "5", "audit.execve.a0": "python3", "audit.execve.a2": "import pty",
		"audit.execve.a3": "", "audit.execve.a4": "x y", "audit.execve.a5": "-", "audit.cwd": "/home/alice",
		"audit.file.name": "./py|/home/alice/py|/lib64/ld-linux-x86-64.so.2", "audit.file.inode": "13|14", "audit.directory.name": "-",
		"audit.parent.exe": "/usr/bin/bash", "audit.parent.command_line": "bash -i", "audit.parent.pid": "1000",
		"audit.command_line": "python3 -c import pty  x y", "AUDIT.Execve.A1": "-c", "Audit.Key": "exec|net",
		"srcip": "-", "dstip": "-", "location": "/var/log/audit/audit.log", "user": "alice", "srcuser": "alice", "dstuser": "-",
	}.check(t, event.Wazuh, last(t, story))
	want{
		"audit.directory.name": "/home/alice|../../etc//cron.d/|/etc/cron.d", "audit.directory.inode": "70|71", "audit.directory.mode": "040755|040755",
		"audit.file.name": "a b.txt|/home/alice/a b.txt|../../etc//cron.d/job.py|/etc/cron.d/job.py",
	}.check(t, event.Wazuh, last(t, renaming))
	want{
		"audit.type": "USER_AUTH", "audit.pid": "808", "audit.uid": "0", "audit.auid": "4294967295", "audit.op": "pubkey_auth", "audit.acct": "bob b",
		"audit.exe": "/usr/sbin/sshd", "audit.srcip": "10.9.8.7", "srcip": "10.9.8.7", "audit.res": "failed", "audit.subj": "system_u:system_r:sshd_t",
		"hostname": "web1", "location": "web1->/var/log/audit/audit.log", "audit.key": "-", "user": "bob b", "dstuser": "bob b", "srcuser": "-",
	}.check(t, event.Wazuh, last(t, "node=web1 "+failedLogin))
	want{"audit.old-auid": "4294967295", "audit.session": "107", "audit.res": "1"}.check(t, event.Wazuh, last(t, userRecords[4]))
	want{"dstip": "10.1.0.5", "dstport": "443", "srcip": "-", "audit.key": "null"}.check(t, event.Wazuh, last(t, connect(ok, ipv4)))
}

// TestLostArgument: where one is lost the others keep their numbers.
func TestLostArgument(t *testing.T) {
	want{"audit.execve.a0": "a", "audit.execve.a1": "-", "audit.execve.a2": "c", "audit.execve.argc": "7"}.check(t, event.Wazuh, last(t, torn))
	for _, name := range []string{"audit.execve.a", "audit.execve.a01", "audit.execve.a-1", "audit.execve.ax", "audit.execve.a99999999999"} {
		if event.Wazuh(name) != nil {
			t.Errorf("Wazuh(%q) is known", name)
		}
	}
}

func TestFullLog(t *testing.T) {
	values := event.Wazuh("full_log")(nil, last(t, story))
	if len(values) != 2 {
		t.Fatalf("%d values, want 2", len(values))
	}
	if want := strings.ReplaceAll(strings.TrimSpace(python), "\n", " "); values[0] != want {
		t.Errorf("raw = %q\nwant  %q", values[0], want)
	}
	for _, part := range []string{
		`type=SYSCALL msg=audit(1700000000.300:102): arch=c000003e syscall=59 `, ` exe="/tmp/py (deleted)" key="exec` + "\x01" + `net"` + "\x1dARCH=x86_64 ",
		` type=EXECVE msg=audit(1700000000.300:102): argc=5 a0="python3" a1="-c" a2="import pty" a3="" a4="x y" type=CWD `,
		` name="./py" inode=13 `, ` proctitle="env python3"`,
	} {
		if !strings.Contains(values[1], part) {
			t.Errorf("decoded = %q\nlacks %q", values[1], part)
		}
	}
}

func TestFullLogDecoded(t *testing.T) {
	for name, tt := range map[string]struct{ log, want string }{
		"user": {failedLogin, strings.Replace(strings.TrimSuffix(failedLogin, "\n"), "acct=626F622062", `acct="bob b"`, 1)},
		"node": {"node=web1 " + failedLogin, strings.Replace(strings.TrimSuffix(failedLogin, "\n"), "acct=626F622062", `acct="bob b"`, 1)},
		"bare words": {`type=TTY msg=audit(1700000000.004:7): tty pid=1 comm="bash" data=6C730D`,
			`type=TTY msg=audit(1700000000.004:7): tty pid=1 comm="bash" data="ls` + "\r\""},
		"last in quotes": {`type=USER_CMD msg=audit(1700000000.040:7): pid=1 msg='cwd="/" cmd=6C73202F'`,
			`type=USER_CMD msg=audit(1700000000.040:7): pid=1 msg='cwd="/" cmd="ls /"'`},
		"first in quotes": {`type=USER_AUTH msg=audit(1700000000.040:7): pid=1 msg='acct=6120 res=failed'`,
			`type=USER_AUTH msg=audit(1700000000.040:7): pid=1 msg='acct="a " res=failed'`},
		"long argument": {long, `type=EXECVE msg=audit(1700000000.400:7): argc=3 a0="a" a1="x y" a2="z"`},
	} {
		t.Run(name, func(t *testing.T) {
			values := event.Wazuh("full_log")(nil, last(t, tt.log))
			if len(values) != 2 || values[1] != tt.want {
				t.Errorf("full_log = %q, want as second %q", values, tt.want)
			}
		})
	}
	if values := event.Wazuh("full_log")(nil, last(t, userRecords[5])); len(values) != 1 {
		t.Errorf("full_log of a record without hex = %q, want one value", values)
	}
}

// TestFullLogMemory: the text is made in the same memory again, and is that of the event at hand.
func TestFullLogMemory(t *testing.T) {
	evs := []*event.Event{last(t, story), last(t, failedLogin), {}}
	var l event.FullLog
	for _, ev := range append(evs, evs...) {
		l.Take(ev)
		if want := event.Wazuh("full_log")(nil, ev); !slices.Equal(l.Texts, want) {
			t.Errorf("texts %q, want %q", l.Texts, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { l.Take(evs[0]) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

const long = `
type=EXECVE msg=audit(1700000000.400:7): argc=3 a0="a" a1_len=6 a1[0]=7820
type=EXECVE msg=audit(1700000000.400:7):  a1[1]=79 a2="z"
`
