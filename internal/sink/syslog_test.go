package sink

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
)

func newSyslog(t *testing.T, o SyslogOptions) *Datagram {
	t.Helper()
	s, err := NewSyslog(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.(*Datagram)
}

// send sends one alert.
func send(ctx context.Context, s Sink, e *alert.Envelope) error {
	n, err := s.Send(ctx, []alert.Envelope{*e})
	if (n == 1) != (err == nil) {
		return fmt.Errorf("%d sent, and the error %w", n, err)
	}
	return err
}

func listen(t *testing.T, network, address string) net.PacketConn {
	t.Helper()
	c, err := net.ListenPacket(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func receive(t *testing.T, c net.PacketConn) []byte {
	t.Helper()
	b := make([]byte, 1<<20)
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, _, err := c.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

func TestDatagrams(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for network, c := range map[string]net.PacketConn{
		"unix": listen(t, "unixgram", path),
		"udp":  listen(t, "udp", "127.0.0.1:0"),
	} {
		s := newSyslog(t, SyslogOptions{Network: network, Address: c.LocalAddr().String(), Host: "me"})
		for _, size := range []int{10, 100_000} {
			e := large(t, size)
			if err := send(t.Context(), s, e); err != nil {
				t.Fatal(err)
			}
			check(t, receive(t, c), s.line.Header, e, map[string]int{"unix": 8192, "udp": 1180}[network])
		}
		if want := "syslog " + network + " " + c.LocalAddr().String(); s.Name() != want {
			t.Errorf("Name() = %q, want %q", s.Name(), want)
		}
	}
}

// A line that is longer than the socket takes is cut until it goes through.
func TestMessageTooLong(t *testing.T) {
	for network, c := range map[string]net.PacketConn{
		"unix": listen(t, "unixgram", filepath.Join(t.TempDir(), "log")),
		"udp":  listen(t, "udp", "127.0.0.1:0"),
	} {
		s := newSyslog(t, SyslogOptions{Network: network, Address: c.LocalAddr().String(), MaxBytes: 1 << 20})
		e := large(t, 60_000)
		if err := send(t.Context(), s, e); err != nil {
			t.Fatalf("%s: %v", network, err)
		}
		line := receive(t, c)
		check(t, line, s.line.Header, e, len(e.JSON))
		if len(line) < 20_000 {
			t.Errorf("%s: cut to %d bytes, want no more than need be", network, len(line))
		}
	}
}

func TestUnixPeerRestarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := newSyslog(t, SyslogOptions{Address: path})
	e := envelope(`{}`)
	if err := send(t.Context(), s, e); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("Send without a socket = %v, want not exist", err)
	}
	for range 3 {
		c := listen(t, "unixgram", path)
		if err := send(t.Context(), s, e); err != nil {
			t.Fatal(err)
		}
		check(t, receive(t, c), s.line.Header, e, 0)
		c.Close()
		os.Remove(path)
	}
	if err := send(t.Context(), s, e); err == nil {
		t.Error("Send to a peer that is gone = nil, want an error")
	}
}

func TestUnixStream(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := newSyslog(t, SyslogOptions{Address: path})
	for range 2 {
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		lines := make(chan string)
		go serveStream(l, lines, 2)
		for _, doc := range []string{`{"n":1}`, `{"n":2}`} {
			if err := send(t.Context(), s, envelope(doc)); err != nil {
				t.Fatal(err)
			}
			if line := <-lines; !strings.HasSuffix(line, doc+"\n") {
				t.Errorf("line %q, want one that ends in %s and a line feed", line, doc)
			}
		}
		for range lines { // until the peer has closed
		}
	}
}

// serveStream takes n lines from one connection, then closes it and the listener, then the channel.
func serveStream(l net.Listener, lines chan<- string, n int) {
	defer close(lines)
	defer l.Close()
	c, err := l.Accept()
	if err != nil {
		return
	}
	defer c.Close()
	r := bufio.NewReader(c)
	for range n {
		line, _ := r.ReadString('\n')
		lines <- line
	}
}

// A peer that does not read costs the timeout, or less if ctx ends before.
func TestPeerStalls(t *testing.T) {
	c := listen(t, "unixgram", filepath.Join(t.TempDir(), "log"))
	fill := func(ctx context.Context, s *Datagram) error {
		for range 100_000 {
			if err := send(ctx, s, envelope(`{}`)); err != nil {
				return err
			}
		}
		return nil
	}
	address := c.LocalAddr().String()
	err := fill(t.Context(), newSyslog(t, SyslogOptions{Address: address, Timeout: 50 * time.Millisecond}))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Send to a full socket = %v, want a timeout", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = fill(ctx, newSyslog(t, SyslogOptions{Address: address, Timeout: time.Hour}))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Send with a ctx that ends = %v, want its error", err)
	}
	s := newSyslog(t, SyslogOptions{Address: address})
	done := make(chan []byte)
	go func() { done <- receiveUntil(c, "last") }()
	e := envelope(`{"n":"last"}`)
	if err := send(t.Context(), s, e); err != nil {
		t.Fatal(err)
	}
	check(t, <-done, s.line.Header, e, 0)
}

