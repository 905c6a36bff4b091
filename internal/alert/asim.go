package alert

// ASIM returns the alert under the names of Microsoft Sentinel's ProcessEvent schema, one flat row: in it the target process is
// the one that was started, the acting process its parent, and the parent process the parent of that. An event that started
// no program is a row of the AuditEvent schema. doc is e.JSON, decoded.
//
// Source: https://learn.microsoft.com/azure/sentinel/normalization-schema-process-event.
func ASIM(e *Envelope, doc map[string]any, version string) map[string]any {
	v := view(doc)
	f := fields{"EventCount": number(1), "EventVendor": "Linux", "EventProduct": "auditd", "EventOriginalType": "SYSCALL", "DvcOs": "Linux"}
	if t := v.first("auditd.record_types"); t != "" {
		f.put("EventOriginalType", t)
	}
	for _, name := range []string{"TimeGenerated", "EventStartTime", "EventEndTime"} {
		f.put(name, v.text("@timestamp"))
	}
	f.put("EventSeverity", severities[min(int(e.Level), 3)]) // there is no Critical
	f.put("EventUid", e.ID)
	f.put("EventResult", map[string]string{"failure": "Failure"}[v.text("event.outcome")])
	if f["EventResult"] == nil {
		f["EventResult"] = "Success"
	}
	f.texts(v, "EventMessage", "rule.name", "RuleName", "rule.name", "EventOriginalUid", "auditd.sequence", "EventReportUrl", "rule.reference")
	f.put("Dvc", e.Host)
	f.put("DvcHostname", e.Host)
	f.put("EventProductVersion", version)
	if v.executed() {
		f.target(v)
	} else {
		f.audit(v)
	}
	f.actor(v)
	f.put("AdditionalFields", additional(v))
	return f
}

// target is the process that was started.
func (f fields) target(v view) {
	f.put("EventType", "ProcessCreated")
	f.put("EventSchema", "ProcessEvent")
	f.put("EventSchemaVersion", "0.1.4")
	f.texts(v, "TargetProcessName", "process.executable", "TargetProcessCommandLine", "process.command_line",
		"TargetProcessId", "process.pid", "TargetProcessGuid", "process.entity_id", "TargetProcessCreationTime", "@timestamp",
		"TargetProcessCurrentDirectory", "process.working_directory", "TargetUsername", "user.effective.name",
		"TargetUserId", "user.effective.id", "TargetUserSessionId", "auditd.session",
		"Process", "process.executable", "CommandLine", "process.command_line", "User", "user.effective.name")
	f.put("TargetProcessFilename", base(v.text("process.executable")))
	f.kinds("Target")
	f.texts(v, "ActingProcessName", "process.parent.executable", "ActingProcessId", "process.parent.pid",
		"ActingProcessCommandLine", "process.parent.command_line", "ActingProcessGuid", "process.parent.entity_id")
	f.put("ActingProcessFilename", base(v.text("process.parent.executable")))
	if up := v.list("auditpy.ancestors"); len(up) > 0 {
		o, _ := up[0].(map[string]any)
		f.texts(o, "ParentProcessName", "executable", "ParentProcessId", "pid")
	}
}

// audit is an event of another kind: the process did something.
func (f fields) audit(v view) {
	f.put("EventType", "Other")
	f.put("EventSchema", "AuditEvent")
	f.put("EventSchemaVersion", "0.1.2")
	f.put("Operation", v.first("event.action"))
	f.texts(v, "ActingProcessName", "process.executable", "ActingProcessId", "process.pid", "ActingProcessCommandLine", "process.command_line",
		"ActingProcessGuid", "process.entity_id", "ActingAppName", "process.executable", "TargetIpAddr", "destination.ip",
		"TargetPortNumber", "destination.port", "SrcIpAddr", "source.ip")
	if paths := v.list("auditd.paths"); len(paths) > 0 {
		o, _ := paths[0].(map[string]any)
		f.put("ObjectType", "File")
		f.texts(o, "Object", "name")
	}
}

// actor is who is behind it: the user that logged in if there is one, or the real one.
func (f fields) actor(v view) {
	if v.text("user.audit.id") != "" {
		f.texts(v, "ActorUserId", "user.audit.id", "ActorUsername", "user.audit.name")
	} else {
		f.texts(v, "ActorUserId", "user.id", "ActorUsername", "user.name")
	}
	if f["ActorUsername"] == nil && v.text("user.audit.id") == v.text("user.id") {
		f.texts(v, "ActorUsername", "user.name")
	}
	f.texts(v, "ActorSessionId", "auditd.session")
	f.kinds("Actor")
}

// kinds says of which kind the names and ids of users are.
func (f fields) kinds(who string) {
	if f[who+"Username"] != nil {
		f[who+"UsernameType"] = "Simple"
	}
	if f[who+"UserId"] != nil {
		f[who+"UserIdType"] = "UID"
	}
}

func additional(v view) fields {
	f := fields{}
	f.texts(v, "auid", "user.audit.id", "uid", "user.id", "euid", "user.effective.id", "tty", "process.tty.name", "key", "auditd.data.key",
		"syscall", "auditd.data.syscall", "arch", "auditd.data.arch", "node", "auditd.node", "rule_id", "rule.id", "rule_level", "rule.level",
		"incident_id", "auditpy.incident.id", "parent_source", "auditpy.parent_source")
	f.put("mitre", v.get("threat.technique.id"))
	f.put("key", v.get("auditd.data.key")) // a list, if there are several
	f.put("rules", v.get("auditpy.rules"))
	f.put("argv_complete", v.get("auditpy.argv_complete"))
	f.put("truncated", v.get("auditpy.truncated"))
	return f
}
