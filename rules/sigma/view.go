package sigma

import (
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// view is how a log source sees events: as rows of fields.
type view uint8

const (
	viewNone     view = iota // of another log: never evaluated
	viewProcess              // category process_creation: an execution is a row
	viewNetwork              // category network_connection
	viewFile                 // category file_event
	viewDocument             // any, of an event of another origin
	viewAuditd               // service auditd, and rules that name the product only: each record is a row
)

// field is a name as one view sees it. Both getters nil: never present.
type field struct {
	name   string
	view   view
	get    event.Getter
	record event.RecordGetter
	said   bool // by a document
}

func newField(v view, name string) field {
	f := field{name: name, view: v}
	switch v {
	case viewProcess:
		f.get = event.SigmaProcessCreation(name)
	case viewNetwork:
		f.get = event.SigmaNetworkConnection(name)
	case viewFile:
		f.get = event.SigmaFileEvent(name)
	case viewDocument:
		f.said = true
	case viewAuditd:
		f.record = event.SigmaAuditd(name)
	}
	return f
}

// answerable reports whether any event of the view may have the field.
func (f *field) answerable() bool { return f.get != nil || f.record != nil || f.said }

var categories = map[string]view{"process_creation": viewProcess, "network_connection": viewNetwork, "file_event": viewFile}

// views returns the views that see the event, the records left out.
func (e *Engine) sees(v view, ev *event.Event) bool {
	switch v {
	case viewProcess:
		return ev.IsProcessCreation()
	case viewNetwork:
		return ev.IsNetworkConnection()
	case viewFile:
		return ev.IsFileEvent()
	}
	return false
}

// isRow reports whether a record is a row: the pieces of a long command line are one.
func isRow(ev *event.Event, rec int) bool {
	if ev.Records[rec].Type != audit.Execve {
		return true
	}
	for i := range rec {
		if ev.Records[i].Type == audit.Execve {
			return false
		}
	}
	return true
}