func receiveUntil(c net.PacketConn, text string) []byte {
	b := make([]byte, 1<<16)
	for {
		n, _, err := c.ReadFrom(b)
		if err != nil || strings.Contains(string(b[:n]), text) {
			return b[:n]
		}
	}
}

func TestUDPPeerRestarts(t *testing.T) {
	c := listen(t, "udp", "127.0.0.1:0")
	address := c.LocalAddr().String()
	s := newSyslog(t, SyslogOptions{Network: "udp", Address: address})
	c.Close()
	for range 10 { // refused datagrams are no error that lasts
		if err := send(t.Context(), s, envelope(`{}`)); err != nil {
			t.Errorf("Send to a closed port = %v", err)
		}
	}
	c = listen(t, "udp", address)
	e := envelope(`{"back":1}`)
	if err := send(t.Context(), s, e); err != nil {
		t.Fatal(err)
	}
	check(t, receive(t, c), s.line.Header, e, 0)
}

func TestNewSyslog(t *testing.T) {
	if _, err := NewSyslog(SyslogOptions{Network: "carrier"}); err == nil || !strings.Contains(err.Error(), `"carrier"`) {
		t.Errorf("NewSyslog with a bad network = %v", err)
	}
	s := newSyslog(t, SyslogOptions{})
	if s.Name() != "syslog unix /dev/log" || s.opts.MaxBytes != 8192 || s.line.Header.Facility != 10 {
		t.Errorf("defaults are %+v", s.opts)
	}
}

func TestWriter(t *testing.T) {
	var b strings.Builder
	line := func(dst []byte, e *alert.Envelope) []byte { return append(append(dst, e.ID...), '\n') }
	for _, s := range []Sink{NewWriter("stdout", &b, Payload{}.Lines()), NewWriter("stdout", &b, line)} {
		if err := errors.Join(send(t.Context(), s, envelope(`{"a":1}`)), s.Close()); err != nil || s.Name() != "stdout" {
			t.Errorf("Send = %v, Name %q", err, s.Name())
		}
	}
	if got := b.String(); got != "{\"a\":1}\na1b2\n" {
		t.Errorf("wrote %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := send(ctx, NewWriter("x", &b, line), envelope("")); !errors.Is(err, context.Canceled) {
		t.Errorf("Send after cancel = %v", err)
	}
}

func TestWriterBrokenPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r.Close()
	err = send(t.Context(), NewWriter("stdout", w, Payload{}.Lines()), envelope(`{}`))
	if err == nil || !strings.Contains(err.Error(), "send to stdout: ") || !strings.Contains(err.Error(), "broken pipe") {
		t.Errorf("Send into a broken pipe = %v", err)
	}
}
