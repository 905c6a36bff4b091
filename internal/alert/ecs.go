package alert

import (
	"encoding/base64"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// timeFormat is RFC 3339 with milliseconds, which is what the kernel gives.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// AppendJSON appends the alert as one ECS document, one line of ASCII without a newline.
// Field names: https://www.elastic.co/guide/en/ecs/current/ecs-field-reference.html; under auditd
// those of auditbeat; under auditpy ours.
//
// A command line over maxCommandLine is cut, and auditpy.truncated is true then: an alert that no spool and no
// sink takes would be an alert that an attacker can prevent.
func (a *Alert) AppendJSON(dst []byte) []byte {
	o := &object{b: append(dst, '{'), limit: maxCommandLine}
	o.header(a.Event, "alert", a.ID)
	o.rule(a)
	o.event(a.Event)
	o.open("auditpy", '{')
	o.ours(a.Event)
	o.rules(a)
	o.group("incident", func() {
		o.str("id", a.Incident.ID)
		o.num("count", int64(a.Incident.Count))
	})
	o.evidence(a)
	if o.cut {
		o.bool("truncated", true)
	}
	o.close('}')
	return append(o.b, '}')
}

// maxCommandLine bounds a command line in an alert, in bytes; the kernel's own bound is 2 MiB. The audit log has
// all of it, and events prints it.
const maxCommandLine = 128 << 10

// AppendEvent appends an event as one ECS document, one line of ASCII without a newline.
func AppendEvent(dst []byte, ev *event.Event) []byte {
	o := &object{b: append(dst, '{')}
	o.header(ev, "event", "")
	o.event(ev)
	o.group("auditpy", func() { o.ours(ev) })
	return append(o.b, '}')
}

func (o *object) header(ev *event.Event, kind, id string) {
	o.str("@timestamp", ev.Time().Format(timeFormat))
	o.open("event", '{')
	o.str("kind", kind)
	o.str("id", id)
	if ev.Exec != nil {
		o.strs("category", []string{"process"})
		o.strs("type", []string{"start"})
	}
	o.strs("action", actions(ev))
	o.str("outcome", outcome(ev))
	o.close('}')
}

// actions are auditbeat's word and the endpoint's, so that rules written for either find theirs.
func actions(ev *event.Event) []string {
	if ev.Exec != nil {
		return []string{"executed", "exec"}
	}
	if name := ev.SyscallName(); name != "" {
		return []string{name}
	}
	if len(ev.Records) > 0 {
		return []string{strings.ToLower(ev.Records[0].Type.String())}
	}
	return nil
}

func outcome(ev *event.Event) string {
	sc := ev.Find(audit.Syscall)
	if sc == nil {
		return ""
	}
	switch ok, _ := sc.Field("success"); ok {
	case "yes":
		return "success"
	case "no":
		return "failure"
	}
	return "unknown"
}

func (o *object) event(ev *event.Event) {
	if p := ev.Process; p != nil {
		o.open("process", '{')
		o.process(p)
		o.group("parent", func() { o.parent(p) })
		o.close('}')
		o.group("user", func() { o.user(p) })
	} else if ev.Exec != nil { // the SYSCALL record was lost
		o.group("process", func() {
			o.strs("args", o.firstArgs(ev.Exec.Args))
			o.str("command_line", o.head(ev.Exec.CommandLine))
		})
	}
	o.group("host", func() { o.str("name", ev.ID.Node) })
	o.group("auditd", func() { o.auditd(ev) })
}

func (o *object) parent(p *event.Process) {
	if p.Parent != nil {
		o.process(p.Parent)
	} else {
		o.id("pid", p.PPID)
	}
}

func (o *object) process(p *event.Process) {
	o.id("pid", p.PID)
	o.str("executable", p.Exe)
	if p.Exe != "" {
		o.str("name", path.Base(strings.TrimSuffix(p.Exe, " (deleted)")))
	}
	if p.Args != nil {
		o.strs("args", o.firstArgs(p.Args))
		o.num("args_count", int64(len(p.Args)))
	}
	o.str("command_line", o.head(p.CommandLine))
	o.str("working_directory", p.CWD)
	o.str("entity_id", p.EntityID)
	o.group("tty", func() { o.str("name", p.TTY) })
}

// firstArgs returns the arguments that fit the limit, the last of them cut.
func (o *object) firstArgs(args []string) []string {
	if o.limit == 0 {
		return args
	}
	room := o.limit
	for i, a := range args {
		if room -= len(a) + 8; room < 0 { // 8: quotes, comma and then some, or a million empty ones would fit
			o.cut = true
			return append(slices.Clone(args[:i]), a[:max(0, len(a)+room)])
		}
	}
	return args
}

func (o *object) head(s string) string {
	if o.limit == 0 || len(s) <= o.limit {
		return s
	}
	o.cut = true
	return s[:o.limit]
}

func (o *object) user(p *event.Process) {
	o.userID(p.UID)
	o.str("name", p.User)
	o.group("effective", func() {
		o.userID(p.EUID)
		o.str("name", p.EffectiveUser)
	})
	o.group("audit", func() { o.userID(p.AUID) })
}

// userID writes ECS's user.id, which is text.
func (o *object) userID(n int) {
	if n >= 0 {
		o.str("id", strconv.Itoa(n))
	}
}

func (o *object) id(k string, n int) {
	if n >= 0 {
		o.num(k, int64(n))
	}
}

func (o *object) auditd(ev *event.Event) {
	o.num("sequence", int64(ev.ID.Serial))
	o.str("node", ev.ID.Node)
	if p := ev.Process; p != nil && p.Session >= 0 {
		o.str("session", strconv.Itoa(p.Session))
	}
	o.strs("record_types", recordTypes(ev))
	o.group("data", func() { o.syscall(ev) })
}

// recordTypes lists the types in order, a run of the same type once.
func recordTypes(ev *event.Event) []string {
	var names []string
	for i := range ev.Records {
		if i == 0 || ev.Records[i].Type != ev.Records[i-1].Type {
			names = append(names, ev.Records[i].Type.String())
		}
	}
	return names
}

func (o *object) syscall(ev *event.Event) {
	sc := ev.Find(audit.Syscall)
	if sc == nil {
		return
	}
	o.str("syscall", ev.SyscallName())
	for f := range sc.Fields {
		switch f.Key {
		case "arch", "success", "exit", "a0", "a1", "a2", "a3", "key":
			o.str(f.Key, f.Decode())
		}
	}
}

func (o *object) ours(ev *event.Event) {
	o.bool("complete", ev.Complete)
	if ev.Exec == nil {
		return
	}
	o.bool("argv_complete", ev.Exec.Complete)
	source := event.Unknown
	if ev.Process != nil && ev.Process.Parent != nil {
		source = ev.Process.Parent.Source
	}
	o.str("parent_source", string(source))
	if !utf8.ValidString(ev.Exec.CommandLine) {
		o.strs("args_base64", base64Args(o.firstArgs(ev.Exec.Args)))
	}
}

func base64Args(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = base64.StdEncoding.EncodeToString([]byte(a))
	}
	return out
}

func (o *object) rule(a *Alert) {
	lead := a.Rules[0]
	o.open("rule", '{')
	o.str("id", lead.ID)
	o.str("name", lead.Title)
	o.str("level", lead.Level.String())
	o.str("author", lead.Author)
	o.strs("reference", lead.References)
	o.close('}')
	o.group("threat", func() {
		o.group("technique", func() { o.strs("id", techniques(a)) })
	})
}

func techniques(a *Alert) []string {
	var ids []string
	seen := make(map[string]bool)
	for _, r := range a.Rules {
		for _, t := range r.Techniques {
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
		o.close('}')
	}
	o.close(']')
}

func (o *object) evidence(a *Alert) {
	if len(a.Evidence) == 0 {
		return
	}
	o.open("evidence", '[')
	for _, e := range a.Evidence {
		o.item()
		o.str("field", e.Field)
		o.str("value", clip(e.Value))
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
