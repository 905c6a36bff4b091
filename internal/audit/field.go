package audit

import (
	"encoding/hex"
	"strings"
)

// Field returns the value of the record's own field key, decoded: without quotes, and from hex where
// the kernel writes hex for this key. Text inside msg='…' is not looked at. "(null)" and "?" are
// values like any other.
func (r *Record) Field(key string) (value string, ok bool) {
	return lookup(r.Outer(), key)
}

// Inner returns the text that a user-space program sent: what stands inside msg='…', or "".
func (r *Record) Inner() string {
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
	if i := innerStart(r.Body); i >= 0 {
		return r.Body[:i-len("msg='")]
	}
	return r.Body
}

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
	for f := range fields(text) {
		if f.Key == key {
			return f.Decode(), true
		}
	}
	return "", false
}

// Field is one key=value of a record, as it is written.
type Field struct {
	Key, Value string // Value without its quotes
	Quoted     bool
}

// Fields calls yield for the record's own fields in order, until it returns false.
func (r *Record) Fields(yield func(Field) bool) { fields(r.Outer())(yield) }

// EnrichedFields calls yield for the fields auditd appended, in order.
func (r *Record) EnrichedFields(yield func(Field) bool) { fields(r.Enriched)(yield) }

// InnerFields calls yield for the fields that user space sent, in order.
func (r *Record) InnerFields(yield func(Field) bool) { fields(r.Inner())(yield) }

// fields splits text at blanks. A value in quotes ends at the next quote: no escapes exist. A bare
// word (TTY records start with one) is no field.
func fields(text string) func(func(Field) bool) {
	return func(yield func(Field) bool) {
		for len(text) > 0 {
			if text[0] == ' ' {
				text = text[1:]
				continue
			}
			i := strings.IndexAny(text, "= ")
			if i < 0 {
				return
			}
			if text[i] == ' ' {
				text = text[i+1:]
				continue
			}
			f := Field{Key: text[:i]}
			f.Value, f.Quoted, text = cutValue(text[i+1:])
			if !yield(f) {
				return
			}
		}
	}
}

// cutValue splits s after its first value.
func cutValue(s string) (value string, quoted bool, rest string) {
	if strings.HasPrefix(s, `"`) {
		if v, rest, ok := strings.Cut(s[1:], `"`); ok {
			return v, true, rest
		}
		return s, false, "" // torn: the closing quote never came; with its quote it cannot pass for hex
	}
	if strings.HasPrefix(s, "{") { // SADDR={ saddr_fam=inet … }
		if v, rest, ok := strings.Cut(s, "}"); ok {
			return v + "}", true, rest
		}
	}
	value, rest, _ = strings.Cut(s, " ")
	return value, false, rest
}

// Decode returns the value, from hex where the kernel writes this field in hex.
func (f Field) Decode() string {
	if f.Quoted || !untrusted[f.Key] {
		return f.Value
	}
	return DecodeHex(f.Value)
}

// DecodeHex decodes the kernel's upper-case hex; anything else is returned as it is.
func DecodeHex(s string) string {
	if !isHex(s) {
		return s
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return s
	}
	return string(b)
}

func isHex(s string) bool {
	if s == "" || len(s)%2 != 0 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
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
