package event

import "strings"

// Parts are parts of an event. What a field does not read need not be kept for it to be asked later: most of what is said of
// an execution its process has too.
type Parts uint8

const (
	// RecordParts are the records and the system call, of an event that is nothing but an execution by a process that is known.
	RecordParts Parts = 1 << iota
	// LineageParts are the ancestors beyond the parent, and what the process ran before.
	LineageParts
)

// ECSUnread returns the parts that a field of ECS does not read, of what a kernel writes: a number with zeros before it, as only
// people write, stands in the record so and in the process without.
func ECSUnread(name string) (p Parts) {
	if unrecorded[name] || strings.HasPrefix(name, "process.parent.") {
		p |= RecordParts
	}
	_, ofLineage := ecsLineage[name]
	_, ofStreams := ecsStreams[name]
	if !ofLineage && !ofStreams && !strings.HasPrefix(name, "process.previous.") {
		p |= LineageParts
	}
	return p
}

// unrecorded are fields that an execution has without its records, besides those of the parent.
var unrecorded = setOf(`process.pid process.entity_id process.executable process.name process.comm process.args process.args_count process.command_line
	process.working_directory process.tty.name process.user.id process.user.name process.real_user.id process.real_user.name process.group.id
	process.real_group.id process.real_group.name user.id user.name user.effective.id user.effective.name user.group.id group.id group.name
	host.id host.name host.hostname host.os.type agent.id event.kind event.category event.type event.action event.outcome event.module event.dataset
	data_stream.dataset`)

func setOf(names string) map[string]bool {
	set := make(map[string]bool)
	for name := range strings.FieldsSeq(names) {
		set[name] = true
	}
	return set
}

// IsPlainExecution reports whether the event is an execution by a process that is known, and nothing else: RecordParts of it
// may be left out.
func (ev *Event) IsPlainExecution() bool {
	return ev.Exec != nil && ev.Process != nil && ev.Kind() == kinds().exec
}
