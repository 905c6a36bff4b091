package alert

import (
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// AppendJSON appends the alert as one ECS document, one line of ASCII without a newline.
// Field names: https://www.elastic.co/guide/en/ecs/current/ecs-field-reference.html; under auditd
// those of auditbeat; under auditpy ours.
//
// A command line over maxCommandLine is cut, and auditpy.truncated is true then: an alert that no spool and no
// sink takes would be an alert that an attacker can prevent.
func (a *Alert) AppendJSON(dst []byte) []byte {
	o := &object{b: append(dst, '{'), limit: maxCommandLine}
	o.header(a.Event, "alert", a.ID, a.Rules[0].Risk)
	o.str("message", a.message())
	o.rule(a)
	o.event(a.Event)
	o.open("auditpy", '{')
	o.ours(a.Event)
	o.rules(a)
	o.group("incident", func() {
		o.str("id", a.Incident.ID)
		o.num("count", int64(a.Incident.Count))
	})
	o.evidence(a.Evidence)
	o.strs("response", a.Rules[0].Response)
	o.correlation(a)
	o.related(a)
	if o.cut {
		o.bool("truncated", true)
	}
	o.close('}')
	return append(o.b, '}')
}

// maxCommandLine bounds a command line in an alert, in bytes; the kernel's own bound is 2 MiB. The audit log has
// all of it, and events prints it.
const maxCommandLine = 128 << 10

func (o *object) rule(a *Alert) {
	lead := a.Rules[0]
	o.open("rule", '{')
	o.str("id", lead.ID)
	o.str("name", lead.Title)
	o.str("description", strings.Join(strings.Fields(lead.Description), " "))
	o.str("level", lead.Level.String())
	o.str("author", lead.Author)
	o.strs("reference", lead.References)
	o.close('}')
	o.group("threat", func() {
		o.group("tactic", func() { o.strs("id", ids(a, func(r *rule.Meta) []string { return r.Tactics })) })
		o.group("technique", func() { o.strs("id", ids(a, func(r *rule.Meta) []string { return r.Techniques })) })
	})
}

// ids are those of ATT&CK that the rules of an alert name, each once.
func ids(a *Alert, of func(*rule.Meta) []string) []string {
	var ids []string
	seen := make(map[string]bool)
	for _, r := range a.Rules {
		for _, t := range of(r) {
			if !seen[t] {
				seen[t] = true
				ids = append(ids, t)
			}
		}
	}
	return ids
}

func (o *object) rules(a *Alert) {
	o.open("rules", '[')
	for _, r := range a.Rules {
		o.item()
		o.str("id", r.ID)
		o.str("name", r.Title)
		o.str("level", r.Level.String())
		o.str("dialect", r.Dialect)
		if r.Severity > 0 {
			o.num("severity", int64(r.Severity))
		}
		o.close('}')
	}
	o.close(']')
}

func (o *object) evidence(all []rule.Evidence) {
	if len(all) == 0 {
		return
	}
	o.open("evidence", '[')
	for i := range all {
		e := &all[i]
		o.item()
		o.str("field", e.Field)
		o.str("value", e.Excerpt())
		o.str("match", e.Match)
		o.close('}')
	}
	o.close(']')
}

// clip bounds a value that stands in full elsewhere in the document.
func clip(s string) string {
	const most = 256
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}

// message is the alert in one sentence.
func (a *Alert) message() string {
	return a.Level.String() + ": " + Escape(a.Rules[0].Title) + ": " + story(a.Event)
}
