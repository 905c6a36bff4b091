package eql

import (
	"strings"

	"github.com/auditpy/auditpy/internal/event"
)

// Type is the type of a field, as an index of Elasticsearch would have it.
type Type uint8

// The types. The values of all are texts here, which are read as what the type says.
const (
	Any     Type = iota // what is not known, or differs from document to document: no comparison is refused
	Keyword             // a text
	Long
	Double
	Boolean
	IP
)

// Schema says which fields there are.
type Schema interface {
	// Category is the field with the categories of an event.
	Category() string
	// Field tells a field's type; false if no event ever has it.
	Field(name string) (Type, bool)
	// Unknown says what is wrong with a field that no event ever has.
	Unknown(name string) string
}

// ECS is the schema of audit events.
var ECS Schema = ecs{}

type ecs struct{}

func (ecs) Category() string { return "event.category" }

func (ecs) Unknown(name string) string { return unknownField(name) }

func (ecs) Field(name string) (Type, bool) {
	if event.ECS(name) == nil {
		return Any, false
	}
	if t, ok := ecsTypes[name]; ok {
		return t, true
	}
	return Keyword, true
}

// ecsTypes are the types of the fields that are no keywords.
// Source: https://www.elastic.co/docs/reference/ecs/ecs-field-reference.
var ecsTypes = map[string]Type{
	"process.pid": Long, "process.args_count": Long, "process.exit_code": Long, "process.interactive": Boolean,
	"process.parent.pid": Long, "process.parent.args_count": Long, "process.parent.interactive": Boolean,
	"process.previous.args_count": Long,
	"destination.ip":              IP, "destination.port": Long, "source.ip": IP, "source.port": Long,
	"auditd.sequence":  Long,
	"auditpy.stdin.ip": IP, "auditpy.stdin.port": Long, "auditpy.stdin.initiated": Boolean, "auditpy.stdout.ip": IP, "auditpy.stdout.port": Long,
	"auditpy.stdio.shared": Boolean, "auditpy.peer.ip": IP, "auditpy.peer.port": Long, "auditpy.peer.initiated": Boolean,
	"auditpy.parent.stdin.ip": IP, "auditpy.parent.peer.ip": IP,
}

// unrecorded are the families of fields of Elastic's that no audit record tells: they are right, and never there.
// Source: as for ecsTypes, and what Elastic's rules for Linux ask for.
var unrecorded = []string{
	"process.entry_leader.", "process.session_leader.", "process.group_leader.", "process.parent.group_leader.", "process.thread.",
	"process.env_vars", "process.Ext.", "process.hash.", "process.code_signature.", "process.parent.code_signature.",
	"process.parent.thread.", "process.parent.Ext.", "file.hash.", "file.Ext.", "file.size", "file.type", "file.code_signature.",
	"container.", "orchestrator.", "kubernetes.", "cloud.", "agent.", "host.ip", "host.mac", "host.architecture", "host.os.", "host.",
	"dns.", "http.", "url.", "tls.", "dll.", "registry.", "rule.", "threat.", "vulnerability.", "package.", "service.",
	"network.", "source.", "destination.", "event.", "data_stream.", "user.", "log.", "message", "@timestamp", "related.", "labels.", "observer.",
}

func isUnrecorded(name string) bool {
	for _, family := range unrecorded {
		if strings.HasPrefix(name, family) {
			return true
		}
	}
	return false
}
