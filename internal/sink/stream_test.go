package sink

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/sinktest"
)

func receiver(t *testing.T, o sinktest.Options) *sinktest.Receiver {
	t.Helper()
	r, err := sinktest.Listen("127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Kill)
	return r
}

// pki has a server's and a client's certificate, and what each must know of the other.
type pki struct {
	ca, other            string // files
	server, client, late *sinktest.Pair
	config               *tls.Config // of a server that wants a client's certificate
}

func newPKI(t *testing.T) *pki {
	t.Helper()
	dir, elsewhere := t.TempDir(), t.TempDir()
	a, err := sinktest.NewAuthority()
	must(t, err)
	b, err := sinktest.NewAuthority()
	must(t, err)
	p := new(pki)
	p.ca, err = a.WriteCA(dir)
	must(t, err)
	p.other, err = b.WriteCA(elsewhere)
	must(t, err)
	p.server, err = a.Issue(dir, "127.0.0.1", time.Now().Add(time.Hour))
	must(t, err)
	p.client, err = a.Issue(dir, "agent.example", time.Now().Add(time.Hour))
	must(t, err)
	p.late, err = a.Issue(elsewhere, "127.0.0.1", time.Now().Add(-time.Minute))
	must(t, err)
	p.config = &tls.Config{Certificates: []tls.Certificate{p.server.TLS}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: a.Pool()}
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func sinkOf(t *testing.T, o SyslogOptions) Sink {
	t.Helper()
	s, err := NewSyslog(o)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func batch(from, to int) []alert.Envelope {
	var b []alert.Envelope
	for i := from; i < to; i++ {
		e := envelope(fmt.Sprintf(`{"event":{"id":"n%d"},"pad":"%s"}`, i, strings.Repeat("x", i%300)))
		e.ID = fmt.Sprintf("n%d", i)
		b = append(b, *e)
	}
	return b
}

func sendBatch(t *testing.T, s Sink, b []alert.Envelope) {
	t.Helper()
	if n, err := s.Send(t.Context(), b); n != len(b) || err != nil {
		t.Fatalf("Send = %d, %v, want %d", n, err, len(b))
	}
}

// eventually waits for what another goroutine does.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("timed out: " + what)
		}
	}
}

// Each stream transport, in each framing and under TLS, delivers what was sent, each line once.
func TestStreams(t *testing.T) {
	p := newPKI(t)
	mutual := TLSOptions{CAFile: p.ca, CertFile: p.client.CertFile, KeyFile: p.client.KeyFile, Pins: []string{p.server.Pin}}
	for _, tt := range []struct {
		o SyslogOptions
		r sinktest.Options
	}{
		{SyslogOptions{Network: "tcp"}, sinktest.Options{}},
		{SyslogOptions{Network: "tcp", LineFeeds: true}, sinktest.Options{LineFeeds: true}},
		{SyslogOptions{Network: "tls", TLS: mutual}, sinktest.Options{TLS: p.config}},
		{SyslogOptions{Network: "tls", TLS: mutual, LineFeeds: true}, sinktest.Options{TLS: p.config, LineFeeds: true}},
		{SyslogOptions{Network: "relp"}, sinktest.Options{RELP: true}},
		{SyslogOptions{Network: "relp+tls", TLS: mutual}, sinktest.Options{RELP: true, TLS: p.config}},
	} {
		r := receiver(t, tt.r)
		for _, address := range []string{r.Addr(), strings.Replace(r.Addr(), "127.0.0.1", "[::ffff:127.0.0.1]", 1)} {
			tt.o.Address, tt.o.Host = address, "me"
			if strings.Contains(address, "ffff") {
				tt.o.TLS.ServerName = "127.0.0.1"
			}
			before := r.Len()
			s := sinkOf(t, tt.o)
			all := batch(0, 300)
			for i := 0; i < len(all); i += 60 {
				sendBatch(t, s, all[i:i+60])
			}
			eventually(t, "all lines", func() bool { return r.Len() >= before+len(all) })
			for i, line := range r.Lines()[before:] {
				h := Header{Facility: 10, Host: "me", PID: os.Getpid()}
				check(t, []byte(line), h, &all[i], 8192)
			}
			if want := "syslog " + tt.o.Network + " " + address; s.Name() != want {
				t.Errorf("Name = %q, want %q", s.Name(), want)
			}
		}
	}
}

