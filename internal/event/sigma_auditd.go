package event

import (
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// RecordGetter appends the values of a field as one record of ev has it, the anchor, with the event as its context.
type RecordGetter func(dst []string, ev *Event, rec int) []string

// SigmaAuditd returns the getter of a field of Sigma's service auditd, which sees each record of an event for itself: a
// field that the record lacks is that of the first record of the event that has it. Whatever belongs to one record
// alone is never looked up elsewhere: a0 is an argument in EXECVE and a register in SYSCALL, in hex, and nametype is that of its
// own PATH. Names are those of the records, upper-case ones those that auditd looks up; cmdline is the arguments joined.
func SigmaAuditd(name string) RecordGetter {
	switch name {
	case "type":
		return func(dst []string, ev *Event, rec int) []string { return append(dst, ev.Records[rec].TypeName()) }
	case "cmdline":
		return func(dst []string, ev *Event, _ int) []string {
			if ev.Exec == nil {
				return dst
			}
			return append(dst, ev.Exec.CommandLine)
		}
	case "syscall":
		return syscalls
	case "SYSCALL":
		return syscallName
	case "exe":
		return inContext(exes)
	case "key":
		return inContext(recordKeys)
	case "name":
		return recordNames
	case "cwd":
		return func(dst []string, ev *Event, _ int) []string { return appendText(dst, ev.cwd()) }
	}
	if n, ok := argumentOf(name); ok {
		register, inCall := audit.CallFieldNamed(name)
		return func(dst []string, ev *Event, rec int) []string {
			if ev.Records[rec].Type == audit.Syscall && ev.Call != nil {
				if value := ev.Call.Raw(register); inCall && isRegister(value) {
					return append(dst, value)
				}
				return dst
			}
			return ev.argument(dst, rec, name, n)
		}
	}
	if f, ok := audit.CallFieldNamed(name); ok {
		return ofCall(name, f)
	}
	if name == "" {
		return nil
	}
	get := func(dst []string, ev *Event, rec int) []string {
		if value, ok := ev.recordField(rec, name); ok {
			return append(dst, value)
		}
		return dst
	}
	if ownOnly[name] || strings.HasPrefix(name, "cap_") {
		return get
	}
	return inContext(get)
}

// ofCall is a field of the SYSCALL record, which is the context of the records beside it.
func ofCall(name string, f audit.CallField) RecordGetter {
	elsewhere := inContext(func(dst []string, ev *Event, rec int) []string {
		if value, ok := ev.recordField(rec, name); ok {
			return append(dst, value)
		}
		return dst
	})
	return func(dst []string, ev *Event, rec int) []string {
		if t := ev.Records[rec].Type; ev.Call == nil || t != audit.Syscall && !isAuxiliary(t) || !ev.Call.Has(f) {
			return elsewhere(dst, ev, rec)
		}
		return append(dst, ev.Call.Text(f))
	}
}

// OfCall reports whether a field of service auditd is that of the SYSCALL record for all records beside it: a rule of
// such fields need be asked about one of them only.
func OfCall(name string) bool {
	_, ok := audit.CallFieldNamed(name)
	return ok && !ownOnly[name] && !IsArgument(name) || name == "SYSCALL" || name == "cmdline"
}

// isRegister reports whether a value is what the kernel writes for a register (%lx): what else a file may have there is none.
func isRegister(value string) bool { return value != "" && len(value) <= 16 && IsHex(value) }

// IsHex reports whether a text is of hex digits, in either case.
func IsHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; c-'0' > 9 && c|0x20-'a' > 5 {
			return false
		}
	}
	return true
}

// IsArgument reports whether a field is an argument of EXECVE, or a register of SYSCALL: a0, a1 …
func IsArgument(name string) bool {
	_, ok := argumentOf(name)
	return ok
}

// ownOnly are the fields that say nothing outside of their record.
var ownOnly = map[string]bool{
	"argc": true, "items": true, "item": true, "nametype": true, "inode": true, "dev": true, "mode": true, "ouid": true, "ogid": true,
	"rdev": true, "OUID": true, "OGID": true,
}

