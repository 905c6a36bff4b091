package alert

import "github.com/auditpy/auditpy/internal/event"

// What says in one line what an event did: the command line of an execution, else the call and what it is about. It is printable.
func What(ev *event.Event) string {
	if ev.Exec != nil {
		return CommandLine(ev.Exec.Args)
	}
	return string(appendAbout(appendEscaped(nil, action(ev)), ev))
}

// Peer says in one line whom the program of an execution talks to, "" if nothing is known. It is printable.
func Peer(ev *event.Event) string { return describePeer(ev) }
