package alert

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/auditpy/auditpy/rules/rule"
)

// envelope is the form of an Envelope in the spool. A spool may outlive an upgrade: fields are only
// ever added.
type envelope struct {
	ID    string          `json:"id"`
	Msec  int64           `json:"msec"`
	Level string          `json:"level"`
	Host  string          `json:"host,omitempty"`
	Rule  string          `json:"rule"`
	Text  string          `json:"text,omitempty"`
	Alert json.RawMessage `json:"alert"`
}

// Seal encodes an alert with all that a sink needs.
func Seal(a *Alert) Envelope {
	return Envelope{
		ID: a.ID, Time: a.Time, Level: a.Level, Host: a.Event.ID.Node, Rule: a.Rules[0].ID,
		JSON: a.AppendJSON(nil), Text: string(a.AppendText(nil)),
	}
}

// Append appends the envelope in the form that ParseEnvelope reads.
func (e *Envelope) Append(dst []byte) ([]byte, error) {
	b, err := json.Marshal(envelope{e.ID, e.Time.UnixMilli(), e.Level.String(), e.Host, e.Rule, e.Text, e.JSON})
	if err != nil {
		return dst, fmt.Errorf("encode alert %q: %w", e.ID, err)
	}
	return append(dst, b...), nil
}

// ParseEnvelope is the inverse of Append.
func ParseEnvelope(b []byte) (Envelope, error) {
	var w envelope
	if err := json.Unmarshal(b, &w); err != nil {
		return Envelope{}, fmt.Errorf("parse spooled alert: %w", err)
	}
	level, ok := rule.ParseLevel(w.Level)
	if !ok {
		return Envelope{}, fmt.Errorf("parse spooled alert %q: level %q", w.ID, w.Level)
	}
	return Envelope{
		ID: w.ID, Time: time.UnixMilli(w.Msec).UTC(), Level: level, Host: w.Host, Rule: w.Rule, Text: w.Text, JSON: w.Alert,
	}, nil
}