// inContext asks the record, and then the others in their order.
func inContext(own RecordGetter) RecordGetter {
	return func(dst []string, ev *Event, rec int) []string {
		n := len(dst)
		if dst = own(dst, ev, rec); len(dst) > n {
			return dst
		}
		for i := range ev.Records { // the SYSCALL record is mostly the first
			if i != rec && ev.Records[i].Type != audit.Execve {
				if dst = own(dst, ev, i); len(dst) > n {
					return dst
				}
			}
		}
		return dst
	}
}

// recordField is a field of one record: the kernel's own, else what user space sent, else what auditd looked up.
func (ev *Event) recordField(rec int, name string) (string, bool) {
	r := &ev.Records[rec]
	if name[0] >= 'A' && name[0] <= 'Z' {
		if value, ok := r.EnrichedField(name); ok {
			return value, true
		}
	}
	if r.Type == audit.Syscall && ev.Call != nil { // it has no other fields
		if f, ok := audit.CallFieldNamed(name); ok {
			return ev.Call.Text(f), ev.Call.Has(f)
		}
		return "", false
	}
	if value, ok := r.Field(name); ok {
		return value, true
	}
	if !r.Type.Single() { // what the kernel writes holds nothing of user space
		return "", false
	}
	return r.InnerField(name)
}

// isAuxiliary reports whether a record is one of those that tell more of a system call and have none of its fields.
func isAuxiliary(t audit.Type) bool {
	return t == audit.Path || t == audit.CWD || t == audit.Execve || t == audit.Proctitle || t == audit.Sockaddr || t == audit.FileCaps
}

// argumentOf reads aN.
func argumentOf(name string) (n int, ok bool) {
	digits, ok := strings.CutPrefix(name, "a")
	if !ok || digits == "" || len(digits) > 6 || len(digits) > 1 && digits[0] == '0' {
		return 0, false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, false
		}
		n = n*10 + int(digits[i]-'0')
	}
	return n, true
}

func (ev *Event) argument(dst []string, rec int, name string, n int) []string {
	if t := ev.Records[rec].Type; t != audit.Execve {
		if isAuxiliary(t) {
			return dst
		}
		if value, ok := ev.recordField(rec, name); ok {
			return append(dst, value)
		}
		return dst
	}
	if ev.Exec == nil || n >= len(ev.Exec.Args) {
		return dst
	}
	return append(dst, ev.Exec.Args[n])
}

// syscalls is the number and the name: old rules write the name where the record has the number.
func syscalls(dst []string, ev *Event, _ int) []string {
	if ev.Call == nil {
		return dst
	}
	dst = append(dst, ev.Call.Raw(audit.CallNumber))
	return appendText(dst, ev.Call.Name())
}

func syscallName(dst []string, ev *Event, _ int) []string {
	if ev.Call == nil {
		return dst
	}
	return appendText(dst, ev.Call.Name())
}

func exes(dst []string, ev *Event, rec int) []string {
	if ev.Call != nil && isAuxiliary(ev.Records[rec].Type) {
		return appendImage(dst, ev.Call.Text(audit.CallExe))
	}
	if exe, ok := ev.recordField(rec, "exe"); ok {
		return appendImage(dst, exe)
	}
	return dst
}

func recordKeys(dst []string, ev *Event, rec int) []string {
	value, ok := "", false
	if ev.Call != nil && isAuxiliary(ev.Records[rec].Type) {
		value, ok = ev.Call.Text(audit.CallKey), ev.Call.Has(audit.CallKey)
	} else {
		value, ok = ev.recordField(rec, "key")
	}
	if !ok {
		return dst
	}
	if value == null { // rules may ask for it
		return append(dst, value)
	}
	for k := range audit.Keys(value) {
		dst = append(dst, k)
	}
	return dst
}

// recordNames is the name in a PATH record as it was logged and, where that is another, as an absolute and clean one.
func recordNames(dst []string, ev *Event, rec int) []string {
	r := &ev.Records[rec]
	name, ok := ev.recordField(rec, "name")
	if !ok {
		return dst
	}
	dst = append(dst, name)
	if r.Type != audit.Path || isClean(name) {
		return dst
	}
	if full := ev.pathName(r); full != "" && full != name {
		dst = append(dst, full)
	}
	return dst
}

// isClean reports whether a name is absolute and has nothing to clean; it may say no wrongly.
func isClean(name string) bool {
	return len(name) > 1 && name[0] == '/' && !strings.Contains(name, "/.") && !strings.Contains(name, "//") && name[len(name)-1] != '/'
}
