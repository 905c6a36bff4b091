package proctree

import (
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/text"
)

// node is a process with the memory of its strings. The table, its children and what it became by an exec hold it; it
// is used again when nobody does.
type node struct {
	proc     event.Process
	parent   *node // holds proc.Parent
	previous *node // holds proc.Previous
	refs     int
	depth    int // ancestors
	bytes    int // charged for it
	life     *life
	open     *descriptors // nil if nothing is known of them
	own      bool         // the list of arguments is its own, not that of the process it was forked from or of what /proc told
	text     text.Arena
}

// nodeSize is what a node costs besides its strings, with its place in the table.
const nodeSize = 640

// keepText bounds the memory that a node keeps for the next process.
const keepText = 2 << 10

// maxDepth bounds the ancestors kept alive by one process; a chain that reaches it is cut to half.
const maxDepth = 32

// node returns a process as the SYSCALL record tells.
func (t *Tree) node(x *call) *node {
	n := t.fresh()
	n.proc.Node = x.host.name
	n.proc.PID, n.proc.PPID = x.pid, x.ppid
	c := x.ev.Call
	dir := ""
	if cwd := x.ev.Find(audit.CWD); cwd != nil {
		dir, _ = cwd.Field("cwd")
	}
	size := len(dir) + len(c.Raw(audit.CallExe)) + len(c.Raw(audit.CallComm)) + len(c.Raw(audit.CallTTY))
	if x.ev.Exec != nil {
		size += len(x.ev.Exec.CommandLine)
	}
	n.text.Reserve(size)
	n.proc.CWD = n.text.Add(dir)
	n.proc.Exe, n.proc.Comm = n.text.Add(c.Text(audit.CallExe)), n.text.Add(c.Text(audit.CallComm))
	n.proc.Session = c.Num(audit.CallSession)
	if tty := c.Raw(audit.CallTTY); tty != "(none)" {
		n.proc.TTY = n.text.Add(tty)
	}
	t.identity(x, n)
	return n
}

// identity takes the ids of the process, and their names.
func (t *Tree) identity(x *call, n *node) {
	c, p := x.ev.Call, &n.proc
	uid, euid, gid := c.Num(audit.CallUID), c.Num(audit.CallEUID), c.Num(audit.CallGID)
	p.EGID, p.AUID = c.Num(audit.CallEGID), c.Num(audit.CallAUID)
	if p.UID == uid && p.EUID == euid && p.GID == gid && p.User != "" {
		return
	}
	p.UID, p.EUID, p.GID = uid, euid, gid
	enriched := ""
	if sc := x.ev.Find(audit.Syscall); sc != nil {
		enriched = sc.Enriched
	}
	p.User = t.name(uid, enriched, ` UID="`, t.opts.User)
	if p.EffectiveUser = p.User; euid != uid {
		p.EffectiveUser = t.name(euid, enriched, ` EUID="`, t.opts.User)
	}
	p.Group = t.name(gid, enriched, ` GID="`, t.opts.Group)
}

// name is the name of a user or group: logged, or else one that is known now.
func (t *Tree) name(id int, enriched, key string, known func(int) string) string {
	if id == 0 {
		return "root"
	}
	if name := logged(enriched, key); name != "" {
		return t.intern(name)
	}
	if known == nil || id < 0 {
		return ""
	}
	return known(id)
}

// logged is the name that auditd looked up when it wrote the record, or "".
func logged(enriched, key string) string {
	i := strings.Index(enriched, key)
	if i < 0 {
		return ""
	}
	name, _, ok := strings.Cut(enriched[i+len(key):], `"`)
	if !ok || len(name) > maxName || name == "unset" || strings.HasPrefix(name, "unknown(") {
		return ""
	}
	return name
}

// maxNames bounds the names kept, and maxName the bytes of one (limits.h, LOGIN_NAME_MAX).
const (
	maxNames = 4096
	maxName  = 256
)

// intern returns a copy of a name that lives on: a process may change its user a million times.
func (t *Tree) intern(name string) string {
	if kept, ok := t.names[name]; ok {
		return kept
	}
	if len(t.names) >= maxNames {
		clear(t.names)
	}
	name = strings.Clone(name)
	t.names[name] = name
	return name
}

// args copies what the process was given.
func (n *node) args(x *event.Exec) {
	p := &n.proc
	p.CommandLine, p.ArgsWhole = n.text.Add(x.CommandLine), x.Complete
	n.own = true
	p.Args = slices.Grow(p.Args[:0], len(x.Args))
	start := 0
	for _, a := range x.Args {
		p.Args = append(p.Args, p.CommandLine[start:start+len(a)])
		start += len(a) + 1
	}
}

// succeed makes n what the process old became by an exec.
func (t *Tree) succeed(n, old *node) {
	n.proc.Start, n.proc.Boot, n.proc.Ticks = old.proc.Start, old.proc.Boot, old.proc.Ticks
	t.share(n, old)
	t.copyStreams(n, old)
	t.executed(n)
	n.life.addOther(n.life.same, n.life.seen)
	n.life.same = 0
	n.parent, n.proc.Parent, n.depth = old.parent, old.proc.Parent, old.depth
	if n.parent != nil {
		n.parent.refs++
	}
	if old.proc.Source == event.FromFork || old.proc.Source == event.Inherited {
		return // it ran nothing of its own before
	}
	n.previous, n.proc.Previous = old, &old.proc
	old.refs++
	if old.previous != nil {
		t.release(old.previous)
		old.previous, old.proc.Previous = nil, nil
	}
}

// inherit makes n a copy of what p runs. Its strings are p's, which it holds as its parent.
func (n *node) inherit(p *node) {
	n.proc.Args, n.proc.CommandLine, n.proc.ArgsWhole, n.proc.Image = p.proc.Args, p.proc.CommandLine, p.proc.ArgsWhole, p.proc.Image
	if n.proc.CWD == "" {
		n.proc.CWD = p.proc.CWD
	}
}

// runs reports whether the process runs exe: the kernel marks a file that was deleted since.
func (n *node) runs(exe string) bool {
	const deleted = " (deleted)"
	return n.proc.Exe == exe || strings.TrimSuffix(n.proc.Exe, deleted) == strings.TrimSuffix(exe, deleted)
}