// T15: a peer that is not who it should be gets nothing.
func TestWrongPeer(t *testing.T) {
	p := newPKI(t)
	good := TLSOptions{CAFile: p.ca, CertFile: p.client.CertFile, KeyFile: p.client.KeyFile}
	late := &tls.Config{Certificates: []tls.Certificate{p.late.TLS}}
	old := p.config.Clone()
	old.MaxVersion = tls.VersionTLS11
	with := func(change func(*TLSOptions)) TLSOptions { o := good; change(&o); return o }
	for name, tt := range map[string]struct {
		tls    TLSOptions
		config *tls.Config
		want   string
	}{
		"expired":               {good, late, "expired"},
		"another authority":     {with(func(o *TLSOptions) { o.CAFile = p.other }), p.config, "unknown authority"},
		"authorities of the OS": {with(func(o *TLSOptions) { o.CAFile = "" }), p.config, "certificate"},
		"another name":          {with(func(o *TLSOptions) { o.ServerName = "siem.example" }), p.config, "siem.example"},
		"not pinned":            {with(func(o *TLSOptions) { o.Pins = []string{p.client.Pin} }), p.config, "not pinned"},
		"we are nobody":         {TLSOptions{CAFile: p.ca}, p.config, "certificate"},
		"TLS 1.1":               {good, old, "protocol version"},
		"no TLS":                {good, nil, "TLS handshake"},
		"no file":               {with(func(o *TLSOptions) { o.CAFile = "/nonexistent" }), p.config, "no such file"},
		"no certificate":        {with(func(o *TLSOptions) { o.CAFile = p.client.KeyFile }), p.config, "no certificate in it"},
	} {
		for _, network := range []string{"tls", "relp+tls"} {
			r := receiver(t, sinktest.Options{TLS: tt.config, RELP: network == "relp+tls"})
			s := sinkOf(t, SyslogOptions{Network: network, Address: r.Addr(), TLS: tt.tls, Timeout: 2 * time.Second})
			n, err := s.Send(t.Context(), batch(0, 3))
			if n != 0 || err == nil || !strings.Contains(err.Error(), tt.want) || r.Len() != 0 {
				t.Errorf("%s, %s: Send = %d, %v, %d lines arrived, want %q", name, network, n, err, r.Len(), tt.want)
			}
		}
	}
}

// A key that others may read is not ours alone.
func TestKeyMode(t *testing.T) {
	p := newPKI(t)
	must(t, os.Chmod(p.client.KeyFile, 0o644))
	r := receiver(t, sinktest.Options{TLS: p.config})
	s := sinkOf(t, SyslogOptions{Network: "tls", Address: r.Addr(), TLS: TLSOptions{CAFile: p.ca, CertFile: p.client.CertFile, KeyFile: p.client.KeyFile}})
	if _, err := s.Send(t.Context(), batch(0, 1)); err == nil || !strings.Contains(err.Error(), "mode 0644 lets others at it: chmod 0640") {
		t.Errorf("Send = %v", err)
	}
}

// A certificate that was renewed is taken at the next connect.
func TestRenewedCertificate(t *testing.T) {
	p := newPKI(t)
	o := TLSOptions{CAFile: p.other + ".new"}
	r := receiver(t, sinktest.Options{TLS: &tls.Config{Certificates: []tls.Certificate{p.server.TLS}}})
	s := sinkOf(t, SyslogOptions{Network: "tls", Address: r.Addr(), TLS: o})
	if _, err := s.Send(t.Context(), batch(0, 1)); err == nil {
		t.Error("Send without the authority's file = nil")
	}
	pem, err := os.ReadFile(p.ca)
	must(t, err)
	must(t, os.WriteFile(o.CAFile, pem, 0o600))
	sendBatch(t, s, batch(0, 1))
}

// A peer that stalls, at any stage, costs the timeout, or less if ctx ends.
func TestStreamStalls(t *testing.T) {
	p := newPKI(t)
	big := batch(0, 1)
	big[0].JSON = []byte(`{"x":"` + strings.Repeat("y", 8000) + `"}`)
	for name, tt := range map[string]SyslogOptions{
		"tcp does not read":  {Network: "tcp"},
		"tls does not greet": {Network: "tls", TLS: TLSOptions{CAFile: p.ca}},
		"relp does not open": {Network: "relp"},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0") // connections are made and nobody serves them
		must(t, err)
		tt.Address = l.Addr().String()
		for _, o := range []struct {
			timeout, ctx time.Duration
		}{{100 * time.Millisecond, time.Hour}, {time.Hour, 100 * time.Millisecond}} {
			tt.Timeout = o.timeout
			s := sinkOf(t, tt)
			ctx, cancel := context.WithTimeout(t.Context(), o.ctx)
			begin := time.Now()
			for err = nil; err == nil; { // until the buffers of both kernels are full
				_, err = s.Send(ctx, append(append(big, big...), big...))
			}
			cancel()
			if d := time.Since(begin); d > 10*time.Second {
				t.Errorf("%s, %v: Send took %v", name, o, d)
			}
		}
		l.Close()
	}
}
