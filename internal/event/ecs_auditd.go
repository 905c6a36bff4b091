package event

import (
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// The fields of auditbeat's own. Source: https://www.elastic.co/docs/reference/beats/auditbeat/exported-fields-auditd.

var ecsAuditd = map[string]Getter{
	"auditd.sequence":     text(func(ev *Event) string { return strconv.FormatUint(ev.ID.Serial, 10) }),
	"auditd.session":      either(ownID(audit.CallSession, session), saidID("ses")),
	"auditd.node":         text(node),
	"auditd.result":       text(result),
	"auditd.record_types": recordTypes,
	"auditd.message_type": text(messageType),
	"tags":                keys, // auditbeat has the keys of audit rules here
}

// ecsData are the fields below auditd.data that are more than what one record says. Where a number has a name both are
// values: auditbeat gives the name, where its tables have one.
var ecsData = map[string]Getter{
	"auditd.data.syscall":       syscallNames,
	"auditd.data.arch":          archNames,
	"auditd.data.exit":          exitNames,
	"auditd.data.key":           keys,
	"auditd.data.class":         text(class),
	"auditd.data.socket.family": socketFamily,
	"auditd.data.socket.addr":   ofAddress(ip),
	"auditd.data.socket.port":   ofAddress(port),
	"auditd.data.socket.path":   ofAddress(func(a audit.Address) string { return a.Path }),
	"auditd.data.socket.saddr":  ofField("saddr"),
}

func node(ev *Event) string { return ev.ID.Node }

// messageType is auditbeat's: the first record's, in lower case.
func messageType(ev *Event) string {
	if len(ev.Records) == 0 {
		return ""
	}
	return strings.ToLower(ev.Records[0].TypeName())
}

// result is auditbeat's word for the outcome that the records tell.
func result(ev *Event) string {
	switch ev.succeeded() {
	case yes:
		return "success"
	case no:
		return "fail"
	}
	return ""
}

// syscallNames is the name; where one call makes many, also that of the one it made; and the number if it has no name.
func syscallNames(dst []string, ev *Event) []string {
	if ev.Call == nil {
		return dst
	}
	name := ev.SyscallName()
	if name == "" {
		return appendText(dst, ev.Call.Raw(audit.CallNumber))
	}
	dst = append(dst, name)
	if made := ev.call(); made != name {
		dst = append(dst, made)
	}
	return dst
}

func archNames(dst []string, ev *Event) []string {
	if ev.Call == nil {
		return dst
	}
	dst = appendText(dst, audit.ArchName(ev.Call.Arch()))
	return appendText(dst, ev.Call.Raw(audit.CallArch))
}

func exitNames(dst []string, ev *Event) []string {
	if ev.Call == nil || !ev.Call.Has(audit.CallExit) {
		return dst
	}
	if ev.Call.Failed() {
		dst = appendText(dst, audit.ErrnoName(ev.Call.Exit()))
	}
	return append(dst, ev.Call.Raw(audit.CallExit))
}

// class is the one class of system calls that rules ask for.
func class(ev *Event) string {
	switch ev.SyscallName() {
	case "unshare", "setns":
		return "namespace"
	}
	return ""
}

// socketFamily is the family of the address, or the one that a new socket has, which stands in its first argument.
func socketFamily(dst []string, ev *Event) []string {
	if a, ok := ev.Address(); ok {
		return appendFamily(dst, a.Family)
	}
	if ev.SyscallName() != "socket" {
		return dst
	}
	family := ev.Call.Arg(audit.CallA0)
	if family > 1<<16-1 {
		return dst
	}
	return appendFamily(dst, uint16(family))
}

func appendFamily(dst []string, family uint16) []string {
	dst = appendText(dst, audit.FamilyName(family))
	return append(dst, strconv.Itoa(int(family)))
}

func ofAddress(get func(audit.Address) string) Getter {
	return text(func(ev *Event) string {
		if a, ok := ev.Address(); ok {
			return get(a)
		}
		return ""
	})
}
