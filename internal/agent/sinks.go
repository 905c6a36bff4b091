package agent

import (
	"fmt"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/sink"
)

// configuredSink is a sink and whether alerts for it outlive the agent while they wait.
type configuredSink struct {
	sink.Sink
	folder string // of its queue, in the state directory; empty: in memory
}

func openSinks(cfg *config.Config, o Options) ([]configuredSink, error) {
	var sinks []configuredSink
	if s := cfg.Sinks.Stdout; s.Enabled {
		encode := appendText
		if s.Format == "json" {
			encode = sink.AppendJSON
		}
		sinks = append(sinks, configuredSink{sink.NewWriter("stdout", o.Stdout, encode), ""})
	}
	if s := cfg.Sinks.Syslog; s.Enabled {
		facility, _ := sink.ParseFacility(s.Facility) // config knows the same names
		out, err := sink.NewSyslog(sink.SyslogOptions{Network: s.Network, Address: s.Address, Facility: facility, MaxBytes: int(s.MaxBytes)})
		if err != nil {
			return nil, fmt.Errorf("sinks.syslog: %w", err)
		}
		sinks = append(sinks, configuredSink{out, "syslog"})
	}
	return sinks, nil
}

func appendText(dst []byte, e *alert.Envelope) []byte { return append(dst, e.Text...) }
