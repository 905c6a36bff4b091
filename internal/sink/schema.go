package sink

import (
	"strconv"

	"github.com/auditpy/auditpy/internal/alert"
)

// schema says what of a document goes first when there is little room.
type schema struct {
	// kept are the values that are cut last: what tells which alert, where, when and by what.
	kept []string
	// expendable are the members that go before values are cut to less than enough, the least telling first:
	// what stands elsewhere in the alert, then what can be looked up in the audit log by its serial.
	expendable []string
	// truncated marks a document as cut.
	truncated func(root map[string]any)
	// lastResort appends a document of what identifies e, and nothing else: for JSON that is no object, or that is too long by its
	// mere structure.
	lastResort func(dst []byte, e *alert.Envelope) []byte
}

var ecs = schema{
	kept: []string{"@timestamp", "event.id", "rule.id", "host.name", "process.pid", "process.executable"},
	expendable: []string{
		"auditpy.args_base64", "auditpy.response", "rule.description", "process.previous", "auditpy.evidence", "auditpy.related", "process.parent.args", "process.args", "auditd.data", "auditd.paths", "rule.reference",
		"auditpy.ancestors", "message", "auditd.record_types", "event.category", "event.type", "event.action", "event.outcome",
		"auditpy.rules", "rule.author", "process.parent.entity_id", "process.parent.working_directory", "process.parent.tty",
		"process.parent.name", "process.name", "process.parent.args_count", "user.effective", "user.audit", "user.group", "auditd.session",
		"auditd.node", "process.tty", "threat", "process.entity_id", "auditpy.complete", "auditpy.parent_source",
		"process.working_directory", "process.args_count",
	},
	truncated:  func(root map[string]any) { mark(root, "auditpy", "truncated") },
	lastResort: appendLastResort,
}

var ocsf = schema{
	kept: []string{"metadata.uid", "finding_info.uid", "finding_info.analytic.uid", "device.hostname", "evidences.process.path"},
	expendable: []string{
		"unmapped.auditpy.args_base64", "unmapped.auditpy.evidence", "unmapped.auditd.data", "unmapped.auditd.paths", "unmapped.auditpy.related",
		"unmapped.auditpy.rules", "finding_info.related_analytics", "finding_info.related_events", "finding_info.src_url", "unmapped",
		"evidences.actor.process", "evidences.process.file", "evidences.process.parent_process.file",
		"evidences.process.parent_process.parent_process", "message", "class_name", "type_name", "category_name", "activity_name", "severity",
		"status", "evidences.process.session", "finding_info.data_sources", "metadata.profiles", "metadata.original_time", "metadata.original_event_uid",
		"metadata.log_name", "metadata.product.vendor_name", "device.type", "evidences.process.uid", "evidences.process.parent_process.uid",
		"evidences.process.name", "evidences.process.parent_process.name", "finding_info.analytic.type", "finding_info.attacks",
		"evidences.process.parent_process.working_directory", "evidences.process.working_directory", "evidences.actor",
	},
	truncated:  func(root map[string]any) { mark(root, "metadata", "is_truncated") },
	lastResort: appendLastOCSF,
}

var asim = schema{
	kept: []string{"EventUid", "TimeGenerated", "DvcHostname", "TargetProcessName", "AdditionalFields.rule_id"},
	expendable: []string{
		"AdditionalFields.rules", "CommandLine", "Process", "User", "EventMessage", "EventReportUrl", "EventStartTime", "EventEndTime", "Dvc",
		"TargetProcessFilename", "ActingProcessFilename", "TargetProcessCreationTime", "ActingProcessGuid", "TargetProcessGuid",
		"ParentProcessName", "ParentProcessId", "TargetUserSessionId", "EventOriginalType", "EventProductVersion", "AdditionalFields.arch",
		"AdditionalFields.syscall", "AdditionalFields.uid", "AdditionalFields.euid", "AdditionalFields.auid", "AdditionalFields.incident_id",
		"AdditionalFields.parent_source", "AdditionalFields.mitre", "AdditionalFields.node", "AdditionalFields.tty", "AdditionalFields.key",
		"ActorSessionId", "TargetUsernameType", "TargetUserIdType", "ActorUsernameType", "ActorUserIdType", "TargetProcessCurrentDirectory",
		"DvcOs", "AdditionalFields.argv_complete",
	},
	truncated:  func(root map[string]any) { mark(root, "AdditionalFields", "truncated") },
	lastResort: appendLastASIM,
}

// mark sets root.object.key, and makes the object if there is none.
func mark(root map[string]any, object, key string) {
	sub, _ := root[object].(map[string]any)
	if sub == nil {
		sub = map[string]any{}
		root[object] = sub
	}
	sub[key] = true
}

func appendLastResort(dst []byte, e *alert.Envelope) []byte {
	dst = append(dst, `{"@timestamp":"`...)
	dst = append(appendTime(dst, e.Time), `","auditpy":{"truncated":true},"event":{"id":`...)
	dst = append(appendString(dst, e.ID, maxParam), `,"kind":"alert"},"rule":{"id":`...)
	dst = append(appendString(dst, e.Rule, maxParam), `,"level":"`...)
	return append(append(dst, e.Level.String()...), `"}}`...)
}

func appendLastOCSF(dst []byte, e *alert.Envelope) []byte {
	dst = append(dst, `{"activity_id":1,"category_uid":2,"class_uid":2004,"type_uid":200401,"severity_id":`...)
	dst = strconv.AppendInt(dst, int64(e.Level)+1, 10)
	dst = strconv.AppendInt(append(dst, `,"time":`...), e.Time.UnixMilli(), 10)
	dst = append(dst, `,"metadata":{"version":"1.6.0","product":{"name":"auditpy"},"is_truncated":true,"uid":`...)
	dst = append(appendString(dst, e.ID, maxParam), `},"finding_info":{"uid":`...)
	dst = append(appendString(dst, e.ID, maxParam), `,"analytic":{"type_id":1,"uid":`...)
	return append(appendString(dst, e.Rule, maxParam), `}}}`...)
}

func appendLastASIM(dst []byte, e *alert.Envelope) []byte {
	dst = append(dst, `{"TimeGenerated":"`...)
	dst = append(appendTime(dst, e.Time), `","EventSchema":"ProcessEvent","EventUid":`...)
	dst = append(appendString(dst, e.ID, maxParam), `,"AdditionalFields":{"truncated":true,"rule_id":`...)
	dst = append(appendString(dst, e.Rule, maxParam), `,"rule_level":"`...)
	return append(append(dst, e.Level.String()...), `"}}`...)
}
