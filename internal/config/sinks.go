package config

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
)

// finish fills in what list items leave out, and holds what belongs together to each other.
func (s *Sinks) finish() error {
	if !s.Stdout.Enabled && !s.Syslog.Enabled && !s.File.Enabled && len(s.Forward) == 0 {
		return errors.New("sinks: none is enabled: nobody would see an alert")
	}
	if s.File.Enabled && !filepath.IsAbs(s.File.Path) {
		return fmt.Errorf("sinks.file.path: %q is no absolute path", s.File.Path)
	}
	if err := s.Syslog.check(); err != nil {
		return fmt.Errorf("sinks.syslog.%w", err)
	}
	var names []string
	for i := range s.Forward {
		f := &s.Forward[i]
		f.fill()
		err := f.check()
		if !folder(f.Name) {
			err = fmt.Errorf("name: %q is none: want lower-case letters, digits and hyphens", f.Name)
		} else if slices.Contains(names, f.Name) {
			err = fmt.Errorf("name: there are two of %q", f.Name)
		}
		if err != nil {
			return fmt.Errorf("sinks.forward[%d].%w", i, err)
		}
		names = append(names, f.Name)
	}
	return nil
}

// folder reports whether name can be that of a queue.
func folder(name string) bool {
	return name != "" && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// fill sets what an item leaves out. The network and its address have no default.
func (d *Destination) fill() {
	d.Protocol, d.Format = cmp.Or(d.Protocol, local.Protocol), cmp.Or(d.Format, local.Format)
	d.Facility, d.Framing = cmp.Or(d.Facility, local.Facility), cmp.Or(d.Framing, local.Framing)
	d.ReplayBytes, d.Timeout = cmp.Or(d.ReplayBytes, local.ReplayBytes), cmp.Or(d.Timeout, local.Timeout)
	if d.TLS.Pins == nil {
		d.TLS.Pins = []string{}
	}
}

// check holds the address to the network. Its errors begin with a key.
func (d *Destination) check() error {
	switch {
	case d.Network == "":
		return errors.New("network: missing")
	case d.Network == "unix" && !filepath.IsAbs(d.Address):
		return fmt.Errorf("address: %q is no absolute path of a socket", d.Address)
	case d.Network == "unix":
		return nil
	}
	host, port, err := net.SplitHostPort(d.Address)
	if err != nil || port == "" || host == "" {
		return fmt.Errorf("address: %q is no host:port, which network %s needs", d.Address, d.Network)
	}
	if d.Network == "tls" || d.Network == "relp+tls" {
		return d.TLS.check()
	}
	if !d.AllowPlaintext && !loopback(host) {
		return fmt.Errorf("allow_plaintext: %s would send alerts to %q unencrypted: choose tls or relp+tls, or set this to true", d.Network, d.Address)
	}
	return nil
}

// loopback reports whether what is sent to host stays on this host. A name may be anybody's.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

func (t *TLS) check() error {
	for key, name := range map[string]string{"ca_file": t.CAFile, "cert_file": t.CertFile, "key_file": t.KeyFile} {
		if name != "" && !filepath.IsAbs(name) {
			return fmt.Errorf("tls.%s: %q is no absolute path", key, name)
		}
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		return errors.New("tls.key_file: a certificate and its key go together")
	}
	for i, p := range t.Pins {
		if b, err := hex.DecodeString(p); err != nil || len(b) != 32 {
			return fmt.Errorf("tls.pins[%d]: %q is no SHA-256 sum in hex", i, p)
		}
	}
	return nil
}
