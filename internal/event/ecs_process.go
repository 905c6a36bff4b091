package event

import (
	"path"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// Processes in ECS. Source: https://www.elastic.co/docs/reference/ecs/ecs-process. What a user-space program says of itself, in a record without a system call, is taken where the
// kernel says nothing: sshd and useradd are known by it.

var ecsProcess = map[string]Getter{
	"process.pid":                 either(ownID(audit.CallPID, pid), saidID("pid")),
	"process.entity_id":           of(self, (*Process).EntityID),
	"process.executable":          either(images(self), saidImage),
	"process.name":                text(ownName),
	"process.comm":                either(of(self, comm), said("comm")), // not of ECS
	"process.title":               text(title),
	"process.args":                ownArgs,
	"process.args_count":          text(ownArgsCount),
	"process.command_line":        ownCommandLine,
	"process.working_directory":   text(ownCWD),
	"process.interactive":         text(ownInteractive),
	"process.tty.name":            of(self, tty), // ours: alerts have it
	"process.exit_code":           text(exitCode),
	"process.user.id":             ownID(audit.CallEUID, euid), // the endpoint's: what it may do, not whose it is
	"process.user.name":           of(self, effectiveUser),
	"process.real_user.id":        ownID(audit.CallUID, uid),
	"process.real_user.name":      of(self, userName),
	"process.saved_user.id":       saidID("suid"),
	"process.group.id":            ownID(audit.CallEGID, egid),
	"process.real_group.id":       ownID(audit.CallGID, gid),
	"process.real_group.name":     of(self, groupName),
	"process.saved_group.id":      saidID("sgid"),
	"process.previous.executable": images(previous),
	"process.previous.args":       arguments(previous),
	"process.previous.args_count": of(previous, argsCount),
}

var ecsParent = map[string]Getter{
	"process.parent.pid":               parentID,
	"process.parent.entity_id":         of(parent, (*Process).EntityID),
	"process.parent.executable":        images(parent),
	"process.parent.name":              of(parent, name),
	"process.parent.comm":              of(parent, comm),
	"process.parent.args":              arguments(parent),
	"process.parent.args_count":        of(parent, argsCount),
	"process.parent.command_line":      of(parent, commandLine),
	"process.parent.working_directory": of(parent, workDir),
	"process.parent.interactive":       of(parent, interactive),
	"process.parent.tty.name":          of(parent, tty),
	"process.parent.user.id":           of(parent, numberOf(euid)),
	"process.parent.user.name":         of(parent, effectiveUser),
	"process.parent.real_user.id":      of(parent, numberOf(uid)),
	"process.parent.real_user.name":    of(parent, userName),
	"process.parent.group.id":          of(parent, numberOf(egid)),
	"process.parent.real_group.id":     of(parent, numberOf(gid)),
	"process.parent.real_group.name":   of(parent, groupName),
}

func comm(p *Process) string          { return p.Comm }
func tty(p *Process) string           { return p.TTY }
func groupName(p *Process) string     { return p.Group }
func effectiveUser(p *Process) string { return p.EffectiveUser }

// name is the last part of the executable, not comm: that is cut at 15 bytes, anyone can write it with prctl(2), and
// for a script it is the script where rules mean the interpreter.
func name(p *Process) string {
	if p.Exe == "" || p.Exe == null {
		return p.Comm
	}
	return path.Base(strings.TrimSuffix(p.Exe, deleted))
}

func ownName(ev *Event) string {
	if ev.Process != nil {
		return name(ev.Process)
	}
	if exe := ev.saidExe(); exe != "" {
		return path.Base(exe)
	}
	return ""
}

func (ev *Event) saidExe() string {
	exe, _ := ev.field("exe")
	if exe == "?" || exe == null {
		return ""
	}
	return exe
}

func saidImage(dst []string, ev *Event) []string {
	if exe := ev.saidExe(); exe != "" {
		return appendImage(dst, exe)
	}
	return dst
}

// argsCount is "" where arguments were lost: a count of the rest would be a wrong one.
func argsCount(p *Process) string {
	if !p.ArgsWhole || len(p.Args) == 0 {
		return ""
	}
	return strconv.Itoa(len(p.Args))
}

func ownArgsCount(ev *Event) string {
	switch {
	case ev.Exec != nil:
		return number(ev.Exec.Argc)
	case ev.Process != nil:
		return argsCount(ev.Process)
	}
	return ""
}

// title is what the process had in the place of its arguments when the kernel first looked, NULs as blanks. It is
// often that of the program before the last exec.
func title(ev *Event) string {
	r := ev.Find(audit.Proctitle)
	if r == nil {
		return ""
	}
	value, _ := r.Field("proctitle")
	if value == null {
		return ""
	}
	return strings.ReplaceAll(value, "\x00", " ")
}

// interactive tells whether a process has a terminal, as far as a record of its own told; /proc was not asked that.
func interactive(p *Process) string {
	if p.Source == FromProc && p.TTY == "" || p.Source == Unknown {
		return ""
	}
	return strconv.FormatBool(p.TTY != "")
}

func ownInteractive(ev *Event) string {
	if ev.Call == nil || !ev.Call.Has(audit.CallTTY) {
		return ""
	}
	return strconv.FormatBool(ev.Call.Raw(audit.CallTTY) != "(none)")
}

// exitCode is the low byte of what the program gave to exit_group: its parent sees no more.
func exitCode(ev *Event) string {
	if ev.SyscallName() != "exit_group" {
		return ""
	}
	return strconv.Itoa(int(uint8(ev.Call.Arg(audit.CallA0))))
}
