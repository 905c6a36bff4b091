package alert

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// ocsfVersion is the schema that OCSF follows: https://schema.ocsf.io/1.6.0/classes/detection_finding.
const ocsfVersion = "1.6.0"

// severities are OCSF's, by level.
var severities = [...]string{"Informational", "Low", "Medium", "High", "Critical"}

func number(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }

// OCSF returns the alert as a Detection Finding (class 2004, activity Create). doc is e.JSON, decoded; version is the
// product's.
func OCSF(e *Envelope, doc map[string]any, version string) map[string]any {
	v := view(doc)
	name := v.text("rule.name")
	f := fields{
		"activity_id": number(1), "activity_name": "Create", "category_uid": number(2), "category_name": "Findings",
		"class_uid": number(2004), "class_name": "Detection Finding", "type_uid": number(200401), "type_name": "Detection Finding: Create",
		"severity_id": number(int64(e.Level) + 1), "severity": severities[min(int(e.Level), int(rule.Critical))],
		"status_id": number(1), "status": "New", "is_alert": true, "time": number(e.Time.UnixMilli()),
	}
	f.put("message", name)
	f.put("metadata", ocsfMetadata(e, v, version))
	f.put("finding_info", ocsfFinding(e, v))
	f.put("evidences", ocsfEvidences(v))
	f.put("device", ocsfDevice(e, v))
	unmapped := fields{}
	unmapped.put("auditd", v.get("auditd"))
	unmapped.put("auditpy", v.get("auditpy"))
	f.put("unmapped", unmapped)
	return f
}

func ocsfMetadata(e *Envelope, v view, version string) fields {
	product := fields{"name": "auditpy", "vendor_name": "auditpy"}
	product.put("version", version)
	m := fields{"version": ocsfVersion, "log_name": "audit", "profiles": []any{"host"}}
	m.put("product", product)
	m.put("uid", e.ID)
	m.put("original_time", v.text("@timestamp"))
	m.put("original_event_uid", v.text("auditd.sequence"))
	return m
}

func ocsfFinding(e *Envelope, v view) fields {
	f := fields{"uid": e.ID, "created_time": number(e.Time.UnixMilli()), "data_sources": []any{"auditd"}}
	f.texts(v, "title", "rule.name", "src_url", "rule.reference")
	if refs := v.list("rule.reference"); len(refs) > 0 {
		f.put("src_url", refs[0])
	}
	f.put("analytic", analytic(v.object("rule")))
	f.put("attacks", attacks(v.list("threat.technique.id")))
	var others []any
	for i, r := range v.list("auditpy.rules") {
		if o, ok := r.(map[string]any); ok && i > 0 {
			others = append(others, map[string]any(analytic(o)))
		}
	}
	f.put("related_analytics", others)
	f.put("related_events", ocsfRelated(v))
	return f
}

func analytic(r view) fields {
	a := fields{"type_id": number(1), "type": "Rule"}
	a.texts(r, "uid", "id", "name", "name", "category", "dialect")
	return a
}

// attacks tells a sub-technique from its technique by the dot.
func attacks(ids []any) []any {
	var out []any
	for _, id := range ids {
		s, _ := id.(string)
		technique, _, sub := strings.Cut(s, ".")
		if technique == "" {
			continue
		}
		a := map[string]any{"technique": map[string]any{"uid": technique}}
		if sub {
			a["sub_technique"] = map[string]any{"uid": s}
		}
		out = append(out, a)
	}
	return out
}

func ocsfRelated(v view) []any {
	var out []any
	for _, r := range v.list("auditpy.related") {
		o, _ := r.(map[string]any)
		f := fields{}
		f.texts(o, "uid", "sequence", "title", "rule")
		if f["uid"] != nil {
			out = append(out, map[string]any(f))
		}
	}
	return out
}

func ocsfEvidences(v view) []any {
	e := fields{}
	p := v.object("process")
	e.put("process", ocsfProcess(p, v))
	actor := fields{}
	actor.put("process", ocsfProcess(p.object("parent"), nil))
	actor.put("user", ocsfUser(v, "user.audit.id", "user.audit.name"))
	e.put("actor", actor)
	for side, name := range map[string]string{"destination": "dst_endpoint", "source": "src_endpoint"} {
		end := fields{}
		end.texts(v, "ip", side+".ip")
		end.numbers(v, "port", side+".port")
		e.put(name, end)
	}
	if paths := v.list("auditd.paths"); len(paths) > 0 {
		o, _ := paths[0].(map[string]any)
		e.put("file", ocsfFile(view(o).text("name"), 0))
	}
	if len(e) == 0 {
		return nil
	}
	return []any{map[string]any(e)}
}

// ocsfFile returns a file; kind 1 is a regular one, 0 unknown.
func ocsfFile(name string, kind int64) fields {
	if name == "" {
		return nil
	}
	return fields{"path": name, "name": base(name), "type_id": number(kind)}
}

// ocsfProcess returns p; v, if any, is the whole document, of which the process of the event has more.
func ocsfProcess(p, v view) fields {
	f := fields{}
	f.numbers(p, "pid", "pid")
	f.texts(p, "name", "name", "path", "executable", "cmd_line", "command_line", "working_directory", "working_directory", "uid", "entity_id")
	f.put("file", ocsfFile(p.text("executable"), 1))
	if v == nil {
		return f
	}
	f.put("user", ocsfUser(v, "user.effective.id", "user.effective.name"))
	session := fields{}
	session.texts(v, "uid", "auditd.session", "terminal", "process.tty.name")
	f.put("session", session)
	parent := ocsfProcess(p.object("parent"), nil)
	if up := v.list("auditpy.ancestors"); len(up) > 0 {
		o, _ := up[0].(map[string]any)
		parent.put("parent_process", ocsfProcess(o, nil))
	}
	f.put("parent_process", parent)
	return f
}

func ocsfUser(v view, id, name string) fields {
	f := fields{}
	f.texts(v, "uid", id, "name", name)
	return f
}

func ocsfDevice(e *Envelope, v view) fields {
	f := fields{"type_id": number(0), "type": "Unknown"}
	f.put("hostname", e.Host)
	f.texts(v, "hostname", "host.name")
	return f
}
