package sink

import "strings"

// enough is the budget that a value should have before anything is dropped for it: the head of a command
// line, in which an attack can be recognised.
const enough = 400

// expendable are the members that go before values are cut to less than enough, the least telling first:
// what stands elsewhere in the alert, then what can be looked up in the audit log by auditd.sequence.
var expendable = []string{
	"auditpy.args_base64", "auditpy.evidence", "auditpy.related", "process.parent.args", "process.args", "auditd.data", "rule.reference",
	"auditd.record_types", "event.category", "event.type", "event.action", "event.outcome", "auditpy.rules", "rule.author",
	"process.parent.entity_id", "process.parent.working_directory", "process.parent.tty", "process.parent.name", "process.name",
	"process.parent.args_count", "user.effective", "user.audit", "auditd.session", "auditd.node", "process.tty", "threat",
	"process.entity_id", "auditpy.complete", "auditpy.parent_source", "process.working_directory", "process.args_count",
}

// drop removes members of root, the least telling first, until it has the size wanted.
func drop(root map[string]any, fits func() bool) {
	for _, path := range expendable {
		if fits() {
			return
		}
		remove(root, path)
	}
}

func remove(o map[string]any, path string) {
	for {
		key, rest, deeper := strings.Cut(path, ".")
		if !deeper {
			delete(o, key)
			return
		}
		sub, ok := o[key].(map[string]any)
		if !ok {
			return
		}
		o, path = sub, rest
	}
}
