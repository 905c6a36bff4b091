package event

import (
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// What happened, in ECS (https://www.elastic.co/docs/reference/ecs/ecs-event): the words of callWords for the system call and of recordWords for the other records, together.

var ecsEvent = map[string]Getter{
	"event.kind":          constant("event"),
	"event.category":      categories,
	"event.type":          types,
	"event.action":        actions,
	"event.outcome":       text(outcome),
	"event.module":        constant("auditd"),
	"event.dataset":       constant(dataset),
	"data_stream.dataset": constant(dataset),
	"host.os.type":        constant("linux"),
	"host.name":           text(node),
	"host.hostname":       text(node),
	"host.id":             text(hostID),
	"agent.id":            text(hostID), // there is one on a host, and all that rules do with it is to compare
}

// dataset is the one of Elastic's integration whose documents have what ours have.
const dataset = "auditd_manager.auditd"

// hostID is the node. On a host that stands alone it is a constant: sequences are joined by it, and an event without
// it would be in none.
func hostID(ev *Event) string {
	if ev.ID.Node == "" {
		return "localhost"
	}
	return ev.ID.Node
}

// ofCall are the words for the event's system call; ok only if it has one.
func (ev *Event) ofCall() (w words, failed, ok bool) {
	if ev.Exec != nil {
		return executed, false, true
	}
	if ev.Call == nil {
		return words{}, false, false
	}
	call := ev.call()
	w, ok = callWords[call]
	if !ok {
		return otherCall, ev.Call.Failed(), true
	}
	switch call {
	case "execve", "execveat":
		if !ev.Call.Success() {
			return otherCall, true, true
		}
	case "clone":
		if ev.Call.Arg(audit.CallA0)&audit.CloneThread != 0 {
			return otherCall, ev.Call.Failed(), true
		}
	case "open", "openat", "openat2":
		if ev.item("CREATE") != nil {
			w = created
		}
	case "connect", "accept", "accept4":
		if _, found := ev.IPAddress(); !found {
			w.endpoint = nil
			break
		}
		return w, call != "connect" && ev.Call.Failed(), true // an attempt is one whatever comes of it
	}
	return w, ev.Call.Failed(), true
}

func categories(dst []string, ev *Event) []string {
	start := len(dst)
	if w, failed, ok := ev.ofCall(); ok {
		dst = append(dst, w.category)
		if !failed && w.category == "driver" {
			dst = appendAll(dst, start, w.categories())
		}
	}
	return ev.ofRecords(dst, func(dst []string, w words) []string {
		if w.category == "" {
			return dst
		}
		return appendNew(dst, start, w.category)
	})
}

// types are info alone for a call that failed: nothing started, and nothing changed.
func types(dst []string, ev *Event) []string {
	start := len(dst)
	if w, failed, ok := ev.ofCall(); ok && failed {
		dst = append(dst, info...)
	} else if ok {
		dst = append(dst, w.types...)
	}
	return ev.ofRecords(dst, func(dst []string, w words) []string { return appendAll(dst, start, w.types) })
}

// actions are the system call's name, or the record's type in lower case, where neither vocabulary has a word.
func actions(dst []string, ev *Event) []string {
	start := len(dst)
	if w, failed, ok := ev.ofCall(); ok {
		if !failed {
			dst = append(dst, w.endpoint...)
		}
		dst = append(dst, w.actions...)
	}
	dst = ev.ofRecords(dst, func(dst []string, w words) []string { return appendAll(dst, start, w.actions) })
	dst = ev.loginActions(dst)
	switch {
	case len(dst) > start:
		return dst
	case ev.Call != nil:
		return appendText(dst, ev.call())
	case len(ev.Records) > 0:
		return append(dst, strings.ToLower(ev.Records[0].TypeName()))
	}
	return dst
}

// ofRecords appends with add what the records besides the system call say.
func (ev *Event) ofRecords(dst []string, add func([]string, words) []string) []string {
	for i := range ev.Records {
		r := &ev.Records[i]
		if !isWorded(r.Type) {
			continue
		}
		w := recordWords[r.Type]
		if r.Type == avc {
			w = ofAVC(r)
		}
		dst = add(dst, w)
	}
	return dst
}

func appendAll(dst []string, start int, values []string) []string {
	for _, s := range values {
		dst = appendNew(dst, start, s)
	}
	return dst
}

// ofAVC tells the two security modules that write this record apart.
func ofAVC(r *audit.Record) words {
	if _, ok := r.Field("apparmor"); ok {
		return apparmor
	}
	return selinux
}

// loginActions are the endpoint's words for a login. Since OpenSSH 9.8 it is sshd-session that logs in.
func (ev *Event) loginActions(dst []string) []string {
	login := ev.Find(userLogin) != nil
	if !login && ev.Find(userAuth) == nil {
		return dst
	}
	if strings.HasPrefix(base(ev.saidExe()), "sshd") {
		dst = append(dst, "ssh_login")
		login = true
	}
	if login {
		dst = append(dst, "user_login")
	}
	return dst
}

type answer int8

const (
	unsaid answer = iota
	yes
	no
)

// succeeded is what the records say: success of a system call, res of a program.
func (ev *Event) succeeded() answer {
	value, ok := "", false
	if ev.Call != nil {
		value = ev.Call.Raw(audit.CallSuccess)
	} else if value, ok = ev.field("res"); !ok {
		value, _ = ev.field("result")
	}
	switch value {
	case "yes", "success", "1":
		return yes
	case "no", "failed", "fail", "0":
		return no
	}
	return unsaid
}

// outcome of a connect that goes on by itself is unknown: see underWay.
func outcome(ev *Event) string {
	switch answer := ev.succeeded(); {
	case answer == yes:
		return "success"
	case answer == no && ev.Call != nil && ev.call() == "connect" && ev.underWay():
		return "unknown"
	case answer == no:
		return "failure"
	case ev.Exec != nil:
		return "success"
	case ev.Call != nil:
		return "unknown"
	}
	return ""
}
