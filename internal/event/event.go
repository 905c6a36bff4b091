// Package event holds the nouns in the middle: what one audit event is, which process made it, and
// the names under which the rule languages see its fields.
//
// An Event is complete when it leaves correlate/assemble, gets its Process from correlate/proctree,
// and is read-only from then on.
package event

import (
	"time"

	"github.com/auditpy/auditpy/internal/audit"
)

// Event is all records of one (node, time, serial).
type Event struct {
	ID      audit.ID
	Records []audit.Record // in the order they were read
	// Complete is false if the event was closed by time or by a bound, not by its last record.
	Complete bool
	// Exec is nil unless the event is a successful execve or execveat.
	Exec *Exec
	// Process is the process that made the event: for an exec, as it is after it. Nil if no record
	// tells a pid.
	Process *Process
}

// Exec is what execve(2) was given.
type Exec struct {
	Args        []string // byte for byte, not always UTF-8; parts of CommandLine
	CommandLine string   // Args joined by one blank
	Complete    bool     // false: the kernel or the log lost a part of the arguments
}

// Time is the time of the event, in UTC.
func (ev *Event) Time() time.Time { return time.UnixMilli(ev.ID.Msec).UTC() }

// Find returns the first record of type t, or nil.
func (ev *Event) Find(t audit.Type) *audit.Record {
	for i := range ev.Records {
		if ev.Records[i].Type == t {
			return &ev.Records[i]
		}
	}
	return nil
}

// Source tells how a process became known.
type Source string

// The sources, the surest first.
const (
	FromExec    Source = "exec"    // its execve was seen
	FromFork    Source = "fork"    // its fork was seen
	FromProc    Source = "proc"    // /proc was asked
	FromSyscall Source = "syscall" // only other system calls of it were seen
	Unknown     Source = "unknown"
)

// Process is one process as far as it is known. It is immutable: a later exec makes a new Process.
// Numeric identities are -1 where unknown.
type Process struct {
	Node          string
	PID, PPID     int
	EntityID      string // stable name of the process over restarts of the agent, and over its execs
	Exe           string // path of the executable as the kernel resolved it: for a script, the interpreter
	Comm          string
	Args          []string
	CommandLine   string
	ArgsWhole     bool
	CWD           string
	TTY           string
	UID, EUID     int
	AUID          int    // login uid; -1 if unset
	Session       int    // -1 if unset
	User          string // name of UID, "" if unknown
	EffectiveUser string
	Start         audit.ID // of the first event seen of it
	Source        Source
	Parent        *Process // nil if unknown
}

// SyscallName returns the name of the system call, or "" if the event is none or its number unknown.
func (ev *Event) SyscallName() string {
	sc := ev.Find(audit.Syscall)
	if sc == nil {
		return ""
	}
	arch, _ := sc.Field("arch")
	number, _ := sc.Field("syscall")
	return audit.SyscallName(arch, number)
}
