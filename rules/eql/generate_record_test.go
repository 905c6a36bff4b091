package eql

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// story is a log that is being written: what a process did, after all that must be known of it.
type story struct {
	b      strings.Builder
	msec   int64
	serial int
	alive  map[int]bool // pids whose execution is told
}

const arch64 = 0xc000003e

func (s *story) next() { s.msec, s.serial = s.msec+2, s.serial+1 }

func (s *story) add(kind, format string, args ...any) {
	fmt.Fprintf(&s.b, "type=%s msg=audit(%d.%03d:%d): %s\n", kind, s.msec/1000, s.msec%1000, s.serial, fmt.Sprintf(format, args...))
}

// actor is a process, and a call that it makes.
type actor struct {
	pid, ppid            int
	exe, cwd             string
	uid, euid, gid, egid string
	user, tty            string
	argv                 []string
	registers            [4]string
	success, exit        string
}

// actor makes the process that a family of fields is about.
func (w *wish) actor(family string, pid, ppid int) *actor {
	a := &actor{pid: pid, ppid: ppid, success: "yes", exit: "0", registers: [4]string{"55d0c0de", "55d0c0e0", "55d0c0f0", "8"}, tty: "pts0"}
	a.exe = w.file(family+".executable", family+".name", "", "", "/zq/zq")
	a.argv = w.argv(family+".args", family+".command_line", family+".args_count", a.exe)
	a.cwd = w.value(family+".working_directory", "/zq")
	a.uid = w.number(family+".real_user.id", "1000", 10)
	a.euid = w.number(family+".user.id", a.uid, 10)
	a.gid = w.number(family+".real_group.id", "1000", 10)
	a.egid = w.number(family+".group.id", a.gid, 10)
	a.user = w.value(family+".real_user.name", "zq")
	if w.value(family+".interactive", "true", "false") == "false" {
		a.tty = "(none)"
	}
	if family == "process" {
		w.owner(a)
	}
	return a
}

// owner takes the fields about a user that have other names.
func (w *wish) owner(a *actor) {
	for _, f := range []struct {
		to   *string
		name string
	}{{&a.uid, "user.id"}, {&a.uid, "user.Ext.real.id"}, {&a.euid, "user.effective.id"}, {&a.gid, "group.id"}, {&a.gid, "group.Ext.real.id"}} {
		if len(w.yes[f.name]) > 0 || w.fixed[f.name] != "" {
			*f.to = w.number(f.name, "1000", 10)
			if f.to == &a.uid && !w.asked("process.user.id", "user.effective.id") && w.fixed["user.effective.id"] == "" && w.fixed["process.user.id"] == "" {
				a.euid = a.uid
			}
		}
	}
	if len(w.yes["user.name"]) > 0 || w.fixed["user.name"] != "" {
		a.user = w.value("user.name", "zq")
	}
}

func (s *story) call(a *actor, number, items int) {
	s.next()
	s.add("SYSCALL", "arch=c000003e syscall=%d success=%s exit=%s a0=%s a1=%s a2=%s a3=%s items=%d ppid=%d pid=%d auid=1000 uid=%s gid=%s euid=%s suid=%s fsuid=%s egid=%s sgid=%s fsgid=%s tty=%s ses=3 comm=%s exe=%s subj=unconfined key=(null)\x1dARCH=x86_64 SYSCALL=%s UID=%q",
		number, a.success, a.exit, a.registers[0], a.registers[1], a.registers[2], a.registers[3], items, a.ppid, a.pid,
		a.uid, a.gid, a.euid, a.euid, a.euid, a.egid, a.egid, a.egid, a.tty, hexOrQuoted(path.Base(a.exe)[:min(15, len(path.Base(a.exe)))]), hexOrQuoted(a.exe),
		audit.SyscallName(arch64, number), a.user)
}

func hexOrQuoted(s string) string {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == '"' || s[i] > '~' {
			return strings.ToUpper(hex.EncodeToString([]byte(s)))
		}
	}
	return `"` + s + `"`
}

// exec writes an execution.
func (s *story) exec(a *actor) {
	s.alive[a.pid] = true
	s.call(a, 59, 1)
	var b strings.Builder
	for i, arg := range a.argv {
		fmt.Fprintf(&b, " a%d=%s", i, hexOrQuoted(arg))
	}
	s.add("EXECVE", "argc=%d%s", len(a.argv), b.String())
	s.add("CWD", "cwd=%s", hexOrQuoted(a.cwd))
	s.item(0, a.exe, "NORMAL")
	s.end()
}

