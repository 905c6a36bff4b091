// Package sink sends alerts to where people read them: syslog and standard output.
//
// What surprised us: the text of an alert is the attacker's. A line feed in a command line splits a
// syslog line, a bracket ends its structured data, an escape sequence reaches the terminal of who reads the
// log, and the well-kept Go library that builds RFC 5424 silently empties a value that holds a quote.
// So the encoding is ours, and a parser that is not ours is the oracle of its tests. And size matters: a
// datagram that is too long is cut by somebody, so we cut first, and cut values, never the JSON around them.
//
// The invariant: what leaves holds no control character, is one line an alert of at most the sink's bound, and its
// JSON is whole. A Send that returns nil has handed the alert to the kernel; datagrams promise no more than that.
// A Send that returns an error may be tried again; the alert stays the caller's. A sink belongs to one goroutine.
package sink

import (
	"context"

	"github.com/auditpy/auditpy/internal/alert"
)

// Sink takes alerts, one at a time.
type Sink interface {
	// Send delivers e or returns why not. It never blocks beyond ctx, and has timeouts of its own
	// where the peer is a socket.
	Send(ctx context.Context, e *alert.Envelope) error
	// Name tells in logs which sink it is.
	Name() string
	Close() error
}
