// Package alert is what auditpy tells people: an Alert and its encodings.
package alert

import (
	"time"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Alert is one execution (or other event) that rules matched. There is one per audit serial, and one more for each
// correlation that the event completed.
type Alert struct {
	ID       string // the same for the same event and rule, whenever and from wherever it is read
	Time     time.Time
	Level    rule.Level   // the highest of Rules; that of a correlation is its own
	Rules    []*rule.Meta // all that matched; the leading rule first: the correlation, then those it refers to
	Evidence []rule.Evidence
	Event    *event.Event // of a correlation, the one that completed it, or the last one
	Incident Incident
	Related  []Related // of a correlation or a sequence, all its events in the order of their times; no more than MaxRelated
	Unlisted int       // events that are not in Related
	Group    []Value   // what all events of a correlation or a sequence have in common
}

// Value is the value of a field, by the name that the rule has for it.
type Value struct{ Field, Value string }

// Related is an event that contributed to a correlation or a sequence.
type Related struct {
	ID       audit.ID
	Rule     *rule.Meta      // that matched it
	Evidence []rule.Evidence // why it is an event of the sequence
	What     string          // the event of a sequence in words: see Brief
}

// MaxRelated bounds the events that an alert names.
const MaxRelated = 256

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
