package sink

import (
	"cmp"
	"fmt"
	"os"
	"time"
)

// SyslogOptions says where and how syslog lines are sent. The zero value is RFC 5424 to the local /dev/log.
type SyslogOptions struct {
	Network  string // unix, udp, tcp, tls, relp or relp+tls; empty: unix
	Address  string // path, or host:port; empty: /dev/log
	Protocol Protocol
	Payload  Payload
	Facility Facility // 0: authpriv, as user space never sends as the kernel
	// MaxBytes bounds one line; 0 is 1180 for udp, which fits the least MTU of IPv6, and else 8192, which RFC 5425 says
	// receivers should take.
	MaxBytes int
	// Timeout bounds a connect and a handshake, and how long a peer may make no progress; 0 is 10 s, and 5 s for unix and udp.
	Timeout time.Duration
	Host    string // for alerts of this host; empty: os.Hostname
	// LineFeeds ends lines on tcp and tls with a line feed, as RFC 6587 section 3.4.2 has it, instead of counting their octets.
	LineFeeds bool
	// ReplayBytes is how much of what the peer's kernel took is sent again on a new tcp or tls connection; 0 is 8 MiB, less is none.
	ReplayBytes int64
	// WindowFile is where what would be sent again outlives a kill of this process, for the next one; empty: nowhere. It and WindowFile.1 have at
	// most twice ReplayBytes.
	WindowFile string
	TLS        TLSOptions
}

func (o SyslogOptions) withDefaults() (SyslogOptions, error) {
	switch o.Network = cmp.Or(o.Network, "unix"); o.Network {
	case "unix":
		o.Address = cmp.Or(o.Address, "/dev/log")
		o.Timeout = cmp.Or(o.Timeout, 5*time.Second)
	case "udp":
		o.MaxBytes, o.Timeout = cmp.Or(o.MaxBytes, 1180), cmp.Or(o.Timeout, 5*time.Second)
	case "tcp", "tls", "relp", "relp+tls":
		o.ReplayBytes = cmp.Or(o.ReplayBytes, 8<<20)
	default:
		return o, fmt.Errorf("network %q: not one of unix, udp, tcp, tls, relp, relp+tls", o.Network)
	}
	o.MaxBytes, o.Timeout, o.Facility = cmp.Or(o.MaxBytes, 8192), cmp.Or(o.Timeout, 10*time.Second), cmp.Or(o.Facility, 10)
	if o.Host == "" {
		o.Host, _ = os.Hostname() // without a name the line says "-"
	}
	return o, nil
}

func (o *SyslogOptions) name() string { return "syslog " + o.Network + " " + o.Address }

func (o *SyslogOptions) encoding() Encoding {
	return Encoding{
		Header:   Header{Facility: o.Facility, Host: o.Host, PID: os.Getpid()},
		Protocol: o.Protocol, Payload: o.Payload, Local: o.Network == "unix",
	}
}

// NewSyslog returns a sink that connects at the first Send: the peer may start later than we do.
func NewSyslog(o SyslogOptions) (Sink, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("new syslog sink: %w", err)
	}
	switch o.Network {
	case "unix", "udp":
		return &Datagram{opts: o, line: o.encoding()}, nil
	case "tcp", "tls":
		return newStream(o), nil
	}
	return newRELP(o), nil
}
