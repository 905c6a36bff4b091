package sink

import (
	"cmp"
	"math"

	"github.com/auditpy/auditpy/internal/alert"
)

// Protocol is the syslog header that a line begins with.
type Protocol uint8

const (
	RFC5424 Protocol = iota // https://www.rfc-editor.org/rfc/rfc5424
	RFC3164                 // https://www.rfc-editor.org/rfc/rfc3164, as it is used: RFC 3164 describes, it does not prescribe
)

// Format is the schema of an alert.
type Format uint8

const (
	ECS  Format = iota // JSON, Elastic Common Schema
	OCSF               // JSON, Detection Finding of the Open Cybersecurity Schema Framework
	ASIM               // JSON, Microsoft Sentinel's ProcessEvent
	CEF                // ArcSight's Common Event Format
	Text               // for people
)

var formatNames = [...]string{ECS: "json", OCSF: "ocsf", ASIM: "asim", CEF: "cef", Text: "text"}

// ParseFormat returns the format of a name: json, ocsf, asim, cef or text.
func ParseFormat(name string) (Format, bool) {
	for i, n := range formatNames {
		if n == name {
			return Format(i), true
		}
	}
	return 0, false
}

// Payload turns alerts into text of one line.
type Payload struct {
	Format  Format
	Version string // of the product
}

// Append appends e as one line without a line feed, in at most room bytes; 0 is no limit, and a room below 500 may be exceeded. What is too long is
// cut in its longest values, and says so.
func (p Payload) Append(dst []byte, e *alert.Envelope, room int) []byte {
	switch p.Format {
	case ECS:
		return appendJSON(dst, e, room)
	case Text:
		return appendText(dst, e, cmp.Or(room, math.MaxInt))
	}
	doc, ok := alert.Decode(e.JSON)
	if !ok {
		doc = nil // what the envelope itself knows
	}
	room = cmp.Or(room, math.MaxInt)
	switch p.Format {
	case OCSF:
		return appendDocument(dst, document{e, alert.OCSF(e, doc, p.Version), &ocsf}, room)
	case ASIM:
		return appendDocument(dst, document{e, alert.ASIM(e, doc, p.Version), &asim}, room)
	default:
		return appendCEF(dst, alert.NewCEF(e, doc, p.Version), room)
	}
}

// Encoding turns alerts into syslog lines.
type Encoding struct {
	Header   Header
	Protocol Protocol
	Payload  Payload
	Local    bool // the line is for a socket of this host
}

// Append appends e as one syslog line without a line feed, of at most limit bytes; 0 is no limit, and one below 1024 counts as 1024.
func (c *Encoding) Append(dst []byte, e *alert.Envelope, limit int) []byte {
	start := len(dst)
	if c.Protocol == RFC3164 {
		dst = appendRFC3164(dst, c.Header, e, c.Local)
	} else {
		dst = appendRFC5424(dst, c.Header, e)
	}
	if limit <= 0 {
		return c.Payload.Append(dst, e, 0)
	}
	return c.Payload.Append(dst, e, max(limit, minMax)-(len(dst)-start))
}
