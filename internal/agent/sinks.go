package agent

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

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
	host, _ := os.Hostname() // without a name none is told
	payload := func(format string) sink.Payload {
		f, _ := sink.ParseFormat(format) // config knows the same names
		return sink.Payload{Format: f, Version: o.Version, Host: host}
	}
	if s := cfg.Sinks.Stdout; s.Enabled {
		sinks = append(sinks, configuredSink{sink.NewWriter("stdout", o.Stdout, payload(s.Format).Lines()), ""})
	}
	if s := cfg.Sinks.File; s.Enabled {
		opts := sink.FileOptions{Path: s.Path, Payload: payload(s.Format), MaxBytes: int64(s.MaxBytes), Keep: s.Keep, NoSync: !s.Sync}
		sinks = append(sinks, configuredSink{sink.NewFile(opts), "file"})
	}
	var where []config.Forward
	if s := cfg.Sinks.Syslog; s.Enabled {
		where = append(where, config.Forward{Destination: s.Destination})
	}
	for _, f := range append(where, cfg.Sinks.Forward...) {
		folder := "syslog"
		if f.Name != "" {
			folder = "forward-" + f.Name
		}
		so := syslogOptions(&f.Destination, payload(f.Format))
		if cfg.StateDir != "" {
			so.WindowFile = filepath.Join(cfg.StateDir, "spool", folder, "window")
		}
		out, err := sink.NewSyslog(so)
		if err != nil {
			return nil, fmt.Errorf("sinks: %w", err)
		}
		if f.AllowPlaintext {
			o.Log.Warn("alerts may leave this host unencrypted", "sink", out.Name())
		}
		sinks = append(sinks, configuredSink{out, folder})
	}
	return sinks, nil
}

func syslogOptions(d *config.Destination, p sink.Payload) sink.SyslogOptions {
	facility, _ := sink.ParseFacility(d.Facility) // config knows the same names
	o := sink.SyslogOptions{
		Network: d.Network, Address: d.Address, Payload: p, Facility: facility, MaxBytes: int(d.MaxBytes), Timeout: d.Timeout,
		LineFeeds: d.Framing == "lf", ReplayBytes: int64(d.ReplayBytes),
		TLS: sink.TLSOptions{CAFile: d.TLS.CAFile, CertFile: d.TLS.CertFile, KeyFile: d.TLS.KeyFile, ServerName: d.TLS.ServerName, Pins: d.TLS.Pins},
	}
	if d.Protocol == "rfc3164" {
		o.Protocol = sink.RFC3164
	}
	return o
}

// warnOfOrphans tells of alerts that wait for sinks which are not configured any more.
func warnOfOrphans(dir string, sinks []configuredSink, log *slog.Logger) {
	if dir == "" {
		return
	}
	entries, _ := os.ReadDir(dir) // a missing directory has none
	for _, e := range entries {
		if !slices.ContainsFunc(sinks, func(s configuredSink) bool { return s.folder == e.Name() }) {
			log.Warn("spool of a sink that is not configured: what waits in it is not sent", "spool", filepath.Join(dir, e.Name()))
		}
	}
}
