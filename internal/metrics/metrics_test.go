package metrics

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	records = &Desc{Name: "auditpy_records_total", Help: "Records read."}
	waiting = &Desc{Name: "auditpy_waiting", Help: "Alerts that wait.", Kind: Gauge, Labels: []string{"sink"}}
)

type fake struct {
	mu  sync.Mutex
	err error
}

func (f *fake) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fake) healthy() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func start(t *testing.T, address string, f *fake) *Server {
	t.Helper()
	s, err := Listen(Options{
		Address: address, Descs: []*Desc{records, waiting}, Healthy: f.healthy, Log: slog.New(slog.DiscardHandler),
		Values: func() []Value { return []Value{{records, nil, 12}, {waiting, []string{`a"b`}, 3}} },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

// get asks over a new connection.
func get(t *testing.T, a net.Addr, path string) (int, string) {
	t.Helper()
	tr := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, a.Network(), a.String())
	}}
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr, Timeout: 10 * time.Second}).Get("http://x" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestServe(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "unix:" + filepath.Join(t.TempDir(), "s")} {
		f := new(fake)
		s := start(t, address, f)
		code, text := get(t, s.Addr(), "/metrics")
		for _, want := range []string{
			"# HELP auditpy_records_total Records read.\n# TYPE auditpy_records_total counter\nauditpy_records_total 12\n",
			"# TYPE auditpy_waiting gauge\nauditpy_waiting{sink=\"a\\\"b\"} 3\n",
		} {
			if code != 200 || !strings.Contains(text, want) {
				t.Errorf("%s: %d %q, want %q", address, code, text, want)
			}
		}
		if code, text := get(t, s.Addr(), "/healthz"); code != 200 || text != "ok\n" {
			t.Errorf("healthz: %d %q", code, text)
		}
		f.set(errors.Join(errors.New("blind"), errors.New("slow")))
		if code, text := get(t, s.Addr(), "/healthz"); code != 503 || text != "blind; slow\n" {
			t.Errorf("healthz: %d %q", code, text)
		}
		if code, _ := get(t, s.Addr(), "/debug/pprof/"); code != 404 {
			t.Errorf("pprof: %d", code)
		}
	}
}

func TestAddress(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:9": true, "[::1]:9": true, "127.9.9.9:9": true, "unix:/run/x": true, "[::ffff:127.0.0.1]:9": true,
		"": false, ":9": false, "0.0.0.0:9": false, "[::]:9": false, "192.0.2.1:9": false, "localhost:9": false, "example.com:9": false, "unix:x": false, "127.0.0.1": false,
	} {
		if err := Check(address); (err == nil) != ok {
			t.Errorf("Check(%q) = %v", address, err)
		}
	}
}

// TestStaleSocket: what a kill left behind is replaced; what is somebody's is not.
func TestStaleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Address: "unix:" + path, Log: slog.New(slog.DiscardHandler)}
	if _, err := Listen(o); err == nil || !strings.Contains(err.Error(), "another process listens") {
		t.Errorf("in use: %v", err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	s, err := Listen(o)
	if err != nil {
		t.Fatalf("stale: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	s.Close()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(o); err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Errorf("a file: %v", err)
	}
}

// TestCrowd: connections that say nothing do not keep others out for longer than the time for a header.
func TestCrowd(t *testing.T) {
	s := start(t, "127.0.0.1:0", new(fake))
	for range 2 * MaxConnections {
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	if code, _ := get(t, s.Addr(), "/healthz"); code != 200 {
		t.Errorf("healthz: %d", code)
	}
}
