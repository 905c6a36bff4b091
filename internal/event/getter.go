package event

import (
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// Getter appends the values of one field of ev to dst. It appends nothing if the event does not have the field. A
// field may have many values.
//
// Values that stand in the event as text are appended as they are: views with the lifetime of the event, and no
// allocation. Numbers of the event's own process are taken from its record for the same reason. Only a getter that has
// to make its text allocates, and only when it is asked: numbers of other processes over 99, an address, a path that
// is relative or not clean, what the kernel wrote in hex, and the texts of a whole event.
type Getter func(dst []string, ev *Event) []string

// relation picks a process to ask; nil if it is unknown.
type relation func(ev *Event) *Process

func self(ev *Event) *Process { return ev.Process }

func parent(ev *Event) *Process {
	if ev.Process == nil {
		return nil
	}
	return ev.Process.Parent
}

func grandparent(ev *Event) *Process {
	if p := parent(ev); p != nil {
		return p.Parent
	}
	return nil
}

func previous(ev *Event) *Process {
	if ev.Process == nil {
		return nil
	}
	return ev.Process.Previous
}

// of makes a getter of a text of a process; "" is absent.
func of(who relation, get func(*Process) string) Getter {
	return func(dst []string, ev *Event) []string {
		if p := who(ev); p != nil {
			return appendText(dst, get(p))
		}
		return dst
	}
}

// text makes a getter of a text of the event; "" is absent.
func text(get func(*Event) string) Getter {
	return func(dst []string, ev *Event) []string { return appendText(dst, get(ev)) }
}

func constant(s string) Getter {
	return func(dst []string, _ *Event) []string { return append(dst, s) }
}

func appendText(dst []string, s string) []string {
	if s == "" {
		return dst
	}
	return append(dst, s)
}

// either asks the second getter if the first has no answer.
func either(first, second Getter) Getter {
	return func(dst []string, ev *Event) []string {
		n := len(dst)
		if dst = first(dst, ev); len(dst) > n {
			return dst
		}
		return second(dst, ev)
	}
}

// number is "" for a number that is not known.
func number(n int) string {
	if n < 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// ownID is a number of the event's own process, as its record has it.
func ownID(f audit.CallField, get func(*Process) int) Getter {
	return func(dst []string, ev *Event) []string {
		switch {
		case ev.Call != nil && ev.Call.Has(f):
			if ev.Call.Num(f) < 0 {
				return dst
			}
			return append(dst, ev.Call.Raw(f))
		case ev.Process != nil:
			return appendText(dst, number(get(ev.Process)))
		}
		return dst
	}
}

// parentID is who forked the process: not always the one that its record names, which may have adopted it.
func parentID(dst []string, ev *Event) []string {
	p := ev.Process
	if p == nil {
		return dst
	}
	pid := p.ParentPID()
	if ev.Call != nil && pid >= 0 && pid == ev.Call.Num(audit.CallPPID) {
		return append(dst, ev.Call.Raw(audit.CallPPID))
	}
	return appendText(dst, number(pid))
}

// images is the executable. Of a file that was deleted since, the kernel says so behind its name, and then there are
// two values: with only one, whoever deletes what he runs would escape each rule on the end of the name.
func images(who relation) Getter {
	return func(dst []string, ev *Event) []string {
		p := who(ev)
		if p == nil || p.Exe == "" || p.Exe == null {
			return dst
		}
		return appendImage(dst, p.Exe)
	}
}

const (
	null    = "(null)" // a pointer the kernel had nothing for: a kernel thread has no executable
	deleted = " (deleted)"
)

func appendImage(dst []string, exe string) []string {
	dst = append(dst, exe)
	if path, ok := strings.CutSuffix(exe, deleted); ok {
		dst = append(dst, path)
	}
	return dst
}

// arguments is each argument as one value, empty ones too.
func arguments(who relation) Getter {
	return func(dst []string, ev *Event) []string {
		if p := who(ev); p != nil {
			return append(dst, p.Args...)
		}
		return dst
	}
}

// ownArgs and ownCommandLine know an execution whose SYSCALL record was lost too.
func ownArgs(dst []string, ev *Event) []string {
	if ev.Exec != nil {
		return append(dst, ev.Exec.Args...)
	}
	return arguments(self)(dst, ev)
}

func ownCommandLine(dst []string, ev *Event) []string {
	if ev.Exec != nil {
		return appendText(dst, ev.Exec.CommandLine)
	}
	if ev.Process == nil {
		return dst
	}
	return appendText(dst, ev.Process.CommandLine)
}

// ownCWD is the directory that the event tells, else the one the process was last seen in.
func ownCWD(ev *Event) string {
	if p := ev.Process; p != nil && ev.Exec != nil && p.Image == ev.ID && p.CWD != "" && ev.ID != (audit.ID{}) {
		return p.CWD // is what the execution told
	}
	if dir := ev.cwd(); dir != "" {
		return dir
	}
	if ev.Process == nil {
		return ""
	}
	return ev.Process.CWD
}

// The texts of a process.
func commandLine(p *Process) string { return p.CommandLine }
func workDir(p *Process) string     { return p.CWD }
func userName(p *Process) string    { return p.User }
func pid(p *Process) int            { return p.PID }
func uid(p *Process) int            { return p.UID }
func euid(p *Process) int           { return p.EUID }
func gid(p *Process) int            { return p.GID }
func egid(p *Process) int           { return p.EGID }
func auid(p *Process) int           { return p.AUID }
func session(p *Process) int        { return p.Session }

func numberOf(get func(*Process) int) func(*Process) string {
	return func(p *Process) string { return number(get(p)) }
}
