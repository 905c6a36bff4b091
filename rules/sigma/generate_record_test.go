package sigma

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// rowTypes are the types that a row is tried as, if the rule leaves a choice.
var rowTypes = []string{"EXECVE", "SYSCALL", "PATH", "USER_CMD", "PROCTITLE", "CWD", "SERVICE_STOP", "USER_LOGIN", "TTY", "SOCKADDR"}

// types returns what types the row may have.
func (d *draft) types() []string {
	id, ok := d.byName["type"]
	d.used["type"] = true
	if !ok {
		return rowTypes
	}
	types := slices.Clone(rowTypes)
	if v, ok := oneValue("type", d.w.yes[id], d.w.no[id]); ok && len(d.w.yes[id]) > 0 {
		types = append(types, strings.ToUpper(v))
	}
	return slices.DeleteFunc(types, func(s string) bool { return !passes(s, d.w.yes[id], d.w.no[id]) })
}

// keywords returns the texts that keywords look for, cut at their blanks: what has one must be found over arguments.
func (d *draft) keywords(f fill) []string {
	var words []string
	for _, l := range d.w.yes[keywordField] {
		g, ok := l.fragment(f)
		if !ok {
			d.bad = "no text for a keyword"
		}
		words = append(words, argv(g.text)...)
	}
	return words
}

// record writes an event with a row of a type.
func (d *draft) record(kind string) {
	d.used["type"] = true
	switch kind {
	case "SYSCALL", "EXECVE", "PATH", "CWD", "PROCTITLE", "SOCKADDR":
		d.systemCall(kind)
		return
	}
	if t, ok := audit.ParseType(kind); !ok || t == audit.Unlisted {
		d.bad = "no type of records is " + kind
		return
	}
	d.alone(kind)
}

func (d *draft) systemCall(kind string) {
	p := newProcess(4242, 4000)
	d.context(&p)
	if kind == "SYSCALL" {
		for i := range p.registers {
			p.registers[i] = d.number(fmt.Sprint("a", i), 16, p.registers[i])
		}
	}
	d.arguments(kind, &p)
	d.serial++
	exec := p.number == 59 || p.number == 322
	paths := d.paths(kind, &p)
	p.call(d, len(paths))
	if exec {
		p.arguments(d)
	}
	if p.number == 42 {
		d.add("SOCKADDR", "saddr=%s", d.take("saddr", "020001BBCB0071070000000000000000"))
	}
	if len(paths) > 0 {
		d.add("CWD", "cwd=%s", hexOrQuoted(d.take("cwd", "/zq")))
	}
	for i, it := range paths {
		pathItem(d, i, it[0], it[1], "0100755")
	}
	if title := d.take("proctitle", strings.Join(p.argv, "\x00")); title == "(null)" {
		d.add("PROCTITLE", "proctitle=(null)")
	} else {
		d.add("PROCTITLE", "proctitle=%s", hexOrQuoted(title))
	}
	if kind == "EXECVE" && !exec || kind == "SOCKADDR" && p.number != 42 || kind == "PATH" && len(paths) == 0 {
		d.bad = fmt.Sprintf("system call %d has no %s record", p.number, kind)
	}
}

// context fills what the SYSCALL record says.
func (d *draft) context(p *process) {
	p.number = d.syscall()
	p.exe, p.comm = d.take("exe", p.exe), d.take("comm", "")
	p.user, p.uid = d.user("UID", "uid")
	p.euid = d.number("euid", 10, p.uid)
	p.gid = d.number("gid", 10, p.gid, "0")
	p.auid, p.ses = d.number("auid", 10, p.auid), d.number("ses", 10, p.ses)
	p.key, p.tty = d.take("key", "(null)", "zq"), d.take("tty", p.tty, "(none)")
	p.success = d.take("success", "yes", "no")
	if p.success == "no" {
		p.exit = "-13"
	}
	p.exit = d.number("exit", 10, p.exit)
	p.pid, _ = strconv.Atoi(d.number("pid", 10, "4242"))
	p.ppid, _ = strconv.Atoi(d.number("ppid", 10, "4000"))
	if len(p.comm) > 15 || p.success != "yes" && p.success != "no" {
		d.bad = fmt.Sprintf("the kernel never writes comm=%q success=%q", p.comm, p.success)
	}
}

