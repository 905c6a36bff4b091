package sink

import (
	"context"
	"fmt"
	"net"
)

// Probe connects to where a syslog sink sends, and for TLS shakes hands, without sending anything. Of UDP that proves only
// that the address can be found.
func Probe(ctx context.Context, o SyslogOptions) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	if o.Network == "unix" || o.Network == "udp" {
		return probeDatagram(ctx, &o)
	}
	l, err := dial(ctx, &o)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", o.name(), err)
	}
	return l.close()
}

func probeDatagram(ctx context.Context, o *SyslogOptions) error {
	network := o.Network
	if network == "unix" {
		network = "unixgram"
	}
	d := net.Dialer{Timeout: o.Timeout}
	c, err := d.DialContext(ctx, network, o.Address)
	if err != nil && network == "unixgram" { // some syslog daemons have a stream there
		c, err = d.DialContext(ctx, "unix", o.Address)
	}
	if err != nil {
		return fmt.Errorf("connect to %s: %w", o.name(), err)
	}
	return c.Close()
}
