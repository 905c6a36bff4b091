package event_test

import (
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

func TestECSExecution(t *testing.T) {
	want{
		"event.category": "process", "event.type": "start", "event.action": "exec|process_started|start|executed",
		"event.outcome": "success", "event.kind": "event", "host.os.type": "linux", "host.id": "localhost", "host.name": "-",
		"process.pid": "1234", "process.name": "py", "process.executable": "/tmp/py (deleted)|/tmp/py", "process.comm": "python3",
		"process.args": "python3|-c|import pty||x y", "process.args_count": "5", "process.command_line": "python3 -c import pty  x y",
		"process.working_directory": "/home/alice", "process.interactive": "true", "process.title": "env python3",
		"process.user.id": "0", "process.user.name": "root", "process.real_user.id": "1001", "process.real_user.name": "alice",
		"process.group.id": "1001", "process.saved_user.id": "0",
		"process.parent.pid": "1000", "process.parent.name": "bash", "process.parent.executable": "/usr/bin/bash",
		"process.parent.args": "bash|-i", "process.parent.args_count": "2", "process.parent.command_line": "bash -i",
		"process.parent.user.id": "1001", "process.parent.interactive": "true", "process.parent.working_directory": "/home/alice",
		"process.previous.executable": "/usr/bin/env", "process.previous.args": "env|python3|-c", "process.previous.args_count": "3",
		"user.id": "1001", "user.name": "alice", "user.effective.id": "0", "user.effective.name": "root", "user.audit.id": "1001",
		"user.audit.name": "alice", "user.Ext.real.id": "1001", "group.id": "1001", "group.name": "staff", "group.Ext.real.name": "staff", "process.real_group.name": "staff",
		"file.path": "/home/alice/py", "file.owner": "alice",
		"auditd.data.syscall": "execve", "auditd.data.arch": "x86_64|c000003e", "auditd.data.a0": "55d", "auditd.data.a3": "8",
		"auditd.data.a4": "-", "auditd.data.tty": "pts0", "auditd.data.key": "exec|net", "tags": "exec|net", "auditd.data.exit": "0",
		"auditd.result": "success", "auditd.session": "7", "auditd.sequence": "102", "auditd.message_type": "syscall",
		"auditd.record_types": "SYSCALL|EXECVE|CWD|PATH|PROCTITLE", "destination.ip": "-", "network.direction": "-",
	}.check(t, event.ECS, last(t, story))
}

// TestECSWords: what events are called, in both vocabularies.
func TestECSWords(t *testing.T) {
	for name, tt := range map[string]struct{ log, category, types, action, outcome string }{
		"failed execve": {call("59", "success=no exit=-2"+regs+" items=0") + end, "process", "info", "execve", "failure"},
		"clone":         {call("56", "success=yes exit=5 a0=1200011 a1=0 a2=0 a3=0 items=0") + end, "process", "start", "fork", "success"},
		"thread":        {call("56", "success=yes exit=5 a0=3d0f00 a1=0 a2=0 a3=0 items=0") + end, "process", "info", "clone", "success"},
		"setuid":        {call("105", ok+regs+" items=0") + end, "process", "change", "uid_change|changed-identity-of", "success"},
		"failed setuid": {call("105", "success=no exit=-1"+regs+" items=0") + end, "process", "info", "changed-identity-of", "failure"},
		"setgid":        {call("106", ok+regs+" items=0") + end, "process", "change", "gid_change|changed-identity-of", "success"},
		"setsid":        {call("112", ok+regs+" items=0") + end, "process", "change", "session_id_change", "success"},
		"exit_group":    {call("231", "a0=1 a1=0 a2=0 a3=0 items=0") + end, "process", "end", "end", "unknown"},
		"kill":          {call("62", ok+regs+" items=0") + end, "process", "end", "killed-pid", "success"},
		"mprotect":      {call("10", ok+regs+" items=0") + end, "process", "info", "mprotect", "success"},
		"unknown call":  {call("9999", ok+regs+" items=0") + end, "process", "info", "-", "success"},
		"connect":       {connect(ok, ipv4), "network", "connection|start", "connection_attempted|connected-to", "success"},
		"refused":       {connect("success=no exit=-111", ipv4), "network", "connection|start", "connection_attempted|connected-to", "failure"},
		"under way":     {connect("success=no exit=-115", ipv6), "network", "connection|start", "connection_attempted|connected-to", "unknown"},
		"unix":          {connect(ok, unix), "network", "connection|start", "connected-to", "success"},
		"accept": {call("43", "success=yes exit=4"+regs+" items=0") + saddr(ipv4) + end, "network", "connection|start",
			"connection_accepted|accepted-connection-from", "success"},
		"bind":       {call("49", ok+regs+" items=0") + saddr(ipv4) + end, "network", "start", "bound-socket", "success"},
		"sendto":     {call("44", ok+regs+" items=0") + saddr(ipv4) + end, "network", "connection|info", "sent-to", "success"},
		"create":     {open(ok, "ffffff9c", `"x"`, "CREATE"), "file", "creation", "creation|opened-file", "success"},
		"open":       {open(ok, "ffffff9c", `"x"`, "NORMAL"), "file", "info", "opened-file", "success"},
		"not opened": {open("success=no exit=-13", "ffffff9c", `"x"`, "CREATE"), "file", "info", "opened-file", "failure"},
		"creat":      {call("85", ok+regs+" items=1") + cwd + item(`"x"`, "NORMAL") + end, "file", "creation", "creation|opened-file", "success"},
		"rename":     {renaming, "file", "change", "rename|renamed", "success"},
		"unlink":     {call("87", ok+regs+" items=1") + cwd + item(`"x"`, "DELETE") + end, "file", "deletion", "deletion|deleted", "success"},
		"no unlink":  {call("87", "success=no exit=-2"+regs+" items=1") + cwd + item(`"x"`, "UNKNOWN") + end, "file", "info", "deleted", "failure"},
		"link":       {call("86", ok+regs+" items=1") + cwd + item(`"x"`, "CREATE") + end, "file", "creation", "creation", "success"},
		"write":      {call("1", ok+regs+" items=0") + end, "file", "change", "modification|wrote-to-file", "success"},
		"chmod":      {call("90", ok+regs+" items=1") + cwd + item(`"x"`, "NORMAL") + end, "file", "change", "changed-file-permissions-of", "success"},
		"chown":      {call("92", ok+regs+" items=1") + cwd + item(`"x"`, "NORMAL") + end, "file", "change", "changed-file-ownership-of", "success"},
		"module":     {call("313", ok+regs+" items=0") + end, "driver|process", "start", "load_module|loaded-kernel-module", "success"},
		"no module":  {call("313", "success=no exit=-1"+regs+" items=0") + end, "driver", "info", "loaded-kernel-module", "failure"},
		"ssh auth":   {failedLogin, "authentication", "info", "authenticated|ssh_login|user_login", "failure"},
		"ssh login":  {userRecords[0], "authentication", "start", "logged-in|ssh_login|user_login", "success"},
		"console":    {strings.Replace(userRecords[0], "/usr/lib/openssh/sshd-session", "/bin/login", 1), "authentication", "start", "logged-in|user_login", "success"},
		"add user":   {userRecords[1], "iam", "user|creation", "added-user-account", "success"},
		"rule added": {userRecords[5], "configuration", "change", "changed-audit-configuration", "success"},
		"apparmor":   {userRecords[6], "-", "-", "violated-apparmor-policy", "-"},
		"selinux": {`type=AVC msg=audit(1700000000.400:103): avc:  denied  { read } for pid=1 comm="x" tclass=file`, "-", "-",
			"violated-selinux-policy", "-"},
		"watched exec": {strings.Replace(python, "type=CWD", `type=AVC msg=audit(1700000000.300:102): apparmor="ALLOWED" operation="exec"`+"\ntype=CWD", 1),
			"process", "start", "exec|process_started|start|executed|violated-apparmor-policy", "success"},
		"no words": {`type=CRYPTO_LOGOUT msg=audit(1700000000.400:103): pid=1`, "-", "-", "crypto_logout", "-"},
	} {
		t.Run(name, func(t *testing.T) {
			want{"event.category": tt.category, "event.type": tt.types, "event.action": tt.action, "event.outcome": tt.outcome}.
				check(t, event.ECS, last(t, tt.log))
		})
	}
}

// TestWordsOfNames: the tables speak of calls and types that exist.
func TestWordsOfNames(t *testing.T) {
	for _, typ := range event.RecordWords() {
		if strings.HasPrefix(typ.String(), "UNKNOWN[") {
			t.Errorf("words for %s", typ)
		}
	}
	old := map[string]bool{"seteuid": true, "setegid": true, "send": true, "recv": true} // of libraries, or of socketcall
	for _, name := range event.CallWords() {
		var known bool
		for _, arch := range []uint32{0xc000003e, 0x40000003, 0xc00000b7, 0x80000016} {
			_, ok := audit.SyscallNumber(arch, name)
			known = known || ok
		}
		if !known && !old[name] {
			t.Errorf("words for %q, which is no system call", name)
		}
	}
}

func TestECSNetwork(t *testing.T) {
	want{
		"destination.ip": "10.1.0.5", "destination.port": "443", "destination.address": "10.1.0.5", "network.direction": "egress",
		"network.type": "ipv4", "source.ip": "-", "process.name": "py", "process.parent.name": "bash",
		"auditd.data.socket.family": "ipv4|2", "auditd.data.socket.addr": "10.1.0.5", "auditd.data.key": "-",
	}.check(t, event.ECS, last(t, story+connect(ok, ipv4)))
	want{"source.ip": "2001:db8::1", "source.port": "8080", "network.direction": "ingress", "network.type": "ipv6", "destination.ip": "-"}.
		check(t, event.ECS, last(t, call("288", "success=yes exit=4"+regs+" items=0")+saddr(ipv6)+end))
	want{"destination.ip": "-", "network.direction": "-", "auditd.data.socket.path": "/run/s", "network.type": "-"}.
		check(t, event.ECS, last(t, connect(ok, unix)))
	want{"source.ip": "-", "destination.ip": "-", "network.direction": "-", "auditd.data.socket.family": "alg|38"}.
		check(t, event.ECS, last(t, call("49", ok+regs+" items=0")+saddr("260000000000")+end))
	want{"auditd.data.socket.family": "alg|38", "auditd.data.a0": "26"}.
		check(t, event.ECS, last(t, call("41", "success=yes exit=3 a0=26 a1=5 a2=0 a3=0 items=0")+end))
}

func TestECSFile(t *testing.T) {
	want{
		"file.path": "/etc/cron.d/job.py", "file.name": "job.py", "file.extension": "py", "file.directory": "/etc/cron.d",
		"file.inode": "72", "file.mode": "0644", "file.uid": "1001", "file.owner": "alice", "file.group": "staff", "file.device": "08:01",
		"file.Ext.original.path": "/home/alice/a b.txt", "file.Ext.original.name": "a b.txt", "file.Ext.original.extension": "txt",
	}.check(t, event.ECS, last(t, strings.Replace(renaming, `OGID="alice"`, `OGID="staff"`, 1)))
	want{"file.path": "/etc/x", "file.extension": "-", "file.Ext.original.path": "-"}.
		check(t, event.ECS, last(t, open("success=no exit=-13", "ffffff9c", `"/etc/x"`, "UNKNOWN")))
	want{"file.path": "x.py", "file.directory": "-"}.check(t, event.ECS, last(t, open(ok, "3", `"x.py"`, "CREATE")))
}

// TestECSLogin: what a program claims stands where the kernel says nothing, and only there.
func TestECSLogin(t *testing.T) {
	want{
		"user.name": "bob b", "user.id": "0", "user.audit.id": "-", "source.ip": "10.9.8.7", "source.port": "57989", "process.name": "sshd",
		"process.executable": "/usr/sbin/sshd", "process.pid": "808", "host.id": "web1", "host.name": "web1", "auditd.result": "fail",
		"auditd.data.acct": "bob b", "auditd.data.op": "pubkey_auth", "user.target.name": "-", "process.args": "-",
	}.check(t, event.ECS, last(t, "node=web1 "+failedLogin))
	want{"user.id": "1005", "user.name": "carol"}.
		check(t, event.ECS, last(t, strings.NewReplacer("acct=626F622062", "id=1005", "UID=\"root\"", "ID=\"carol\"").Replace(failedLogin)))
	want{"user.name": "alice", "user.id": "1001", "user.target.id": "-", "user.target.name": "-"}.check(t, event.ECS, last(t, userRecords[0]))
	want{"user.name": "root", "user.id": "0", "user.target.name": "bob", "user.target.id": "1002", "user.audit.id": "1001", "source.ip": "-"}.
		check(t, event.ECS, last(t, userRecords[1]))
	forged := `type=USER_CMD msg=audit(1700000000.400:103): pid=1 uid=1001 auid=1001 ses=9 msg='op=x pid=2 uid=0 auid=0 ses=1 exe="/x" res=success'`
	want{"process.pid": "1", "user.id": "1001", "user.audit.id": "1001", "auditd.session": "9", "auditd.data.uid": "1001"}.
		check(t, event.ECS, last(t, forged))
}

// TestECSProcess: what is special about single fields.
func TestECSProcess(t *testing.T) {
	kernel := strings.NewReplacer(`exe="/tmp/py"`, `exe=(null)`, `tty=pts0`, `tty=(none)`).Replace(connect(ok, ipv4))
	want{"process.name": "python3", "process.executable": "-", "process.interactive": "false"}.check(t, event.ECS, last(t, kernel))
	want{"process.exit_code": "3"}.check(t, event.ECS, last(t, call("231", "a0=103 a1=0 a2=0 a3=0 items=0")+end))
	want{"process.args_count": "7", "process.args": "a|c"}.check(t, event.ECS, last(t, torn))
	want{"auditd.data.syscall": "socketcall|connect"}.
		check(t, event.ECS, last(t, strings.Replace(connect(ok, ipv4), "arch=c000003e syscall=42", "arch=40000003 syscall=102", 1)))
	want{"auditd.data.syscall": "9999", "auditd.data.exit": "EACCES|-13", "auditd.result": "fail"}.
		check(t, event.ECS, last(t, call("9999", "success=no exit=-13"+regs+" items=0")+end))
	want{"auditd.data.class": "namespace"}.check(t, event.ECS, last(t, call("272", ok+regs+" items=0")+end))
	want{"auditd.data.socket.family": "-"}.check(t, event.ECS, last(t, call("41", "success=no exit=-97 a0=10026 a1=5 a2=0 a3=0 items=0")+end))
	after := strings.NewReplacer("1700000000.400", "1700000000.310", "pid=1234", "pid=2", "ppid=1000", "ppid=1", "/tmp/py", "/a").Replace(connect(ok, ipv4))
	want{"process.args_count": "-", "process.args": "a|c"}.check(t, event.ECS, last(t, torn+after))
	for source, interactive := range map[event.Source]string{event.FromExec: "false", event.FromProc: "-", event.Unknown: "-"} {
		want{"process.parent.interactive": interactive}.
			check(t, event.ECS, &event.Event{Process: &event.Process{Parent: &event.Process{Source: source}}})
	}
	for _, name := range []string{"auditd.data.", "auditd.data.a b", "auditd.data.socket.x", "process.hash.md5", "Process.name"} {
		if event.ECS(name) != nil {
			t.Errorf("ECS(%q) is known", name)
		}
	}
}

// torn is an execution of seven arguments of which a and c arrived.
const torn = `
type=SYSCALL msg=audit(1700000000.300:102): arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=2 auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 comm="a" exe="/a" key=(null)
type=EXECVE msg=audit(1700000000.300:102): argc=7 a0="a" a2=63
type=PROCTITLE msg=audit(1700000000.300:102): proctitle="a"
`
