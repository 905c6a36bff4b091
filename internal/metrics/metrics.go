// Package metrics shows the agent's counters to Prometheus and its health to whoever asks, on a loopback address or a
// unix socket.
//
// What surprised us: the counters belong to goroutines that must not wait for a scrape, and a library that owns them would
// make each increment an atomic one. So a scrape reads a snapshot that the owner published last.
//
// The invariant: names and labels are fixed in code (no argument, path or user of an event is ever a label), a connection
// more than MaxConnections waits for nobody's memory, and nothing listens where another host can reach it.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Kind is what a metric is.
type Kind uint8

// The kinds.
const (
	Counter Kind = iota // it only grows
	Gauge
)

// Desc describes a metric. It is immutable.
type Desc struct {
	Name   string // auditpy_…, with its unit
	Help   string // one sentence
	Kind   Kind
	Labels []string
}

// Value is one value of a metric.
type Value struct {
	Of     *Desc
	Labels []string // of Of.Labels
	Value  float64
}

// Options say where to listen and what to show.
type Options struct {
	// Address is host:port with a loopback IP, or unix:/path of a socket, which is made for its owner and group.
	Address string
	Descs   []*Desc        // all that Values may return
	Values  func() []Value // for a scrape; called by several goroutines
	Healthy func() error   // nil if all is well; else the reason, in one line
	Log     *slog.Logger
}

// MaxConnections are served at a time; others wait in the kernel.
const MaxConnections = 4

// Server serves /metrics and /healthz.
type Server struct {
	l    net.Listener
	http *http.Server
}

// Check says what is wrong with an address; nil if nothing.
func Check(address string) error {
	_, _, err := split(address)
	return err
}

func split(address string) (network, where string, err error) {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		if !strings.HasPrefix(path, "/") {
			return "", "", fmt.Errorf("%q is no absolute path of a socket", path)
		}
		return "unix", path, nil
	}
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return "", "", fmt.Errorf("%q is neither an address with its port nor unix:/path", address)
	}
	if !a.Addr().Unmap().IsLoopback() {
		return "", "", fmt.Errorf("%q is no loopback address: other hosts could read it", address)
	}
	return "tcp", address, nil
}

// Listen opens the address. Run serves it.
func Listen(o Options) (*Server, error) {
	network, where, err := split(o.Address)
	if err != nil {
		return nil, fmt.Errorf("listen for metrics: %w", err)
	}
	if network == "unix" {
		if err := removeStale(where); err != nil {
			return nil, fmt.Errorf("listen for metrics: %w", err)
		}
	}
	l, err := net.Listen(network, where)
	if err != nil {
		return nil, fmt.Errorf("listen for metrics: %w", err)
	}
	if network == "unix" {
		if err := os.Chmod(where, 0o660); err != nil {
			return nil, errors.Join(fmt.Errorf("listen for metrics: %w", err), l.Close())
		}
	}
	return &Server{l: &bounded{Listener: l, slots: make(chan struct{}, MaxConnections)}, http: &http.Server{
		Handler: handler(o), ReadHeaderTimeout: time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: 30 * time.Second, MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}}, nil
}

// removeStale removes a socket that nobody listens to: what a kill leaves behind. Anything else stays.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("%s: not a socket", path)
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		return errors.Join(fmt.Errorf("%s: another process listens to it", path), c.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return os.Remove(path)
}

// Addr returns the address listened to.
func (s *Server) Addr() net.Addr { return s.l.Addr() }

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = s.http.Close() })
	defer stop()
	if err := s.http.Serve(s.l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics: %w", err)
	}
	return nil
}

// Close stops listening, for a Server that was never run.
func (s *Server) Close() error { return s.l.Close() }

func handler(o Options) http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(newCollector(o))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: MaxConnections, Timeout: 5 * time.Second}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if err := o.Healthy(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, strings.ReplaceAll(err.Error(), "\n", "; ")+"\n")
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	return mux
}

// bounded accepts no more connections than it has slots.
type bounded struct {
	net.Listener
	slots chan struct{}
}

func (b *bounded) Accept() (net.Conn, error) {
	b.slots <- struct{}{}
	c, err := b.Listener.Accept()
	if err != nil {
		<-b.slots
		return nil, err
	}
	return &slotted{Conn: c, free: func() { <-b.slots }}, nil
}
