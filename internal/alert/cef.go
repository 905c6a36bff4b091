package alert

import (
	"strings"
)

// cefSeverities are CEF's, from 0 to 10, by level: low is up to 3, medium to 6, high to 8, very high above.
var cefSeverities = [...]string{"1", "3", "5", "8", "10"}

// CEF is an alert in the Common Event Format: seven header fields and the extension, in order. Nothing is escaped yet.
type CEF struct {
	Header    [7]string // CEF version, vendor, product, product version, signature id, name, severity
	Extension []CEFPair
}

// CEFPair is a key and its value.
type CEFPair struct{ Key, Value string }

// NewCEF returns the alert as CEF. doc is e.JSON, decoded. Source: ArcSight Common Event Format, version 25, and its
// extension dictionary.
//
// The extension is in the order of what matters: who has little room cuts its end.
func NewCEF(e *Envelope, doc map[string]any, version string) CEF {
	v := view(doc)
	c := CEF{Header: [7]string{"0", "auditpy", "auditpy", version, e.Rule, v.text("rule.name"), cefSeverities[min(int(e.Level), 4)]}}
	if c.Header[3] == "" {
		c.Header[3] = "-"
	}
	put := func(key, value string) {
		if value != "" {
			c.Extension = append(c.Extension, CEFPair{key, value})
		}
	}
	labelled := func(key, label, value string) {
		if value != "" {
			put(key+"Label", label)
			put(key, value)
		}
	}
	put("rt", number(e.Time.UnixMilli()).String())
	put("externalId", e.ID)
	labelled("cs1", "CommandLine", v.text("process.command_line"))
	put("dvchost", e.Host)
	put("act", v.first("event.action"))
	put("outcome", v.text("event.outcome"))
	put("dproc", v.text("process.executable"))
	put("dpid", v.text("process.pid"))
	put("duid", v.text("user.effective.id"))
	put("duser", v.text("user.effective.name"))
	put("sproc", v.text("process.parent.executable"))
	put("spid", v.text("process.parent.pid"))
	put("suid", v.text("user.id"))
	put("suser", v.text("user.name"))
	put("src", v.text("source.ip"))
	put("spt", v.text("source.port"))
	put("dst", v.text("destination.ip"))
	put("dpt", v.text("destination.port"))
	if paths := v.list("auditd.paths"); len(paths) > 0 {
		o, _ := paths[0].(map[string]any)
		put("filePath", view(o).text("name"))
	}
	labelled("cs2", "ParentCommandLine", v.text("process.parent.command_line"))
	labelled("cs3", "WorkingDirectory", v.text("process.working_directory"))
	labelled("cs4", "Techniques", joined(v.list("threat.technique.id")))
	labelled("cs5", "Incident", v.text("auditpy.incident.id"))
	labelled("cs6", "AuditKey", v.text("auditd.data.key")+joined(v.list("auditd.data.key")))
	labelled("cn1", "Serial", v.text("auditd.sequence"))
	labelled("cn2", "LoginUserID", v.text("user.audit.id"))
	return c
}

func joined(list []any) string {
	var parts []string
	for _, x := range list {
		if s, ok := x.(string); ok {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ",")
}
