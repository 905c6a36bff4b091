// Package alert is what auditpy tells people: an Alert and its encodings.
package alert

import (
	"time"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Alert is one execution (or other event) that rules matched. There is one per audit serial.
type Alert struct {
	ID       string // the same for the same event and rule, whenever and from wherever it is read
	Time     time.Time
	Level    rule.Level   // the highest of Rules
	Rules    []*rule.Meta // all that matched; the leading rule first
	Evidence []rule.Evidence
	Event    *event.Event
	Incident Incident
}

// Incident ties the alerts of one process lineage together.
type Incident struct {
	ID    string // the ID of its first alert
	Count int    // alerts so far, this one included
}

// Envelope is an encoded alert with what a sink needs to send it.
type Envelope struct {
	ID    string
	Time  time.Time // of the event
	Level rule.Level
	Host  string // node of the event; empty: this host
	Rule  string // ID of the leading rule
	JSON  []byte // one line, ASCII, no newline
	Text  string // for people: a paragraph with a newline at its end
}
