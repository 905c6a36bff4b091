package event

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/auditpy/auditpy/internal/audit"
)

// Source tells how a process, and what it runs, became known.
type Source string

// The sources, the surest first.
const (
	FromExec    Source = "exec"      // its execve was seen
	FromFork    Source = "fork"      // its fork was seen: it runs what its parent ran
	FromProc    Source = "proc"      // /proc was asked
	Inherited   Source = "inherited" // it runs its parent's executable, and was seen only in other system calls: a fork nobody recorded
	FromSyscall Source = "syscall"   // only other system calls of it were seen: its executable is known, its arguments are not
	Unknown     Source = "unknown"
)

// Process is one process as far as it is known, running one image: an exec makes a new Process with the same
// identity. Numeric identities are -1 where unknown.
type Process struct {
	Node          string
	PID           int
	PPID          int    // as the last record said; 1 or a subreaper once the parent has ended
	Exe           string // path of the executable as the kernel resolved it: for a script, the interpreter
	Comm          string
	Args          []string
	CommandLine   string
	ArgsWhole     bool
	CWD           string
	TTY           string
	UID, EUID     int
	GID, EGID     int
	AUID          int    // login uid; -1 if unset
	Session       int    // -1 if unset
	User          string // name of UID, "" if unknown; names are valid for ever
	EffectiveUser string
	Group         string // name of GID
	Source        Source
	Start         audit.ID // of the first event seen of it
	// Image is the execution that made what the process runs, its own or one of an ancestor that it was forked
	// from. It is zero if that was not seen.
	Image audit.ID
	// Boot and Ticks are the start that /proc tells: the same after a restart of the agent. Ticks is 0 if /proc was
	// not asked or had no answer.
	Boot  string
	Ticks int64
	// Streams are its standard streams, and whom it talks to; nil if nothing is known of them.
	Streams *Streams
	// Parent is who forked it, as it was then; nil if unknown.
	Parent *Process
	// Previous is what the process ran before its last exec, without a Previous of its own; nil if nothing was seen.
	Previous *Process
}

// ParentPID returns the pid of who forked the process, or of its present parent if that is all that is known.
func (p *Process) ParentPID() int {
	if p.Parent != nil {
		return p.Parent.PID
	}
	return p.PPID
}

// EntityID names the process by what no other process has: boot, node, pid and start. It stays over execs, and over
// restarts of the agent for a process that lives through one.
func (p *Process) EntityID() string {
	var b [16]byte
	return string(p.AppendEntityID(b[:0]))
}

// AppendEntityID appends the EntityID.
//
// It is no cryptographic hash: SHA-256 was a fifth of the time of printing an event, and who could choose the start of
// a process to the millisecond could choose another's name no more than his own.
func (p *Process) AppendEntityID(dst []byte) []byte {
	h := mix(hash(p.Node), uint64(p.PID))
	if p.Ticks > 0 {
		h = mix(mix(h, hash(p.Boot)), uint64(p.Ticks))
	} else {
		h = mix(mix(h, uint64(p.Start.Msec)), p.Start.Serial)
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], h)
	return hex.AppendEncode(dst, b[:])
}

// hash is FNV-1a (RFC 9923).
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// mix is a round of splitmix64 (Steele, Lea, Flood 2014): every bit of v moves half of the result.
func mix(h, v uint64) uint64 {
	h += v + 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