func (s *story) item(n int, name, kind string) {
	s.add("PATH", "item=%d name=%s inode=%d dev=08:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=%s cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0", n, hexOrQuoted(name), 700+n, kind)
}

func (s *story) end() { s.add("PROCTITLE", `proctitle="zq"`) }

// tell writes the event that is wished for, of a kind, and the executions before it.
func (s *story) tell(w *wish, k *event.Kind, pid, ppid int) {
	if !s.alive[ppid] || w.asked("process.parent.") {
		s.exec(w.actor("process.parent", ppid, 3000))
	}
	a := w.actor("process", pid, ppid)
	switch {
	case k.Group == "exec" && k.Name == "execve":
		s.exec(a)
		return
	case !s.alive[pid] || w.asked("process.args", "process.command_line", "process.name", "process.executable"):
		s.exec(a)
	}
	if number, ok := audit.SyscallNumber(arch64, w.callName(k)); ok {
		s.do(w, a, number)
		return
	}
	s.record(w, a, strings.ToUpper(k.Name))
}

// callName is the call of a kind, or the one that a query names.
func (w *wish) callName(k *event.Kind) string {
	if k.Name == "" && k.Group == "call" {
		return w.value("auditd.data.syscall", "mprotect")
	}
	return k.Name
}

func (s *story) do(w *wish, a *actor, number int) {
	for i := range a.registers {
		a.registers[i] = w.number(fmt.Sprintf("auditd.data.a%d", i), a.registers[i], 16)
	}
	if w.value("event.outcome", "success", "failure") == "failure" || w.value("auditd.result", "success", "fail") == "fail" || slices.Contains(w.texts("event.outcome"), "failure") {
		a.success, a.exit = "no", "-1"
	}
	name := audit.SyscallName(arch64, number)
	if name == "exit_group" {
		n, _ := strconv.Atoi(w.number("process.exit_code", "0", 10))
		a.registers[0] = strconv.FormatInt(int64(n), 16)
	}
	switch name {
	case "setuid", "setgid", "clone", "fork":
		s.call(a, number, 0)
	case "connect", "accept", "accept4", "bind", "sendto", "sendmsg", "recvfrom", "recvmsg":
		s.call(a, number, 0)
		side := "destination"
		if strings.HasPrefix(name, "accept") || strings.HasPrefix(name, "recv") {
			side = "source"
		}
		port, _ := strconv.Atoi(w.number(side+".port", "4444", 10))
		s.add("SOCKADDR", "saddr=%s", sockaddr(w.address(side+".ip"), uint16(port)))
	default:
		s.files(w, a, number, name)
	}
	s.end()
}

func (s *story) files(w *wish, a *actor, number int, name string) {
	file := w.file("file.path", "file.name", "file.directory", "file.extension", "/zq/file")
	kind := map[string]string{"unlink": "DELETE", "unlinkat": "DELETE", "rmdir": "DELETE"}[name]
	if kind == "" {
		kind = "NORMAL"
		if w.r.IntN(2) == 0 || slices.Contains(w.texts("event.type"), "creation") {
			kind = "CREATE"
		}
	}
	s.call(a, number, 2)
	s.add("CWD", "cwd=%s", hexOrQuoted(a.cwd))
	s.item(0, path.Dir(file), "PARENT")
	if strings.HasPrefix(name, "rename") {
		s.item(1, w.file("file.Ext.original.path", "file.Ext.original.name", "", "file.Ext.original.extension", "/zq/old"), "DELETE")
		kind = "CREATE"
	}
	s.item(2, file, kind)
}

// record writes a record of a user-space program.
func (s *story) record(w *wish, a *actor, kind string) {
	s.next()
	result := "success"
	if w.value("event.outcome", "success", "failure") == "failure" {
		result = "failed"
	}
	exe := a.exe
	if slices.Contains(w.texts("event.action"), "ssh_login") {
		exe = "/usr/sbin/sshd"
	}
	s.add(kind, `pid=%d uid=%s auid=1000 ses=3 subj=unconfined msg='op=login id=%s acct="%s" exe="%s" hostname=%s addr=%[7]s terminal=ssh res=%s'`,
		a.pid, a.uid, w.number("user.id", "1000", 10), w.value("user.name", "zq"), exe, a.user, w.address("source.ip"), result)
}

func sockaddr(a netip.Addr, port uint16) string {
	raw := strings.ToUpper(hex.EncodeToString(a.AsSlice()))
	if a.Is4() {
		return fmt.Sprintf("0200%04X%s0000000000000000", port, raw)
	}
	return fmt.Sprintf("0A00%04X00000000%s00000000", port, raw)
}
