package coverage

import (
	"slices"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// capability is what must be recorded for an atom of a signal: all calls, on all kinds of programs, with all types of records.
type capability struct {
	name    string
	words   string // for people
	calls   []call
	records []audit.Type // without which an event of it says nothing
}

// call is a system call of one kind of programs, and what is known of it where a detection needs it.
type call struct {
	name   string
	compat bool // of 32-bit programs
	arch   uint32
	number int
	facts  facts
	extra  string // the filters of the rule that records it and no more than is needed
}

const (
	permExec  = 1
	permWrite = 2
	creates   = 0x40 // O_CREAT
)

func is(n int64) span { return span{n, n} }

var (
	succeeded = map[uint32]span{fieldSuccess: is(1)}
	toStdio   = map[uint32]span{fieldSuccess: is(1), fieldExit: {0, 2}}
	namedFD   = map[uint32]span{fieldSuccess: is(1), fieldExit: {0, 2}, fieldA1: {0, 2}}
	byFcntl   = map[uint32]span{fieldSuccess: is(1), fieldExit: {0, 2}, fieldA1: is(0)}
	executed  = map[uint32]span{fieldSuccess: is(1), fieldExit: is(0)}
)

// capabilityOf returns what an atom stands for, which is not one of file, network and any.
func capabilityOf(name string) capability {
	c := capability{name: name, words: name, records: []audit.Type{audit.Syscall}}
	switch name {
	case "exec", "argv":
		c.words = "executions (execve, execveat)"
		if name == "argv" {
			c.records = append(c.records, audit.Execve)
		}
		c.add(facts{values: executed, perm: permExec}, "", "execve", "execveat")
	case "connect":
		c.records = append(c.records, audit.Sockaddr)
		c.add(facts{bare: true}, "", "connect")
		c.addCompat(facts{bare: true, values: map[uint32]span{fieldA0: is(3)}}, "-F a0=3", "socketcall")
	case "accept":
		c.words, c.records = "accept, accept4", append(c.records, audit.Sockaddr)
		c.addNative(facts{bare: true, values: succeeded}, "-F success=1", "accept", "accept4")
	case "stdio":
		c.words = "descriptors that become standard streams (dup, dup2, dup3, fcntl)"
		c.addNative(facts{bare: true, values: namedFD}, "-F a1<=2 -F success=1", "dup2", "dup3")
		c.addNative(facts{bare: true, values: byFcntl}, "-F a1=0 -F exit>=0 -F exit<=2", "fcntl")
		c.addNative(facts{bare: true, values: toStdio}, "-F exit>=0 -F exit<=2", "dup")
	case "create":
		c.words, c.records = "names of files that come to be (open, mkdir, rename, …)", append(c.records, audit.Path)
		made := facts{values: succeeded, perm: permWrite}
		c.add(made, "-F success=1", "creat", "mkdir", "mkdirat", "mknod", "mknodat", "link", "linkat", "symlink", "symlinkat", "rename", "renameat", "renameat2", "openat2")
		c.add(facts{values: succeeded, perm: permWrite, bits: map[uint32]uint32{fieldA1: creates}}, "-F a1&64 -F success=1", "open")
		c.add(facts{values: succeeded, perm: permWrite, bits: map[uint32]uint32{fieldA2: creates}}, "-F a2&64 -F success=1", "openat")
	case "bind", "sendto", "sendmsg", "sendmmsg":
		c.records = append(c.records, audit.Sockaddr)
		c.add(facts{bare: true}, "", name)
	default:
		c.add(facts{bare: !slices.Contains(callsOf("file"), name)}, "", name)
	}
	return c
}

// add adds calls of all kinds of programs; those that a kind does not have are left out.
func (c *capability) add(f facts, extra string, names ...string) {
	c.addNative(f, extra, names...)
	c.addCompat(f, extra, names...)
}

func (c *capability) addNative(f facts, extra string, names ...string) {
	native, _ := audit.Arches()
	c.addTo(native, false, f, extra, names)
}

func (c *capability) addCompat(f facts, extra string, names ...string) {
	_, compat := audit.Arches()
	c.addTo(compat, true, f, extra, names)
}

func (c *capability) addTo(arch uint32, compat bool, f facts, extra string, names []string) {
	for _, name := range names {
		if n, ok := audit.SyscallNumber(arch, name); ok && arch != 0 {
			c.calls = append(c.calls, call{name, compat, arch, n, f.with(fieldArch, is(int64(arch))), extra})
		}
	}
}

// with is the facts and one more.
func (k facts) with(field uint32, s span) facts {
	values := map[uint32]span{field: s}
	for f, v := range k.values {
		values[f] = v
	}
	k.values = values
	return k
}

// callsOf are the system calls of a category of ECS.
func callsOf(category string) (names []string) {
	for _, k := range event.Kinds() {
		if k.Group == category && !k.Record && k.Name != "" && !slices.Contains(names, k.Name) {
			names = append(names, k.Name)
		}
	}
	return names
}
