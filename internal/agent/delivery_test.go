package agent

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/sink"
	"github.com/auditpy/auditpy/internal/sinktest"
	"github.com/auditpy/auditpy/internal/spool"
	"github.com/auditpy/auditpy/rules/rule"
)

// pipe is an outlet with a queue on disk, running.
type pipe struct {
	*outlet
	t       *testing.T
	stop    context.CancelFunc
	stopped chan struct{}
}

func newPipe(t *testing.T, s sink.Sink, o spool.Options) *pipe {
	t.Helper()
	p := &pipe{t: t, outlet: &outlet{sink: s, log: slog.New(slog.NewTextHandler(io.Discard, nil)), drops: new(drops), durable: true}}
	o.OnDrop = p.drops.see
	var err error
	if p.queue, err = spool.Open(t.TempDir(), o); err != nil {
		t.Fatal(err)
	}
	p.notify = func(n *alert.Notice) bool { return notifyAll([]*outlet{p.outlet}, n) }
	ctx, cancel := context.WithCancel(context.Background())
	p.stop, p.stopped = cancel, make(chan struct{})
	go func() { p.run(ctx); close(p.stopped) }()
	t.Cleanup(func() {
		cancel()
		<-p.stopped
		p.queue.Close()
		s.Close()
	})
	return p
}

