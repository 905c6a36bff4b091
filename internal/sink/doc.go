// Package sink sends alerts to where people read them: syslog by any of its transports, a file, standard output.
//
// What surprised us: the text of an alert is the attacker's. A line feed in a command line splits a
// syslog line, a bracket ends its structured data, an escape sequence reaches the terminal of who reads the
// log, and the well-kept Go library that builds RFC 5424 silently empties a value that holds a quote.
// So the encoding is ours, and a parser that is not ours is the oracle of its tests. And size matters: a
// datagram that is too long is cut by somebody, so we cut first, and cut values, never the JSON around them.
// And a write to a TCP connection that succeeds says nothing: of what a receiver had not read when it was killed, up to two
// thirds were lost. Stream says what it does about it, and RELP is for those who need more.
//
// The invariant: what leaves holds no control character, is one line an alert of at most the sink's bound, and its
// JSON is whole. An alert that Send counts as done has been handed to the kernel (datagrams), to the peer's kernel (TCP, TLS), to the
// disk (files), or to the peer itself (RELP). One that it does not count may be sent again; the alert stays the
// caller's. A sink belongs to one goroutine.
package sink

import (
	"context"

	"github.com/auditpy/auditpy/internal/alert"
)

// Sink takes alerts.
type Sink interface {
	// Send delivers the alerts of batch in order and returns how many of the first are done. With fewer than all there
	// is an error. It does not block beyond ctx, and has timeouts of its own where the peer is a socket.
	Send(ctx context.Context, batch []alert.Envelope) (done int, err error)
	// Name tells in logs which sink it is.
	Name() string
	Close() error
}

// each sends one alert after another.
func each(batch []alert.Envelope, send func(e *alert.Envelope) error) (done int, err error) {
	for i := range batch {
		if err := send(&batch[i]); err != nil {
			return i, err
		}
	}
	return len(batch), nil
}
