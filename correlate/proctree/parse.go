package proctree

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// parse reads the identity of the calling process from a SYSCALL record; false if it has no pid.
// Strings are copied: the process outlives the buffer that the record is a part of.
func parse(r *audit.Record) (*event.Process, bool) {
	p := &event.Process{PID: -1, PPID: -1, UID: -1, EUID: -1, AUID: -1, Session: -1}
	for f := range r.Fields {
		switch f.Key {
		case "pid":
			p.PID = id(f.Value)
		case "ppid":
			p.PPID = id(f.Value)
		case "uid":
			p.UID = id(f.Value)
		case "euid":
			p.EUID = id(f.Value)
		case "auid":
			p.AUID = id(f.Value)
		case "ses":
			p.Session = id(f.Value)
		case "tty":
			p.TTY = tty(f.Value)
		case "comm":
			p.Comm = strings.Clone(f.Decode())
		case "exe":
			p.Exe = strings.Clone(f.Decode())
		}
	}
	p.User = user(r, "UID", p.UID)
	p.EffectiveUser = user(r, "EUID", p.EUID)
	return p, p.PID >= 0
}

// id parses a pid, uid or session; the kernel writes "unset" as 4294967295.
func id(s string) int {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n == 1<<32-1 {
		return -1
	}
	return int(n)
}

func tty(s string) string {
	if s == "(none)" {
		return ""
	}
	return strings.Clone(s)
}

// user is the name auditd looked up when the record was written. In RAW logs only root's is sure.
func user(r *audit.Record, key string, uid int) string {
	if uid == 0 {
		return "root"
	}
	name, _ := r.EnrichedField(key)
	return strings.Clone(name)
}

func cwd(ev *event.Event) string {
	r := ev.Find(audit.CWD)
	if r == nil {
		return ""
	}
	dir, _ := r.Field("cwd")
	return strings.Clone(dir)
}

// entityID names a process by what no other process has: node, pid and the first event seen of it.
func entityID(p *event.Process) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%d\x00%d", p.Node, p.PID, p.Start.Msec, p.Start.Serial))
	return hex.EncodeToString(sum[:8])
}
