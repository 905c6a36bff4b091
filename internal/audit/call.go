package audit

import (
	"strconv"
	"strings"
)

// CallField names a field of a SYSCALL record.
type CallField uint8

// The fields of a SYSCALL record, in the order in which the kernel writes them (kernel/auditsc.c, audit_log_exit).
const (
	CallArch CallField = iota
	CallNumber
	CallPersonality
	CallSuccess
	CallExit
	CallA0
	CallA1
	CallA2
	CallA3
	CallItems
	CallPPID
	CallPID
	CallAUID
	CallUID
	CallGID
	CallEUID
	CallSUID
	CallFSUID
	CallEGID
	CallSGID
	CallFSGID
	CallTTY
	CallSession
	CallComm
	CallExe
	CallSubject
	CallKey
	callFields
)

var callKeys = [callFields]string{
	"arch=", "syscall=", "per=", "success=", "exit=", "a0=", "a1=", "a2=", "a3=", "items=", "ppid=", "pid=", "auid=", "uid=", "gid=",
	"euid=", "suid=", "fsuid=", "egid=", "sgid=", "fsgid=", "tty=", "ses=", "comm=", "exe=", "subj=", "key=",
}

// CallFieldNamed returns the field that a SYSCALL record calls name.
func CallFieldNamed(name string) (CallField, bool) {
	for f := range callFields {
		if key := callKeys[f]; name == key[:len(key)-1] {
			return f, true
		}
	}
	return 0, false
}

// Call is a SYSCALL record, taken apart once. Its strings are parts of the body it was made from.
type Call struct {
	raw    [callFields]string
	name   string
	quoted uint32 // bit set: the value stood in quotes
	has    uint32
	exit   uint32 // where this field begins in the body, and that of auid
	auid   uint32
	odd    bool // the body is not what the kernel writes: in another order, or with more
}

// Parse makes c the call that body tells of. What stands in body twice counts the first time.
//
// The kernel's order is known, so a key is a guess that one comparison confirms: half the time of searching.
func (c *Call) Parse(body string) {
	*c = Call{}
	size := len(body)
	next := CallField(0)
	for body != "" {
		f, ok := c.expected(body, next)
		if !ok {
			c.odd = true
			f, body, ok = c.other(body)
			if !ok {
				continue
			}
		} else {
			c.locate(f, size-len(body))
			body = body[len(callKeys[f]):]
		}
		var value string
		var quoted bool
		value, quoted, body = cutValue(body)
		body = strings.TrimPrefix(body, " ")
		if c.has&(1<<f) == 0 {
			c.set(f, value, quoted)
		}
		next = f + 1
	}
	if c.Has(CallNumber) {
		c.name = SyscallName(c.Arch(), c.Num(CallNumber))
	}
}

// locate notes where a field begins.
func (c *Call) locate(f CallField, at int) {
	switch f {
	case CallExit:
		c.exit = uint32(at)
	case CallAUID:
		c.auid = uint32(at)
	}
}

func (c *Call) set(f CallField, value string, quoted bool) {
	c.raw[f] = value
	c.has |= 1 << f
	if quoted {
		c.quoted |= 1 << f
	}
}

// expected tries the next keys in the kernel's order: per= and subj= are not always there.
func (c *Call) expected(body string, next CallField) (CallField, bool) {
	for f := next; f < min(next+2, callFields); f++ {
		if strings.HasPrefix(body, callKeys[f]) {
			return f, true
		}
	}
	return 0, false
}

// other finds the key at the start of body, wherever it stands in the order. False if it is no known field, which is
// passed over.
func (c *Call) other(body string) (f CallField, rest string, ok bool) {
	fd, after, ok := nextField(body)
	if !ok {
		return 0, "", false
	}
	f, ok = CallFieldNamed(fd.Key)
	if !ok {
		return 0, after, false
	}
	start := strings.Index(body, callKeys[f]) // bare words may stand before it
	return f, body[start+len(callKeys[f]):], true
}

// Constant returns two parts of the body that the record was parsed from: all fields before exit, and all from auid on.
// They are the same for every call of a kind by a program and a user; only what the call was given, what it returned and
// the process ids stand between them. False for a body that is not as the kernel writes it.
func (c *Call) Constant(body string) (head, tail string, ok bool) {
	if c.odd || c.has&always != always || int(c.auid) > len(body) || !strings.HasPrefix(body[c.auid:], callKeys[CallAUID]) {
		return "", "", false
	}
	return body[:c.exit], body[c.auid:], true
}

// always are the fields that each call that returned has. Kernels without security modules write no subj.
const always = 1<<callFields - 1 - 1<<CallPersonality - 1<<CallSubject

// IsConstant reports whether a field is decided by the parts that Constant returns, where it returns any.
func IsConstant(f CallField) bool {
	return (f < CallExit || f >= CallAUID) && always>>f&1 != 0
}

// Raw returns the value as it is written, without its quotes; "" if it is missing.
func (c *Call) Raw(f CallField) string { return c.raw[f] }

// Has reports whether the record has the field.
func (c *Call) Has(f CallField) bool { return c.has&(1<<f) != 0 }

// Text returns the value, from hex where the kernel writes this field in hex. Only hex allocates.
func (c *Call) Text(f CallField) string {
	if c.quoted&(1<<f) != 0 || !callUntrusted[f] {
		return c.raw[f]
	}
	return DecodeHex(c.raw[f])
}

var callUntrusted = [callFields]bool{CallComm: true, CallExe: true, CallKey: true}

// Num returns a number, or -1 if there is none. A process, user or session that is not set is 4294967295 in a
// record, and -1 here.
func (c *Call) Num(f CallField) int {
	s := c.raw[f]
	n, end, ok := digits(s, 0, 10) // strconv allocates to say that there is none
	if !ok || end != len(s) || n >= 1<<32-1 {
		return -1
	}
	return int(n)
}

// Exit returns what the system call returned.
func (c *Call) Exit() int64 {
	n, _ := strconv.ParseInt(c.raw[CallExit], 10, 64)
	return n
}

// Arg returns a0 to a3, which are hexadecimal.
func (c *Call) Arg(f CallField) uint64 {
	n, _ := strconv.ParseUint(c.raw[f], 16, 64)
	return n
}

// Arch returns the architecture of the call: AUDIT_ARCH_*, 0 if the record has none.
func (c *Call) Arch() uint32 {
	n, _ := strconv.ParseUint(c.raw[CallArch], 16, 32)
	return uint32(n)
}

// Name returns the name of the system call, or "" if the tables do not know it.
func (c *Call) Name() string { return c.name }

// Success reports whether the call succeeded; false also if the record does not say, as for a call that never
// returned.
func (c *Call) Success() bool { return c.raw[CallSuccess] == "yes" }

// Failed reports whether the record says that the call failed.
func (c *Call) Failed() bool { return c.raw[CallSuccess] == "no" }
