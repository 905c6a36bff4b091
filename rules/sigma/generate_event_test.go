package sigma

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"path"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// draft is an event to be written: the values that a wish asks for, each of which must find its place in a record.
type draft struct {
	w      *wish
	byName map[string]int
	used   map[string]bool
	words  []string // to be found by keywords
	lines  []string
	serial int
	bad    string // why no such records are ever written
}

const arch64 = 0xc000003e

func newDraft(w *wish, v view) *draft {
	d := &draft{w: w, byName: map[string]int{}, used: map[string]bool{}, serial: 100}
	for _, ids := range []map[int][]*leaf{w.yes, w.no} {
		for id := range ids {
			d.name(id, v)
		}
	}
	for id := range w.absent {
		d.name(id, v)
	}
	return d
}

func (d *draft) name(id int, v view) {
	if id != keywordField && d.w.e.fields[id].view == v {
		d.byName[d.w.e.fields[id].name] = id
	}
}

// asked reports whether the rule wants a value of one of the fields.
func (d *draft) asked(names ...string) bool {
	for _, n := range names {
		if id, ok := d.byName[n]; ok && len(d.w.yes[id]) > 0 {
			return true
		}
	}
	return false
}

// take returns the value of a field: what the rule wants, else the first of the defaults that it does not forbid.
func (d *draft) take(name string, defaults ...string) string {
	d.used[name] = true
	id, ok := d.byName[name]
	if !ok {
		return defaults[0]
	}
	if d.w.absent[id] {
		d.bad = "the record always has " + name
	}
	if len(d.w.yes[id]) > 0 {
		for _, v := range defaults {
			if passes(v, d.w.yes[id], d.w.no[id]) {
				return v
			}
		}
		v, _ := oneValue(name, d.w.yes[id], d.w.no[id])
		return v
	}
	for _, v := range defaults {
		if passes(v, nil, d.w.no[id]) {
			return v
		}
	}
	if v, ok := oneValue(name, nil, d.w.no[id]); ok {
		return v
	}
	return defaults[0]
}

// number is take for a field that the kernel writes in digits of a base.
func (d *draft) number(name string, base int, defaults ...string) string {
	v := d.take(name, defaults...)
	_, unsigned := strconv.ParseUint(v, base, 64)
	if _, signed := strconv.ParseInt(v, base, 64); unsigned != nil && signed != nil {
		d.bad = fmt.Sprintf("the kernel never writes %s=%q", name, v)
	}
	return v
}

// left returns why the draft is no event: a wanted value that no record has room for.
func (d *draft) left() string {
	for name := range d.byName {
		if d.asked(name) && !d.used[name] {
			return fmt.Sprintf("no record of the event has %s", name)
		}
	}
	return d.bad
}

func (d *draft) add(kind, format string, args ...any) {
	d.lines = append(d.lines, fmt.Sprintf("type=%s msg=audit(1700000000.%03d:%d): ", kind, d.serial, d.serial)+fmt.Sprintf(format, args...))
}

// process is who makes a system call, and the call.
type process struct {
	pid, ppid            int
	exe, comm, cwd       string // comm and euid: "" for what follows from exe and uid
	uid, euid, gid, auid string
	user, ses, tty, key  string
	argv                 []string
	number               int
	registers            [4]string
	success, exit        string
}

// newProcess returns a process that no rule looks for.
func newProcess(pid, ppid int) process {
	return process{
		pid: pid, ppid: ppid, exe: "/zq/zq", cwd: "/zq", uid: "1000", user: "zq", argv: []string{"zq"}, number: 59, success: "yes", exit: "0",
		registers: [4]string{"55d0c0de", "55d0c0e0", "55d0c0f0", "8"}, key: "(null)", auid: "1000", ses: "3", tty: "pts0", gid: "1000",
	}
}

func (p *process) call(d *draft, items int) {
	comm := p.comm
	if comm == "" {
		comm = path.Base(p.exe)
		comm = comm[:min(len(comm), 15)]
	}
	euid, key := p.euid, p.key
	if euid == "" {
		euid = p.uid
	}
	if key != "(null)" {
		key = hexOrQuoted(key)
	}
	d.add("SYSCALL", "arch=c000003e syscall=%d success=%s exit=%s a0=%s a1=%s a2=%s a3=%s items=%d ppid=%d pid=%d auid=%s uid=%s gid=%s euid=%s suid=%s fsuid=%s egid=%s sgid=%s fsgid=%s tty=%s ses=%s comm=%s exe=%s subj=unconfined key=%s\x1dARCH=x86_64 SYSCALL=%s UID=\"%s\"",
		p.number, p.success, p.exit, p.registers[0], p.registers[1], p.registers[2], p.registers[3], items, p.ppid, p.pid,
		p.auid, p.uid, p.gid, euid, euid, euid, p.gid, p.gid, p.gid, p.tty, p.ses, hexOrQuoted(comm), hexOrQuoted(p.exe), key, audit.SyscallName(arch64, p.number), p.user)
}

func (p *process) title(d *draft) {
	title := strings.Join(p.argv, "\x00")
	d.add("PROCTITLE", "proctitle=%s", hexOrQuoted(title[:min(len(title), 128)]))
}

func (p *process) arguments(d *draft) {
	var b strings.Builder
	for i, a := range p.argv {
		fmt.Fprintf(&b, " a%d=%s", i, hexOrQuoted(a))
	}
	d.add("EXECVE", "argc=%d%s", len(p.argv), b.String())
}

