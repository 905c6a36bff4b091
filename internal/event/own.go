package event

import (
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// OwnText returns the text, in two parts, that decides all values of a record that IsOwn, if Settled: where it comes
// again, so do they. It is not ok for records that hardly come again as they are.
//
// A SYSCALL record comes again but for what the call was given, what it returned, and who made it; the address of a unix
// socket but for what stands behind its path, which decides the values of saddr only, and keywords of nothing but hex digits.
func (ev *Event) OwnText(rec int) (a, b string, ok bool) {
	switch r := &ev.Records[rec]; r.Type {
	case audit.Syscall:
		if ev.Call == nil || ev.Find(audit.Syscall) != r {
			return "", "", false
		}
		return ev.Call.Constant(r.Body)
	case audit.Execve:
		if ev.Exec == nil { // the call failed
			return r.Body, "failed", true
		}
		return r.Body, "", true
	case audit.Sockaddr:
		return audit.CutLeftover(r.Body), "", true
	case audit.Path, audit.CWD, audit.Proctitle, audit.FileCaps:
		return r.Body, "", true
	}
	return "", "", false
}

// Settled reports whether OwnText decides: not where a name depends on the working directory, or arguments on more
// records.
func (ev *Event) Settled(rec int) bool {
	switch r := &ev.Records[rec]; r.Type {
	case audit.Path:
		name, ok := loggedName(r)
		return !ok || isClean(name)
	case audit.Execve:
		for i := range ev.Records {
			if i != rec && ev.Records[i].Type == audit.Execve {
				return false
			}
		}
	}
	return true
}

// IsOwn reports whether a field of service auditd is, in a record of a type, decided by its OwnText; it may say no
// wrongly. So are keywords, but for numbers in SYSCALL.
func IsOwn(t audit.Type, name string) bool {
	switch t {
	case audit.Syscall:
		f, ok := audit.CallFieldNamed(name)
		return name == "SYSCALL" || ok && audit.IsConstant(f)
	case audit.Path:
		return name == "name" || ownOnly[name] && name != strings.ToUpper(name)
	case audit.Execve:
		return IsArgument(name)
	}
	return false
}

// IsDecided reports whether a field of service auditd is decided by the OwnText of all records of its event; it may say no
// wrongly. Names in upper case are what auditd looked up.
func IsDecided(name string) bool {
	if f, ok := audit.CallFieldNamed(name); ok {
		return audit.IsConstant(f)
	}
	return name == "SYSCALL" || name != "" && (name[0] < 'A' || name[0] > 'Z')
}
