package audit

import (
	"strings"

	"github.com/auditpy/auditpy/internal/text"
)

// Field returns the value of the record's own field key, decoded: without quotes, and from hex where
// the kernel writes hex for this key. Text inside msg='…' is not looked at. "(null)" and "?" are
// values like any other.
func (r *Record) Field(key string) (value string, ok bool) {
	return lookup(r.Outer(), key)
}

// Inner returns the text that a user-space program sent: what stands inside msg='…', or "".
func (r *Record) Inner() string {
	if r.Type.isCall() {
		return ""
	}
	if i := innerStart(r.Body); i >= 0 {
		return strings.TrimSuffix(r.Body[i:], "'")
	}
	return ""
}

// InnerField is Field over Inner: what user space claims.
func (r *Record) InnerField(key string) (value string, ok bool) {
	return lookup(r.Inner(), key)
}

// EnrichedField returns a name that auditd looked up, such as UID or SYSCALL.
func (r *Record) EnrichedField(key string) (value string, ok bool) {
	return lookup(r.Enriched, key)
}

// Outer returns the kernel's own fields: Body without the msg='…' part.
func (r *Record) Outer() string {
	if r.Type.isCall() {
		return r.Body
	}
	if i := innerStart(r.Body); i >= 0 {
		return r.Body[:i-len("msg='")]
	}
	return r.Body
}

// isCall reports whether the kernel writes the record for a system call: nothing in it is of user space. Source of the
// range: include/uapi/linux/audit.h.
func (t Type) isCall() bool { return t >= 1300 && t <= 1399 }

// innerStart finds the first msg=' at a field boundary. The first, since what follows is user text.
func innerStart(body string) int {
	const open = "msg='"
	if strings.HasPrefix(body, open) {
		return len(open)
	}
	if i := strings.Index(body, " "+open); i >= 0 {
		return i + 1 + len(open)
	}
	return -1
}

func lookup(text, key string) (string, bool) {
	for {
		f, rest, ok := nextField(text)
		if !ok {
			return "", false
		}
		if f.Key == key {
			return f.Decode(), true
		}
		text = rest
	}
}

// Field is one key=value of a record, as it is written.
type Field struct {
	Key, Value string // Value without its quotes
	Quoted     bool
}

// Fields calls yield for the record's own fields in order, until it returns false.
func (r *Record) Fields(yield func(Field) bool) { fields(r.Outer())(yield) }

// InnerFields calls yield for the fields that user space sent, in order.
func (r *Record) InnerFields(yield func(Field) bool) { fields(r.Inner())(yield) }

// fields splits text at blanks. A value in quotes ends at the next quote: no escapes exist. A bare
// word (TTY records start with one) is no field.
func fields(text string) func(func(Field) bool) {
	return func(yield func(Field) bool) {
		for {
			f, rest, ok := nextField(text)
			if !ok || !yield(f) {
				return
			}
			text = rest
		}
	}
}

// nextField cuts the first field off text, with the bare words before it.
func nextField(text string) (f Field, rest string, ok bool) {
	i := strings.IndexByte(text, '=')
	if i < 0 {
		return Field{}, "", false
	}
	f.Key = text[:i]
	if j := strings.LastIndexByte(f.Key, ' '); j >= 0 {
		f.Key = f.Key[j+1:]
	}
	f.Value, f.Quoted, rest = cutValue(text[i+1:])
	return f, rest, true
}

// cutValue splits s after its first value.
func cutValue(s string) (value string, quoted bool, rest string) {
	if s == "" {
		return "", false, ""
	}
	switch s[0] {
	case '"':
		if i := strings.IndexByte(s[1:], '"'); i >= 0 {
			return s[1 : i+1], true, s[i+2:]
		}
		return s, false, "" // torn: the closing quote never came; with its quote it cannot pass for hex
	case '{': // SADDR={ saddr_fam=inet … }
		if i := strings.IndexByte(s, '}'); i >= 0 {
			return s[:i+1], true, s[i+1:]
		}
	}
	if i := strings.IndexByte(s, ' '); i >= 0 {
		return s[:i], false, s[i+1:]
	}
	return s, false, ""
}

// Decode returns the value, from hex where the kernel writes this field in hex.
func (f Field) Decode() string {
	if f.Quoted || !untrusted[f.Key] {
		return f.Value
	}
	return DecodeHex(f.Value)
}

// DecodeIn is Decode with its text in mem, where it has to be made.
func (f Field) DecodeIn(mem *text.Arena) string {
	if f.Quoted || !untrusted[f.Key] || len(f.Value)%2 != 0 {
		return f.Value
	}
	if b, ok := appendHex(mem.Alloc(len(f.Value) / 2)[:0], f.Value); ok {
		return text.View(b)
	}
	return f.Value
}

// AppendDecoded appends what the value stands for if it is in hex, and else nothing.
func (f Field) AppendDecoded(dst []byte) ([]byte, bool) {
	if f.Quoted || !untrusted[f.Key] {
		return dst, false
	}
	if b, ok := appendHex(dst, f.Value); ok {
		return b, true
	}
	return dst, false
}

// FieldNamed returns the record's own field as it is written.
func (r *Record) FieldNamed(key string) (Field, bool) {
	for rest := r.Outer(); ; {
		f, after, ok := nextField(rest)
		if !ok || f.Key == key {
			return f, ok
		}
		rest = after
	}
}

// DecodeHex decodes the kernel's upper-case hex; anything else is returned as it is.
func DecodeHex(s string) string {
	if len(s)%2 != 0 {
		return s
	}
	if b, ok := appendHex(make([]byte, 0, len(s)/2), s); ok {
		return string(b)
	}
	return s
}

// untrusted names the fields that go through the kernel's audit_log_untrustedstring, or through its
// copy in libaudit: in quotes if clean, else in hex. No other field is ever decoded, since 10 digits
// of a register look like hex too. Arguments of EXECVE are decoded by Argv.
// Source: grep for audit_log_untrustedstring in the kernel; audit-userspace auparse/typetab.h.
var untrusted = map[string]bool{
	"acct": true, "cmd": true, "comm": true, "cwd": true, "data": true, "device": true, "dir": true,
	"exe": true, "file": true, "grp": true, "key": true, "name": true, "new_group": true, "ocomm": true,
	"path": true, "proctitle": true, "root_dir": true, "sw": true, "vm": true, "watch": true,
}