// exec writes an execution.
func (p *process) exec(d *draft) {
	d.serial++
	p.call(d, 2)
	p.arguments(d)
	d.add("CWD", "cwd=%s", hexOrQuoted(p.cwd))
	pathItem(d, 0, p.exe, "NORMAL", "0100755")
	pathItem(d, 1, "/lib64/ld-linux-x86-64.so.2", "NORMAL", "0100755")
	p.title(d)
}

func pathItem(d *draft, n int, name, kind, mode string) {
	if name != "(null)" {
		name = hexOrQuoted(name)
	}
	d.add("PATH", "item=%d name=%s inode=%d dev=08:01 mode=%s ouid=0 ogid=0 rdev=00:00 nametype=%s cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0", n, name, 700+n, mode, kind)
}

// argv cuts a command line at its blanks.
func argv(line string) []string { return strings.Split(line, " ") }

// whole writes an event of a category, after the executions that it needs.
func (d *draft) whole(v view) {
	pid, _ := strconv.Atoi(d.number("ProcessId", 10, "4242"))
	ppid, _ := strconv.Atoi(d.number("ParentProcessId", 10, "4000"))
	d.ancestors(ppid)
	p := newProcess(pid, ppid)
	p.exe, p.cwd = d.take("Image", "/zq/zq"), d.take("CurrentDirectory", "/zq")
	p.argv = argv(d.take("CommandLine", "zq", "x y"))
	p.user, p.uid = d.user("User", "LogonId")
	p.ses = d.number("TerminalSessionId", 10, "3")
	p.exec(d)
	switch v {
	case viewFile:
		d.create(&p)
	case viewNetwork:
		d.connect(&p)
	}
}

// user returns a name and its uid: root is 0, others are not.
func (d *draft) user(name, id string) (user, uid string) {
	user = d.take(name, "zq", "root")
	uid = d.number(id, 10, "1000", "0")
	switch {
	case user == "root" && !d.asked(id):
		uid = "0"
	case uid == "0" && !d.asked(name):
		user = "root"
	}
	if (user == "root") != (uid == "0") {
		d.bad = fmt.Sprintf("user %q has not uid %s", user, uid)
	}
	return user, uid
}

func (d *draft) ancestors(ppid int) {
	for _, who := range []struct {
		prefix    string
		pid, ppid int
	}{{"Grandparent", 3000, 1}, {"Parent", ppid, 3000}} {
		if d.absent(who.prefix+"Image") || d.absent(who.prefix+"CommandLine") {
			d.used[who.prefix+"Image"], d.used[who.prefix+"CommandLine"] = true, true
			continue
		}
		p := newProcess(who.pid, who.ppid)
		p.exe = d.take(who.prefix+"Image", "/zq/parent")
		p.argv = argv(d.take(who.prefix+"CommandLine", "zq parent"))
		if who.prefix == "Parent" {
			p.user = d.take("ParentUser", "zq", "root")
			if p.user == "root" {
				p.uid = "0"
			}
		}
		p.exec(d)
	}
}

func (d *draft) absent(name string) bool {
	id, ok := d.byName[name]
	return ok && d.w.absent[id]
}

// create writes an openat that creates a file.
func (d *draft) create(p *process) {
	name := d.take("TargetFilename", "/zq/file")
	d.serial++
	p.number, p.registers = 257, [4]string{"ffffff9c", "7ffd0", "241", "1b6"}
	p.call(d, 2)
	d.add("CWD", "cwd=%s", hexOrQuoted(p.cwd))
	pathItem(d, 0, path.Dir(name)+"/", "PARENT", "040755")
	pathItem(d, 1, name, "CREATE", "0100644")
	p.title(d)
}

// connect writes a connection, or one that was accepted.
func (d *draft) connect(p *process) {
	ip, port, initiated := "DestinationIp", "DestinationPort", d.take("Initiated", "true", "false")
	p.number = 42
	if initiated == "false" || !d.asked("Initiated") && d.asked("SourceIp", "SourcePort") {
		ip, port, p.number = "SourceIp", "SourcePort", 43
	}
	family := "Destination"
	if p.number == 43 {
		family = "Source"
	}
	ips := []string{"203.0.113.7", "10.9.8.7", "127.0.0.1", "2001:db8::1"}
	if d.take(family+"IsIpv6", "false", "true") == "true" {
		ips = []string{"2001:db8::1", "::1"}
	}
	addr, err := netip.ParseAddr(d.take(ip, ips...))
	if err != nil {
		d.bad = err.Error()
		return
	}
	n, err := strconv.ParseUint(d.take(port, "443", "8080"), 10, 16)
	if err != nil {
		d.bad = err.Error()
	}
	d.serial++
	p.registers = [4]string{"3", "7ffd0", "10", "0"}
	p.call(d, 0)
	d.add("SOCKADDR", "saddr=%s", sockaddr(addr, uint16(n)))
	p.title(d)
}

func sockaddr(a netip.Addr, port uint16) string {
	raw := strings.ToUpper(hex.EncodeToString(a.AsSlice()))
	if a.Is4() {
		return fmt.Sprintf("0200%04X%s0000000000000000", port, raw)
	}
	return fmt.Sprintf("0A00%04X00000000%s00000000", port, raw)
}