func syslogSink(t *testing.T, o sink.SyslogOptions) sink.Sink {
	t.Helper()
	s, err := sink.NewSyslog(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// numbered returns alert n with a filling of about size bytes.
func numberedAlert(n, size int, level rule.Level) alert.Envelope {
	id := fmt.Sprintf("id%06dx", n)
	return alert.Envelope{
		ID: id, Time: time.UnixMilli(1795250967999 + int64(n)).UTC(), Level: level, Rule: fmt.Sprint("rule-", level), Text: "x\n",
		JSON: fmt.Appendf(nil, `{"event":{"id":%q},"pad":%q}`, id, strings.Repeat("x", size)),
	}
}

func (p *pipe) put(ctx context.Context, from, to, size int) {
	p.t.Helper()
	for n := from; n < to; n++ {
		e := numberedAlert(n, size, rule.High)
		frame, err := e.Append(nil)
		if err == nil {
			err = p.append(ctx, int(e.Level), frame)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

var idPattern = regexp.MustCompile(`"event":\{"id":"(id\d{6}x)"`)

// tally counts, over alerts 0 to n-1, those that are missing from lines, and the lines beyond the first of each.
func tally(t *testing.T, lines []string, n int) (lost, repeated int) {
	t.Helper()
	seen := make(map[string]int)
	for _, l := range lines {
		m := idPattern.FindStringSubmatch(l)
		if m == nil {
			t.Fatalf("a line without an id, or with a torn one: %.200q", l)
		}
		if seen[m[1]]++; seen[m[1]] > 1 {
			repeated++
		}
	}
	for i := range n {
		if seen[numberedAlert(i, 0, 0).ID] == 0 {
			lost++
		}
	}
	if len(seen)+lost != n {
		t.Errorf("%d different alerts arrived, %d lost, of %d sent: some were never sent", len(seen), lost, n)
	}
	return lost, repeated
}

func key(line string) string {
	if m := idPattern.FindStringSubmatch(line); m != nil {
		return m[1]
	}
	return line
}

// killer kills a receiver whenever it has taken some more alerts that it did not have, and starts it again at once. It returns when all
// is done.
func killer(r *sinktest.Receiver, kills, every, sent int) error {
	rnd := rand.New(rand.NewPCG(10, uint64(every)))
	for k := range kills {
		want := min(k*every+rnd.IntN(every), sent-1)
		for deadline := time.Now().Add(time.Minute); r.Distinct() < want; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				return fmt.Errorf("%d alerts did not come before kill %d", want, k)
			}
		}
		r.Kill()
		if err := r.Start(); err != nil {
			return err
		}
	}
	return nil
}

// D10: a RELP receiver is killed 50 times, between reading a line, taking it and acknowledging it: nothing is lost.
func TestD10RELPReceiverKilled(t *testing.T) {
	const alerts, kills = 3000, 50
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(10, 10))
	deaf := func(string) bool { // now and then the connection dies after a line was read and before it is taken
		mu.Lock()
		defer mu.Unlock()
		return rnd.IntN(500) != 0
	}
	r := listenAt(t, sinktest.Options{RELP: true, Take: deaf})
	p := newPipe(t, syslogSink(t, sink.SyslogOptions{Network: "relp", Address: r.Addr(), Timeout: time.Second}), spool.Options{})
	killed := make(chan error, 1)
	go func() { killed <- killer(r, kills, alerts/kills, alerts) }()
	p.put(t.Context(), 0, alerts, 300)
	if err := <-killed; err != nil {
		t.Fatal(err)
	}
	wait(t, "an empty queue", func() bool { return p.queue.Len() == 0 })
	lost, repeated := tally(t, r.Lines(), alerts)
	if lost != 0 {
		t.Errorf("%d of %d lost", lost, alerts)
	}
	t.Logf("%d alerts, %d kills: %d lost, %d repeated", alerts, kills, lost, repeated)
}

func listenAt(t *testing.T, o sinktest.Options) *sinktest.Receiver {
	t.Helper()
	o.Key = key
	r, err := sinktest.Listen("127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Kill)
	return r
}

// D11: a receiver that has no acknowledgements is killed 50 times, fast and slow: what it had not read is sent again, and nothing is lost while
// what is sent again is more than the peer's kernel holds.
func TestD11StreamReceiverKilled(t *testing.T) {
	p, ca := certificates(t)
	for _, tt := range []struct {
		name    string
		network string
		alerts  int
		replay  int64
		o       sinktest.Options
	}{
		{"tcp fast", "tcp", 2000, 0, sinktest.Options{}},
		{"tls fast", "tls", 2000, 0, sinktest.Options{TLS: &tls.Config{Certificates: []tls.Certificate{p.TLS}}}},
		{"tcp slow", "tcp", 3300, 200_000, sinktest.Options{ReadBuffer: 32 << 10, Delay: time.Millisecond}},
		{"tls slow", "tls", 3300, 200_000, sinktest.Options{ReadBuffer: 32 << 10, Delay: time.Millisecond, TLS: &tls.Config{Certificates: []tls.Certificate{p.TLS}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const kills = 50
			r := listenAt(t, tt.o)
			s := syslogSink(t, sink.SyslogOptions{Network: tt.network, Address: r.Addr(), Timeout: 2 * time.Second, ReplayBytes: tt.replay, TLS: sink.TLSOptions{CAFile: ca}})
			p := newPipe(t, s, spool.Options{})
			begin := time.Now()
			killed := make(chan error, 1)
			go func() { killed <- killer(r, kills, tt.alerts/kills, tt.alerts) }()
			p.put(t.Context(), 0, tt.alerts, 300)
			if err := <-killed; err != nil {
				t.Fatal(err)
			}
			wait(t, "an empty queue", func() bool { return p.queue.Len() == 0 })
			for deadline := time.Now().Add(10 * time.Second); r.Distinct() < tt.alerts && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			lost, repeated := tally(t, r.Lines(), tt.alerts)
			if lost != 0 {
				t.Errorf("%d of %d lost", lost, tt.alerts)
			}
			t.Logf("%d alerts, %d kills: %d lost, %d repeated, %v", tt.alerts, kills, lost, repeated, time.Since(begin))
		})
	}
}

func certificates(t *testing.T) (server *sinktest.Pair, ca string) {
	t.Helper()
	dir := t.TempDir()
	a, err := sinktest.NewAuthority()
	if err == nil {
		ca, err = a.WriteCA(dir)
	}
	if err == nil {
		server, err = a.Issue(dir, "127.0.0.1", time.Now().Add(time.Hour))
	}
	if err != nil {
		t.Fatal(err)
	}
	return server, ca
}

// D11, the bound: of what a peer's kernel had and the peer had not read, what is beyond the window is lost, and no more.
func TestD11Window(t *testing.T) {
	const alerts, size, window = 2 * maxBatch, 1000, 50_000
	r := listenAt(t, sinktest.Options{ReadBuffer: 400 << 10})
	r.Stop() // it reads nothing, and its kernel takes what its buffers hold
	s := syslogSink(t, sink.SyslogOptions{Network: "tcp", Address: r.Addr(), ReplayBytes: window})
	p := newPipe(t, s, spool.Options{})
	p.put(t.Context(), 0, alerts, size)
	wait(t, "the peer's kernel", func() bool { return p.queue.Len() == 0 })
	r.Kill()
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	p.put(t.Context(), alerts, 2*alerts, size)
	wait(t, "the rest", func() bool { n := r.Len(); return n > 0 && key(r.Lines()[n-1]) == numberedAlert(2*alerts-1, 0, 0).ID })
	lost, repeated := tally(t, r.Lines(), 2*alerts)
	if most := alerts - window/(size+300); lost > most || lost == 0 || repeated != 0 { // a line is its filling and at most 300 bytes
		t.Errorf("%d lost of %d that the peer's kernel had, %d repeated, want 1 to %d and none", lost, alerts, repeated, most)
	}
	t.Logf("%d lost of %d unread, with a window of %d bytes", lost, alerts, window)
}

// D12: while a sink is stopped, half open, stalls in its handshake, shows a bad certificate, or has no address, another one gets each alert within
// 100 ms, and the bad one is back within 5 s.
func TestD12OthersUnaffected(t *testing.T) {
	server, ca := certificates(t)
	dir := t.TempDir()
	a, err := sinktest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	late, err := a.Issue(dir, "127.0.0.1", time.Now().Add(-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	otherCA, err := a.WriteCA(dir)
	if err != nil {
		t.Fatal(err)
	}
	good := &tls.Config{Certificates: []tls.Certificate{server.TLS}}
	mute, err := net.Listen("tcp", "127.0.0.1:0") // connections are made by the kernel, and nobody accepts them
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	// One that held up the other would do so for its timeouts and waits, of seconds. How long it takes on a quiet machine,
	// 100 ms at most, is in docs/reliability.md.
	_, usual := beside(t, sink.NewFile(sink.FileOptions{Path: filepath.Join(dir, "usual.json"), NoSync: true}))
	most := max(time.Second, 20*usual)
	t.Logf("beside a good sink: 99 of 100 in %v", usual)
	for name, tt := range map[string]struct {
		o       sink.SyslogOptions
		r       *sinktest.Options // nil: o.Address
		stopped bool
	}{
		"stopped":         {sink.SyslogOptions{Network: "tcp"}, &sinktest.Options{}, true},
		"relp stopped":    {sink.SyslogOptions{Network: "relp"}, &sinktest.Options{RELP: true}, true},
		"tls stopped":     {sink.SyslogOptions{Network: "tls", TLS: sink.TLSOptions{CAFile: ca}}, &sinktest.Options{TLS: good}, true},
		"handshake":       {sink.SyslogOptions{Network: "tls", TLS: sink.TLSOptions{CAFile: ca}, Address: mute.Addr().String()}, nil, false},
		"expired":         {sink.SyslogOptions{Network: "tls", TLS: sink.TLSOptions{CAFile: otherCA}}, &sinktest.Options{TLS: &tls.Config{Certificates: []tls.Certificate{late.TLS}}}, false},
		"wrong authority": {sink.SyslogOptions{Network: "relp+tls", TLS: sink.TLSOptions{CAFile: otherCA}}, &sinktest.Options{RELP: true, TLS: good}, false},
		"no such name":    {sink.SyslogOptions{Network: "tcp", Address: "siem.invalid:514"}, nil, false},
		"nobody there":    {sink.SyslogOptions{Network: "relp", Address: "127.0.0.1:1"}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			var bad *sinktest.Receiver
			if tt.r != nil {
				bad = listenAt(t, *tt.r)
				tt.o.Address = bad.Addr()
			}
			if tt.stopped {
				bad.Stop()
			}
			tt.o.Timeout = 500 * time.Millisecond
			other, p99 := beside(t, syslogSink(t, tt.o))
			if p99 > most {
				t.Errorf("99 of 100 alerts took up to %v beside it, want %v", p99, most)
			}
			if tt.stopped {
				bad.Continue()
				begin := time.Now()
				wait(t, "the other sink to come back", func() bool { return bad.Distinct() == besideAlerts })
				if d := time.Since(begin); d > 5*time.Second {
					t.Errorf("it took %v to come back", d)
				}
			} else if other.queue.Len() != besideAlerts {
				t.Errorf("%d wait for the bad sink, want %d", other.queue.Len(), besideAlerts)
			}
		})
	}
}

const besideAlerts = 300

// beside sends alerts to a file and to another sink, and returns in what time 99 of 100 were in the file.
func beside(t *testing.T, other sink.Sink) (p *pipe, p99 time.Duration) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "alerts.json")
	probe := &stopwatch{Sink: sink.NewFile(sink.FileOptions{Path: file, NoSync: true}), sent: map[string]time.Time{}}
	outs := []*pipe{newPipe(t, probe, spool.Options{}), newPipe(t, other, spool.Options{})}
	for n := range besideAlerts {
		e := numberedAlert(n, 2000, rule.High)
		probe.begin(e.ID)
		frame, err := e.Append(nil)
		for _, o := range outs {
			err = errors.Join(err, o.append(t.Context(), int(e.Level), frame))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	wait(t, "the good sink", func() bool { return probe.count() == besideAlerts })
	return outs[1], probe.percentile(99)
}

// stopwatch takes the time from begin until an alert is sent.
type stopwatch struct {
	sink.Sink
	mu   sync.Mutex
	sent map[string]time.Time
	took []time.Duration
}

func (s *stopwatch) begin(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent[id] = time.Now()
}

func (s *stopwatch) Send(ctx context.Context, batch []alert.Envelope) (int, error) {
	n, err := s.Sink.Send(ctx, batch)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range n {
		s.took = append(s.took, time.Since(s.sent[batch[i].ID]))
	}
	return n, err
}

func (s *stopwatch) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.took)
}

func (s *stopwatch) percentile(p int) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.took)
	return s.took[(len(s.took)-1)*p/100]
}
