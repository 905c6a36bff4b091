package event

import (
	"path"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// cwd is the directory that the CWD record tells, or "".
func (ev *Event) cwd() string {
	r := ev.Find(audit.CWD)
	if r == nil {
		return ""
	}
	dir, _ := r.Field("cwd")
	return dir
}

// isCreated reports whether r is the PATH record of a name that came to be. The kernel writes one also of a name
// that a failed call would have made.
func (ev *Event) isCreated(r *audit.Record) bool {
	if r.Type != audit.Path || ev.Call != nil && ev.Call.Failed() || !strings.Contains(r.Body, "CREATE") {
		return false
	}
	return nametype(r) == "CREATE" && isNamed(r)
}

// createdNames is each name that came to be.
func createdNames(dst []string, ev *Event) []string {
	for i := range ev.Records {
		if r := &ev.Records[i]; ev.isCreated(r) {
			dst = appendText(dst, ev.pathName(r))
		}
	}
	return dst
}

// loggedName is the name in a PATH record as it was logged, decoded; not ok where the kernel had none, as for what a
// driver makes in devpts.
func loggedName(r *audit.Record) (string, bool) {
	f, ok := nameField(r)
	return f.Decode(), ok
}

func nameField(r *audit.Record) (audit.Field, bool) {
	for f := range r.Fields {
		if f.Key == "name" {
			return f, f.Quoted || f.Value != null
		}
	}
	return audit.Field{}, false
}

// pathName is the name in a PATH record as an absolute and clean one: without doubled slashes, "." and "..". It is
// clean by its letters, since nobody can ask the host where a symbolic link led. A relative name whose directory no
// record tells stays relative.
func (ev *Event) pathName(r *audit.Record) string {
	name, ok := loggedName(r)
	if !ok || name == "" {
		return ""
	}
	if name[0] == '/' {
		return path.Clean(name)
	}
	if dir := ev.cwd(); dir != "" && dir[0] == '/' && ev.fromCWD(nametype(r)) {
		return path.Join(dir, name)
	}
	return path.Clean(name)
}

// fromCWD reports whether a relative name starts from the working directory: the …at calls have a descriptor of
// another, whose name is in no record.
func (ev *Event) fromCWD(nametype string) bool {
	const atFDCWD = -100
	arg, ok := directory(ev.SyscallName(), nametype)
	return !ok || int32(uint32(ev.Call.Arg(arg))) == atFDCWD
}

// directory returns the argument that holds the descriptor. A call that names two files has one for what it makes.
// Source: the prototypes in include/linux/syscalls.h.
func directory(call, nametype string) (audit.CallField, bool) {
	switch call {
	case "openat", "openat2", "mkdirat", "mknodat", "unlinkat", "fchmodat", "fchmodat2", "fchownat", "futimesat",
		"utimensat", "faccessat", "faccessat2", "readlinkat", "newfstatat", "fstatat64", "statx", "execveat",
		"name_to_handle_at", "open_tree", "setxattrat", "removexattrat":
		return audit.CallA0, true
	case "symlinkat":
		return audit.CallA1, true
	case "renameat", "renameat2", "linkat":
		if nametype == "CREATE" {
			return audit.CallA2, true
		}
		return audit.CallA0, true
	}
	return 0, false
}

// nametype is what the call did to the name in a PATH record. No name can hold this key: one with a blank is in hex.
func nametype(r *audit.Record) string {
	_, rest, _ := strings.Cut(r.Body, " nametype=")
	kind, _, _ := strings.Cut(rest, " ")
	return kind
}

// item returns the first PATH record of a kind that has a name.
func (ev *Event) item(kind string) *audit.Record {
	for i := range ev.Records {
		if r := &ev.Records[i]; r.Type == audit.Path && nametype(r) == kind && isNamed(r) {
			return r
		}
	}
	return nil
}

func isNamed(r *audit.Record) bool {
	f, ok := nameField(r)
	return ok && f.Value != ""
}

// target is the file that the event is about: what it made, else what it removed, else what it used. The directory of
// it is a PARENT item. The name that a failed call looked for is UNKNOWN.
func (ev *Event) target() *audit.Record {
	var best *audit.Record
	most := 0
	for i := range ev.Records {
		r := &ev.Records[i]
		if r.Type != audit.Path {
			continue
		}
		if n := rank(nametype(r)); n > most && isNamed(r) {
			best, most = r, n
		}
	}
	return best
}

func rank(nametype string) int {
	switch nametype {
	case "CREATE":
		return 4
	case "DELETE":
		return 3
	case "NORMAL":
		return 2
	case "UNKNOWN":
		return 1
	}
	return 0
}
