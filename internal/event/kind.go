package event

import "github.com/auditpy/auditpy/internal/audit"

// Kind is a kind of events of which it is known, before any field is asked, what happened: a system call by its name
// that worked or did not, or a record without a call by its type. So the rules that ask for something else need not
// be asked at all.
type Kind struct {
	Name string // of the call, in lower case the type of the record; "" for all others
	// Group is what audit rules must record for it: "exec", or an ECS category; "call" is a call without words, "" is what
	// only a loss makes.
	Group   string
	Record  bool            // it is of a record, and no system call makes it
	decided map[string]told // by field
}

// told are values that events of a kind always have, and that some have besides.
type told struct{ always, perhaps []string }

// KindID is an index in Kinds.
type KindID uint16

// NoKind is the kind of events that are of several kinds, or of none.
const NoKind KindID = 0

// Kinds returns all kinds, which must not be changed; the first one is NoKind.
func Kinds() []Kind { return kinds().all }

// Says returns the values that a field of ECS always has in events of a kind, and those that it may have besides; decided
// is false if it may have others.
func (k *Kind) Says(field string) (always, perhaps []string, decided bool) {
	if s, ok := constants[field]; ok {
		return s.always, s.perhaps, true
	}
	s, ok := k.decided[field]
	return s.always, s.perhaps, ok
}

var constants = map[string]told{
	"event.kind":          {always: one("event")},
	"event.module":        {always: one("auditd")},
	"event.dataset":       {always: one(dataset)},
	"data_stream.dataset": {always: one(dataset)},
	"host.os.type":        {always: one("linux")},
}

// Kind returns the kind of ev.
func (ev *Event) Kind() KindID {
	worded, more := -1, false
	for i := range ev.Records {
		if t := ev.Records[i].Type; isWorded(t) {
			worded, more = i, more || worded >= 0
		}
	}
	kinds := kinds()
	switch {
	case worded >= 0 && (more || ev.Call != nil || ev.Exec != nil):
		return NoKind
	case ev.Exec != nil:
		return kinds.exec
	case worded >= 0:
		return kinds.records[ev.Records[worded].Type]
	case ev.Call == nil:
		return kinds.other
	}
	id, ok := kinds.calls[ev.call()]
	if !ok {
		id = kinds.calls[""]
	}
	if ev.Call.Failed() {
		return id + 1
	}
	return id
}

// isWorded reports whether records of a type have words. Nine of ten records are of the types that Kind sees without a map.
func isWorded(t audit.Type) bool {
	switch t {
	case audit.Syscall, audit.Path, audit.CWD, audit.Execve, audit.Proctitle, audit.Sockaddr, audit.FileCaps:
		return false
	}
	_, ok := recordWords[t]
	return ok
}