// syscall returns the number of the call that the rule names; else of one that has the records that the rule needs.
func (d *draft) syscall() int {
	fallback := "execve"
	switch {
	case d.asked("name", "nametype"):
		fallback = "openat"
	case d.asked("saddr"):
		fallback = "connect"
	}
	names := []string{fallback, "execve", "openat", "unlink", "getpid"}
	name := d.take("SYSCALL", names...)
	if d.asked("SYSCALL") {
		names = []string{name}
	}
	name = d.take("syscall", names...)
	if n, err := strconv.Atoi(name); err == nil {
		return n
	}
	n, ok := audit.SyscallNumber(arch64, name)
	if !ok {
		d.bad = "x86_64 has no system call " + name
	}
	return n
}

// arguments fills the command line: of the row, or only beside it.
func (d *draft) arguments(kind string, p *process) {
	p.argv = []string{"zq"}
	if d.asked("cmdline") {
		p.argv = argv(d.take("cmdline"))
	}
	if kind != "EXECVE" {
		return
	}
	for i := range 12 {
		if name := fmt.Sprint("a", i); d.asked(name) {
			for len(p.argv) <= i {
				p.argv = append(p.argv, d.take(fmt.Sprint("a", len(p.argv)), "zq", "x"))
			}
			p.argv[i] = d.take(name)
		}
	}
	p.argv = append(p.argv, d.words...)
}

// paths returns name and nametype of the items.
func (d *draft) paths(kind string, p *process) (items [][2]string) {
	switch p.number {
	case 59, 322:
		items = append(items, [2]string{p.exe, "NORMAL"})
	}
	switch {
	case kind == "PATH":
		name := d.take("name", append(slices.Clone(d.words), "/zq/file")...)
		it := [2]string{name, d.take("nametype", "NORMAL", "CREATE")}
		items = append(items, it, it) // two rows, one match
	case d.asked("cwd") && len(items) == 0 || kind == "CWD":
		items = append(items, [2]string{"zq", "NORMAL"})
	}
	return items
}

// quoted are the fields of user space that are written as the kernel writes text.
var quoted = map[string]bool{"acct": true, "cmd": true, "exe": true, "cwd": true, "comm": true, "data": true, "grp": true}

// alone writes a record that is an event by itself.
func (d *draft) alone(kind string) {
	var b strings.Builder
	user, uid := d.user("UID", "uid")
	fmt.Fprintf(&b, "pid=%s uid=%s auid=%s ses=%s", d.number("pid", 10, "808"), uid, d.number("auid", 10, "1000"), d.number("ses", 10, "3"))
	var inner []string
	for name := range d.byName {
		if !d.asked(name) || d.used[name] {
			continue
		}
		v := d.take(name)
		if quoted[name] {
			v = hexOrQuoted(v)
		}
		if strings.ContainsAny(v, " '") {
			d.bad = fmt.Sprintf("nobody writes %s=%q", name, v)
		}
		inner = append(inner, name+"="+v)
	}
	slices.Sort(inner)
	if len(d.words) > 0 {
		inner = append(inner, "cmd="+hexOrQuoted(strings.Join(d.words, " ")))
	}
	more := strings.Join(inner, " ")
	d.serial++
	switch {
	case kind == "TTY":
		d.add(kind, "tty %s major=136 minor=0 comm=\"bash\" data=6C730D %s", b.String(), more)
	case strings.HasPrefix(kind, "USER_") || strings.HasPrefix(kind, "SERVICE_") || strings.HasPrefix(kind, "ADD_") || strings.HasPrefix(kind, "DEL_"):
		d.add(kind, "%s subj=unconfined msg='%s'\x1dUID=\"%s\"", b.String(), strings.TrimLeft(more+" res=success", " "), user)
	default:
		d.add(kind, "%s %s", b.String(), more)
	}
}
