package event

import (
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	arena "github.com/auditpy/auditpy/internal/text"
)

// Texts are texts that hold the RecordValues of one record, and more, as they stand: enough to find literals in.
type Texts struct {
	List []string // valid until the next Take
	mem  arena.Arena
}

// Take makes x the texts of a record. Without numbers it leaves out values of at most 24 digits, letters from a to f,
// colons and minus signs, which are most of what the kernel writes.
func (x *Texts) Take(ev *Event, rec int, numbers bool) {
	const keep = 32 << 10
	x.mem.Reset(keep)
	x.List = x.List[:0]
	r := &ev.Records[rec]
	switch {
	case r.Type == audit.Execve && ev.Exec != nil:
		x.List = append(x.List, ev.Exec.CommandLine)
	case r.Type == audit.Syscall && ev.Call != nil:
		for _, f := range [...]audit.CallField{audit.CallSuccess, audit.CallTTY, audit.CallComm, audit.CallExe, audit.CallSubject, audit.CallKey} {
			x.List = appendText(x.List, ev.Call.Text(f))
		}
	case r.Type == audit.Path:
		x.odd(r, "name")
		x.List = append(x.List, nametype(r))
		if i := strings.Index(r.Body, " obj="); i >= 0 {
			x.List = append(x.List, r.Body[i:])
		}
	case r.Type == audit.CWD:
		x.odd(r, "cwd")
		return
	case r.Type == audit.Proctitle:
		x.odd(r, "proctitle")
		return
	case !numbers && r.Type == audit.FileCaps: // nothing but numbers
	default:
		x.List = RecordValues(x.List, ev, rec)
		return
	}
	if numbers && r.Type != audit.Execve {
		x.List = append(x.List, r.Body)
	}
}

// odd adds a field that the kernel writes in hex where it must.
func (x *Texts) odd(r *audit.Record, name string) {
	if f, ok := r.FieldNamed(name); ok {
		x.List = appendText(x.List, f.DecodeIn(&x.mem))
	}
}

// MayHave reports whether a record of a type can have a field of service auditd, by itself or from its context; it may say
// yes wrongly.
func MayHave(t audit.Type, name string) bool {
	if t == audit.Syscall && IsArgument(name) {
		_, register := audit.CallFieldNamed(name)
		return register
	}
	if !isAuxiliary(t) {
		return true
	}
	switch {
	case IsArgument(name), name == "argc":
		return t == audit.Execve
	case ownOnly[name] && name != "items", name == "name":
		return t == audit.Path
	}
	return true
}

// RecordValues appends what a keyword is searched in: the values of a record, decoded, and for EXECVE the arguments, each
// and joined. The type, the time and the names of fields are no values.
func RecordValues(dst []string, ev *Event, rec int) []string {
	r := &ev.Records[rec]
	if r.Type == audit.Execve && ev.Exec != nil {
		return append(append(dst, ev.Exec.Args...), ev.Exec.CommandLine)
	}
	add := func(f audit.Field) bool {
		if f.Key != "argc" && f.Value != "" && (r.Type != audit.Syscall || !IsArgument(f.Key) || isRegister(f.Value)) {
			dst = append(dst, f.Decode())
		}
		return true
	}
	r.Fields(add)
	r.InnerFields(add)
	return dst
}
