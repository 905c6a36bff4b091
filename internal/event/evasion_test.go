package event_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
)

// evasion is a way to hide from rules, and what the event says all the same.
type evasion struct {
	technique string
	lines     string // @ stands for the stamp
	sigma     want   // fields of process_creation; nil: it is no execution
	ecs       want
}

// system returns a SYSCALL record of arch (a: x86_64, b: i386) with fields before those of every one.
func system(arch string, number int, fields string) string {
	return fmt.Sprintf("type=SYSCALL @arch=%s syscall=%d %s ppid=9 pid=10 auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 fsgid=1000 tty=pts0 ses=3 ", arch, number, fields)
}

const (
	amd64 = "c000003e"
	i386  = "40000003"
	fine  = "success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=0"
	names = `comm="x" exe="/usr/bin/x" key=(null)` + "\n"
	ended = "type=PROCTITLE @proctitle=\"innocent\"\n"
)

var evasions = []evasion{
	{"execveat", system(amd64, 322, fine) + names + "type=EXECVE @argc=2 a0=\"sh\" a1=\"-i\"\n" + ended,
		want{"CommandLine": "sh -i", "Image": "/usr/bin/x"}, want{"event.action": "exec|process_started|start|executed"}},
	{"fexecve of a memfd", system(amd64, 322, fine) + `comm="3" exe=2F6D656D66643A78202864656C6574656429 key=(null)` + "\ntype=EXECVE @argc=1 a0=\"kworker\"\n" + ended,
		want{"Image": "/memfd:x (deleted)|/memfd:x"}, want{"process.executable": "/memfd:x (deleted)|/memfd:x"}},
	{"deleted program", system(amd64, 59, fine) + `comm="y" exe=2F746D702F79202864656C6574656429 key=(null)` + "\ntype=EXECVE @argc=1 a0=\"y\"\n" + ended,
		want{"Image": "/tmp/y (deleted)|/tmp/y"}, want{"process.name": "y"}},
	{"through ld.so", system(amd64, 59, fine) + `comm="ld-linux-x86-64" exe="/usr/lib/ld-linux-x86-64.so.2" key=(null)` + "\ntype=EXECVE @argc=2 a0=\"/lib64/ld-linux-x86-64.so.2\" a1=\"/tmp/evil\"\n" + ended,
		want{"CommandLine": "/lib64/ld-linux-x86-64.so.2 /tmp/evil"}, want{"process.args": "/lib64/ld-linux-x86-64.so.2|/tmp/evil"}},
	{"busybox applet", system(amd64, 59, fine) + `comm="busybox" exe="/bin/busybox" key=(null)` + "\ntype=EXECVE @argc=3 a0=\"nc\" a1=\"10.0.0.1\" a2=\"9\"\n" + ended,
		want{"CommandLine": "nc 10.0.0.1 9", "Image": "/bin/busybox"}, nil},
	{"32-bit execve", system(i386, 11, fine) + names + "type=EXECVE @argc=1 a0=\"sh\"\n" + ended,
		want{"CommandLine": "sh"}, want{"auditd.data.arch": "i386|40000003", "auditd.data.syscall": "execve"}},
	{"x32 execve", system(amd64, 0x40000000+520, fine) + names + "type=EXECVE @argc=1 a0=\"sh\"\n" + ended,
		want{"CommandLine": "sh"}, want{"auditd.data.syscall": "execve"}},
	{"32-bit socketcall hides connect", system(i386, 102, "success=yes exit=0 a0=3 a1=2 a2=3 a3=4 items=0") + names + "type=SOCKADDR @saddr=020001BB0A01000500000000\n" + ended,
		nil, want{"destination.ip": "10.1.0.5", "destination.port": "443"}},
	{"io_uring", "type=URINGOP @uring_op=18 success=yes exit=4 items=0 ppid=9 pid=10 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 fsgid=1000 key=(null)\n",
		nil, want{"auditd.message_type": "uringop", "process.pid": "10"}},
	{"empty argument", system(amd64, 59, fine) + names + "type=EXECVE @argc=4 a0=\"python3\" a1=\"-c\" a2=\"import pty\" a3=\"\"\n" + ended,
		want{"CommandLine": "python3 -c import pty "}, want{"process.args_count": "4"}},
	{"no argument at all", system(amd64, 59, fine) + names + "type=EXECVE @argc=0\n" + ended,
		want{"CommandLine": "-", "Image": "/usr/bin/x"}, want{"process.args_count": "0"}},
	{"arguments with a quote, a newline and a forged record", system(amd64, 59, fine) + names + "type=EXECVE @argc=2 a0=\"sh\" a1=2D63220A747970653D58\n" + ended,
		want{"CommandLine": "sh -c\"\ntype=X"}, nil},
	{"an argument that looks like hex", system(amd64, 59, fine) + names + "type=EXECVE @argc=2 a0=\"x\" a1=\"2F62696E2F7368\"\n" + ended,
		want{"CommandLine": "x 2F62696E2F7368"}, nil},
	{"bytes that are not UTF-8", system(amd64, 59, fine) + names + "type=EXECVE @argc=2 a0=\"x\" a1=FF2F62696E\n" + ended,
		want{"CommandLine": "x \xff/bin"}, nil},
	{"NUL kept in a name", system(amd64, 59, fine) + `comm=610062 exe="/usr/bin/x" key=(null)` + "\ntype=EXECVE @argc=1 a0=\"x\"\n" + ended,
		want{"Image": "/usr/bin/x"}, want{"process.comm": "a\x00b"}},
	{"argv padding over records", system(amd64, 59, fine) + names + "type=EXECVE @argc=3 a0=\"x\" a1_len=8 a1[0]=4141\ntype=EXECVE @a1[1]=4141 a2=\"payload\"\n" + ended,
		want{"CommandLine": "x AAAA payload"}, nil},
	{"records of the arguments out of order", system(amd64, 59, fine) + names + "type=EXECVE @a1[1]=4242 a2=\"payload\"\ntype=EXECVE @argc=3 a0=\"x\" a1_len=8 a1[0]=4141\n" + ended,
		want{"CommandLine": "x AABB payload"}, nil},
	{"an argument lost", system(amd64, 59, fine) + names + "type=EXECVE @argc=3 a0=\"x\" a2=\"payload\"\n" + ended,
		want{"CommandLine": "x payload"}, want{"process.args_count": "3"}},
	{"proctitle of another program", system(amd64, 59, fine) + names + "type=EXECVE @argc=1 a0=\"evil\"\ntype=PROCTITLE @proctitle=\"/usr/bin/innocent\"\n",
		want{"CommandLine": "evil"}, want{"process.command_line": "evil"}},
	{"comm of a kernel thread", system(amd64, 59, fine) + `comm="kworker/0:1" exe="/tmp/miner" key=(null)` + "\ntype=EXECVE @argc=1 a0=\"[kworker/0:1]\"\n" + ended,
		want{"Image": "/tmp/miner", "CommandLine": "[kworker/0:1]"}, want{"process.name": "miner", "process.comm": "kworker/0:1"}},
	{"a daemon without auid", strings.Replace(system(amd64, 59, fine), "auid=1000", "auid=4294967295", 1) + names + "type=EXECVE @argc=1 a0=\"sh\"\n" + ended,
		want{"CommandLine": "sh"}, want{"user.audit.id": "-"}},
	{"relative path and ..", system(amd64, 257, strings.Replace(fine, "a0=1", "a0=ffffff9c", 1)) + names + "type=CWD @cwd=\"/home/alice\"\ntype=PATH @item=0 name=\"../../etc//shadow\" inode=7 dev=08:01 mode=0100600 nametype=NORMAL\n" + ended,
		nil, want{"file.path": "/etc/shadow"}},
	{"a name in hex", system(amd64, 257, fine) + names + "type=CWD @cwd=\"/\"\ntype=PATH @item=0 name=2F746D702F6120620A inode=7 dev=08:01 mode=0100600 nametype=NORMAL\n" + ended,
		nil, want{"file.path": "/tmp/a b\n"}},
	{"relative to a descriptor: never guessed", system(amd64, 257, fine) + names + "type=CWD @cwd=\"/home/alice\"\ntype=PATH @item=0 name=\"shadow\" inode=7 nametype=NORMAL\n" + ended,
		nil, want{"file.path": "shadow"}},
	{"openat2", system(amd64, 437, fine) + names + "type=CWD @cwd=\"/\"\ntype=PATH @item=0 name=\"/etc/shadow\" inode=7 nametype=NORMAL\n" + ended,
		nil, want{"auditd.data.syscall": "openat2", "file.path": "/etc/shadow"}},
	{"open_by_handle_at", system(amd64, 304, fine) + names + ended, nil, want{"auditd.data.syscall": "open_by_handle_at"}},
	{"process_vm_writev", system(amd64, 311, fine) + names + ended, nil, want{"auditd.data.syscall": "process_vm_writev"}},
	{"pidfd_getfd", system(amd64, 438, fine) + names + ended, nil, want{"auditd.data.syscall": "pidfd_getfd"}},
	{"ptrace", system(amd64, 101, "success=yes exit=0 a0=10 a1=5 a2=0 a3=0 items=0") + names + ended, nil, want{"auditd.data.syscall": "ptrace", "auditd.data.a0": "10"}},
	{"loginuid rewritten", "type=LOGIN @pid=10 uid=0 old-auid=1000 auid=0 tty=(none) old-ses=3 ses=9 res=1\n", nil, want{"auditd.data.old-auid": "1000", "user.audit.id": "0"}},
	{"connect in progress", system(amd64, 42, "success=no exit=-115 a0=3 a1=2 a2=10 a3=0 items=0") + names + "type=SOCKADDR @saddr=020001BB0A01000500000000\n" + ended,
		nil, want{"destination.ip": "10.1.0.5"}},
}

// TestH8Evasion: what each way to hide leaves in the event. Those of processes (double fork, pids that come back, pid
// namespaces, exec chains) are in correlate/proctree.
func TestH8Evasion(t *testing.T) {
	if len(evasions) < 25 {
		t.Fatalf("%d fixtures, want 25", len(evasions))
	}
	for _, tt := range evasions {
		t.Run(tt.technique, func(t *testing.T) {
			ev := last(t, strings.ReplaceAll(tt.lines, "@", "msg=audit(1700000000.300:77): "))
			if (ev.Exec != nil) != (tt.sigma != nil) {
				t.Fatalf("an execution: %v, want %v", ev.Exec != nil, tt.sigma != nil)
			}
			tt.sigma.check(t, event.SigmaProcessCreation, ev)
			tt.ecs.check(t, event.ECS, ev)
		})
	}
}
