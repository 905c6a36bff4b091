package event

import (
	"slices"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// field returns what the event's records say of key: the kernel's own words, of the first record that has it, and
// only where there are none what a user-space program claims, which can be forged.
//
// The arguments of EXECVE and the fields of the single PATH records are no fields of the event: a0 is a register.
func (ev *Event) field(key string) (string, bool) {
	if value, ok := ev.outer(key); ok {
		return value, true
	}
	return ev.inner(key)
}

func (ev *Event) outer(key string) (string, bool) {
	if ev.Call != nil {
		if f, ok := audit.CallFieldNamed(key); ok {
			if ev.Call.Has(f) {
				return ev.Call.Text(f), true
			}
		}
	}
	for i := range ev.Records {
		r := &ev.Records[i]
		if r.Type == audit.Execve || r.Type == audit.Path {
			continue
		}
		if value, ok := r.Field(key); ok {
			return value, true
		}
	}
	return "", false
}

func (ev *Event) inner(key string) (string, bool) {
	for i := range ev.Records {
		if value, ok := ev.Records[i].InnerField(key); ok {
			return value, true
		}
	}
	return "", false
}

// ofField makes a getter of a field of the records, as it is written.
func ofField(key string) Getter {
	f, ofCall := audit.CallFieldNamed(key)
	return func(dst []string, ev *Event) []string {
		if ofCall && ev.Call != nil && ev.Call.Has(f) {
			return append(dst, ev.Call.Text(f))
		}
		if value, ok := ev.field(key); ok {
			return append(dst, value)
		}
		return dst
	}
}

// said makes a getter of a field that user space may claim; "?" is its word for unknown.
func said(key string) Getter {
	return text(func(ev *Event) string {
		if value, ok := ev.field(key); ok && value != "?" && value != null {
			return value
		}
		return ""
	})
}

// saidID makes a getter of a field that is a number, if it is set.
func saidID(key string) Getter {
	return text(func(ev *Event) string { return ev.fieldID(key) })
}

func (ev *Event) fieldID(key string) string {
	value, _ := ev.field(key)
	if n, err := strconv.ParseUint(value, 10, 32); err != nil || n == 1<<32-1 {
		return ""
	}
	return value
}

// named makes a getter of a name that auditd looked up when it wrote the record.
func named(key string) Getter {
	return text(func(ev *Event) string { return ev.lookedUp(key) })
}

func (ev *Event) lookedUp(key string) string {
	for i := range ev.Records {
		r := &ev.Records[i]
		if r.Type == audit.Path {
			continue
		}
		if name, ok := r.EnrichedField(key); ok {
			return knownName(name)
		}
	}
	return ""
}

// knownName is "" for auditd's words for an id without a name.
func knownName(name string) string {
	if name == "unset" || strings.HasPrefix(name, "unknown(") {
		return ""
	}
	return name
}

// keys is the keys of the audit rules that the event met. It allocates only if the kernel wrote them in hex.
func keys(dst []string, ev *Event) []string {
	value, ok := ev.field("key")
	if !ok {
		return dst
	}
	for k := range audit.Keys(value) {
		dst = append(dst, k)
	}
	return dst
}

// recordTypes is the type of each record, once.
func recordTypes(dst []string, ev *Event) []string {
	start := len(dst)
	for i := range ev.Records {
		dst = appendNew(dst, start, ev.Records[i].TypeName())
	}
	return dst
}

// appendNew appends s if it is not in dst from start on.
func appendNew(dst []string, start int, s string) []string {
	if slices.Contains(dst[start:], s) {
		return dst
	}
	return append(dst, s)
}
