// Package event holds the nouns in the middle: what one audit event is, which process made it, and
// the names under which the rule languages see its fields.
//
// An Event is complete when it leaves correlate/assemble, gets its Process from correlate/proctree,
// and is read-only from then on. It and its strings are valid until the next call of the Assembler and
// of the Tree that they came from: who keeps a string longer clones it.
package event

import (
	"strings"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
)

// Event is all records of one (node, time, serial).
type Event struct {
	ID      audit.ID
	Records []audit.Record // in the order they were read
	// Complete is false if the event was closed by time or by a bound, not by its last record.
	Complete bool
	// Call is the SYSCALL record, taken apart; nil if there is none.
	Call *audit.Call
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
	Argc        int      // as the kernel counted; -1 if the record that says so was lost
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

// SyscallName returns the name of the system call, or "" if the event is none or its number unknown.
func (ev *Event) SyscallName() string {
	if ev.Call == nil {
		return ""
	}
	return ev.Call.Name()
}

// Address returns the address of the event's first SOCKADDR record; false if there is none that can be read.
func (ev *Event) Address() (audit.Address, bool) {
	r := ev.Find(audit.Sockaddr)
	if r == nil {
		return audit.Address{}, false
	}
	saddr, _ := r.Field("saddr")
	return audit.ParseSockaddr(saddr)
}

// IPAddress is Address of IP only. Most sockets are of this host, and their paths take time and memory to make.
func (ev *Event) IPAddress() (audit.Address, bool) {
	const unix = "saddr=0100"
	if r := ev.Find(audit.Sockaddr); r == nil || strings.HasPrefix(r.Body, unix) {
		return audit.Address{}, false
	}
	a, ok := ev.Address()
	return a, ok && a.IP.IsValid()
}
