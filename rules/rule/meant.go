package rule

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/auditpy/auditpy/internal/audit"
)

// Valued is a value that a field of records may have, and the atom of what makes the kernel write it.
type Valued struct{ Value, Atom string }

// maxMeant is over the number of types or system calls that a rule means when it means some and not others.
const maxMeant = 64

// Meant is what must be recorded for a test that some of all values pass; nothing in particular if most do.
func Meant(all []Valued, can func(string) bool) []Signal {
	var names []string
	for _, v := range all {
		if !slices.Contains(names, v.Atom) && can(v.Value) {
			names = append(names, v.Atom)
		}
		if len(names) > maxMeant {
			return nil
		}
	}
	return Is(names...)
}

// RecordTypes are the types of records, by name.
var RecordTypes = sync.OnceValue(func() (all []Valued) {
	for t := audit.Type(1000); t < 3000; t++ {
		if name := t.String(); !strings.HasPrefix(name, "UNKNOWN[") {
			all = append(all, Valued{name, OfType(name)})
		}
	}
	return all
})

// CallNames are the system calls by name, CallNumbers by their numbers on this machine.
var (
	CallNames = sync.OnceValue(func() (all []Valued) {
		for _, name := range audit.SyscallNames() {
			all = append(all, Valued{name, OfCall(name)})
		}
		return all
	})
	CallNumbers = sync.OnceValue(func() (all []Valued) {
		native, _ := audit.Arches()
		for _, name := range audit.SyscallNames() {
			if number, ok := audit.SyscallNumber(native, name); ok {
				all = append(all, Valued{strconv.Itoa(number), OfCall(name)})
			}
		}
		return all
	})
)
