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

// AppendEvent appends an event as one ECS document, one line of ASCII without a newline.
func AppendEvent(dst []byte, ev *event.Event) []byte {
	o := object{b: append(dst, '{')}
	o.header(ev, "event", "", 0)
	o.event(ev)
	o.open("auditpy", '{')
	o.ours(ev)
	o.close('}')
	return append(o.b, '}')
}

func (o *object) header(ev *event.Event, kind, id string, risk int) {
	o.key("@timestamp")
	o.b = append(appendTime(append(o.b, '"'), ev.ID.Msec), '"')
	o.open("event", '{')
	o.str("kind", kind)
	o.str("id", id)
	if risk > 0 {
		o.num("risk_score", int64(risk))
	}
	o.happened(ev)
	o.close('}')
}

// happened tells what happened, in the words of auditbeat and of the endpoint, so that rules written for either find
// theirs.
func (o *object) happened(ev *event.Event) {
	if ev.Exec != nil { // nine of ten
		o.b = append(append(o.b, ','), execution...)
		return
	}
	var words []string
	for _, w := range vocabulary {
		words = w.get(words[:0], ev)
		o.strs(w.field, words)
	}
	if words = outcome(words[:0], ev); len(words) > 0 {
		o.str("outcome", words[0])
	}
}

// execution is what happened in a successful execve, as happened would write it.
const execution = `"category":["process"],"type":["start"],"action":["exec","process_started","start","executed"],"outcome":"success"`

var (
	vocabulary = []struct {
		field string
		get   event.Getter
	}{
		{"category", event.ECS("event.category")},
		{"type", event.ECS("event.type")},
		{"action", event.ECS("event.action")},
	}
	outcome = event.ECS("event.outcome")
)

func (o *object) event(ev *event.Event) {
	if p := ev.Process; p != nil {
		o.open("process", '{')
		o.process(p)
		o.open("parent", '{')
		o.parent(p)
		o.close('}')
		o.previous(p)
		o.close('}')
		o.user(p)
	} else if ev.Exec != nil { // the SYSCALL record was lost
		o.open("process", '{')
		o.strs("args", o.firstArgs(ev.Exec.Args))
		o.str("command_line", o.head(ev.Exec.CommandLine))
		o.close('}')
	}
	o.peer(ev)
	if ev.ID.Node != "" {
		o.open("host", '{')
		o.str("name", ev.ID.Node)
		o.close('}')
	}
	o.open("auditd", '{')
	o.auditd(ev)
	o.close('}')
}

func (o *object) parent(p *event.Process) {
	if p.Parent != nil {
		defer o.briefly()()
		o.process(p.Parent)
	} else if p.PPID >= 0 {
		o.num("pid", int64(p.PPID))
	}
}

// previous is what the process ran before it became what it is, under the names of Elastic's endpoint. An alert has the
// begin of it: the execution is an event of its own.
func (o *object) previous(p *event.Process) {
	was := p.Previous
	if was == nil || was.Source != event.FromExec || len(was.Args) == 0 {
		return
	}
	o.open("previous", '{')
	o.str("executable", was.Exe)
	defer o.briefly()()
	o.strs("args", o.firstArgs(was.Args))
	o.num("args_count", int64(len(was.Args)))
	o.close('}')
}

// maxOther bounds the arguments of another process than the event's own in an alert, in bytes.
const maxOther = 16 << 10

// briefly sets the limit for another process, until what it returns is called.
func (o *object) briefly() (end func()) {
	all := o.limit
	if all > 0 {
		o.limit = min(all, maxOther)
	}
	return func() { o.limit = all }
}

func (o *object) process(p *event.Process) {
	if p.PID >= 0 {
		o.num("pid", int64(p.PID))
	}
	o.str("executable", p.Exe)
	if p.Exe != "" {
		o.str("name", path.Base(strings.TrimSuffix(p.Exe, " (deleted)")))
	}
	if len(p.Args) > 0 {
		o.strs("args", o.firstArgs(p.Args))
		o.num("args_count", int64(len(p.Args)))
	}
	o.str("command_line", o.head(p.CommandLine))
	o.str("working_directory", p.CWD)
	o.key("entity_id")
	o.b = append(p.AppendEntityID(append(o.b, '"')), '"')
	if p.TTY != "" {
		o.open("tty", '{')
		o.str("name", p.TTY)
		o.close('}')
	}
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
	if p.UID < 0 && p.EUID < 0 && p.AUID < 0 && p.User == "" {
		return
	}
	o.open("user", '{')
	o.id("id", p.UID)
	o.str("name", p.User)
	if p.EUID >= 0 || p.EffectiveUser != "" {
		o.open("effective", '{')
		o.id("id", p.EUID)
		o.str("name", p.EffectiveUser)
		o.close('}')
	}
	if p.GID >= 0 {
		o.open("group", '{')
		o.id("id", p.GID)
		o.str("name", p.Group)
		o.close('}')
	}
	if p.AUID >= 0 {
		o.open("audit", '{')
		o.id("id", p.AUID)
		o.close('}')
	}
	o.close('}')
}

// peer tells the other end of a connection.
func (o *object) peer(ev *event.Event) {
	addr, ok := ev.IPAddress()
	if !ok {
		o.stream(ev)
		return
	}
	side := "destination"
	if name := ev.SyscallName(); name == "accept" || name == "accept4" || name == "recvfrom" || name == "recvmsg" {
		side = "source"
	}
	o.open(side, '{')
	o.str("ip", addr.IP.String())
	o.num("port", int64(addr.Port))
	o.close('}')
}

// ours is what no other schema has a name for.
func (o *object) ours(ev *event.Event) {
	o.bool("complete", ev.Complete)
	if p := ev.Process; p != nil {
		o.lineage(p)
	}
	if ev.Exec == nil {
		return
	}
	o.bool("argv_complete", ev.Exec.Complete)
	if !ev.Exec.Complete && ev.Exec.Argc >= 0 {
		o.num("argc", int64(ev.Exec.Argc))
	}
	if !utf8.ValidString(ev.Exec.CommandLine) {
		o.strs("args_base64", base64Args(o.firstArgs(ev.Exec.Args)))
	}
}

// lineage tells which executions led to a process: replaces is the one that it ran before, forked_from the one that
// forked it; ancestors are those beyond the parent.
func (o *object) lineage(p *event.Process) {
	source := event.Unknown
	if p.Parent != nil {
		source = p.Parent.Source
	}
	o.str("parent_source", string(source))
	if q := p.Previous; q != nil && q.Source == event.FromExec {
		o.serial("replaces", q.Image)
	}
	if p.Parent == nil {
		return
	}
	o.serial("forked_from", p.Parent.Image)
	if p.Parent.Parent == nil {
		return
	}
	o.open("ancestors", '[')
	for a := p.Parent.Parent; a != nil; a = a.Parent {
		o.item()
		o.num("pid", int64(a.PID))
		o.str("executable", a.Exe)
		o.str("command_line", clip(a.CommandLine))
		o.str("user", a.User)
		o.key("entity_id")
		o.b = append(a.AppendEntityID(append(o.b, '"')), '"')
		o.close('}')
	}
	o.close(']')
}

func (o *object) serial(k string, id audit.ID) {
	if id.Serial != 0 {
		o.key(k)
		o.b = strconv.AppendUint(o.b, id.Serial, 10)
	}
}

func base64Args(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = base64.StdEncoding.EncodeToString([]byte(a))
	}
	return out
}
