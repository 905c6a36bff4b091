package agent

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/sink"
	"github.com/auditpy/auditpy/internal/sinktest"
	"github.com/auditpy/auditpy/internal/spool"
	"github.com/auditpy/auditpy/rules/rule"
)

// deadReceiver is one that does not listen until it is started again.
func deadReceiver(t *testing.T, o sinktest.Options) *sinktest.Receiver {
	t.Helper()
	r := listenAt(t, o)
	r.Kill()
	return r
}

// D4: a sink is down while 30,000 alerts are raised; all arrive in order, from a spool within its bound, in less than a minute, and meanwhile they
// take no memory.
func TestD4SinkDown(t *testing.T) {
	const alerts, size = 30_000, 1200
	r := deadReceiver(t, sinktest.Options{RELP: true})
	p := newPipe(t, syslogSink(t, sink.SyslogOptions{Network: "relp", Address: r.Addr()}), spool.Options{})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var batch [][]byte
	for n := range alerts {
		e := numberedAlert(n, size, rule.High)
		frame, err := e.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if batch = append(batch, frame); len(batch) == maxBatch || n == alerts-1 {
			if err := p.queue.AppendBatch(int(e.Level), batch); err != nil {
				t.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	s := p.queue.Stats()
	if s.Bytes > 64<<20 || s.Dropped != 0 || s.Frames != alerts {
		t.Errorf("the spool is %+v", s)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("%d MiB of memory for a backlog of %d MiB", grown>>20, s.Bytes>>20)
	}
	begin := time.Now()
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := begin.Add(time.Minute); p.queue.Len() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d still wait after a minute", p.queue.Len(), alerts)
		}
	}
	drained := time.Since(begin)
	lines := r.Lines()
	lost, repeated := tally(t, lines, alerts)
	if lost != 0 || repeated != 0 || !slices.IsSortedFunc(lines, func(a, b string) int { return strings.Compare(key(a), key(b)) }) {
		t.Errorf("%d lost, %d repeated, or not in order", lost, repeated)
	}
	t.Logf("%d alerts, %d MiB of spool, drained in %v", alerts, s.Bytes>>20, drained)
}

// D5: a spool over its bound drops the lowest level first and the oldest of it; when the sink is back one notice tells how many, and of
// which rules.
func TestD5DroppedNotice(t *testing.T) {
	const alerts = 1000
	r := deadReceiver(t, sinktest.Options{RELP: true})
	p := newPipe(t, syslogSink(t, sink.SyslogOptions{Network: "relp", Address: r.Addr()}), spool.Options{MaxBytes: 512 << 10})
	for n := range alerts {
		e := numberedAlert(n, 1000, []rule.Level{rule.Low, rule.Medium, rule.Critical, rule.Low}[n%4])
		frame, err := e.Append(nil)
		if err == nil {
			err = p.append(t.Context(), int(e.Level), frame)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	dropped := p.queue.Stats().Dropped
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	wait(t, "an empty queue", func() bool { return p.queue.Len() == 0 && r.Len() > 0 })
	got, notices, arrived := map[string]int{}, []string{}, 0
	for _, line := range r.Lines() {
		if strings.Contains(line, "auditpy-alerts-dropped") {
			notices = append(notices, line)
			continue
		}
		arrived++
		for _, level := range []rule.Level{rule.Low, rule.Medium, rule.Critical} {
			if strings.Contains(line, fmt.Sprintf("level=%q", level)) {
				got[level.String()]++
			}
		}
	}
	if arrived+int(dropped) != alerts || got["critical"] != alerts/4 || got["medium"] == 0 || got["medium"] == alerts/4 || got["low"] > maxBatch {
		t.Errorf("%d dropped, arrived %v, want all critical ones, some medium, no more low ones than were on their way", dropped, got)
	}
	if len(notices) != 1 {
		t.Fatalf("%d notices: %q", len(notices), notices)
	}
	var doc struct {
		Auditpy struct {
			Notice struct {
				Dropped uint64
				Rules   map[string]uint64
			}
		}
	}
	_, body, _ := strings.Cut(notices[0], "\"] ")
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	n := doc.Auditpy.Notice
	if n.Dropped != dropped || n.Rules["rule-low"]+n.Rules["rule-medium"] != dropped || n.Rules["rule-medium"] == 0 {
		t.Errorf("the notice says %+v, want %d dropped", n, dropped)
	}
}

// D13: told to stop while its sink is dead and alerts wait, the agent ends within 5 s, and what waited is sent by the next one.
func TestD13StopWithSinkDead(t *testing.T) {
	const attacks = 300
	cfg, log := testConfig(t)
	r := deadReceiver(t, sinktest.Options{RELP: true})
	cfg.Sinks.Stdout.Enabled = false
	d := config.Default().Sinks.Syslog.Destination
	d.Network, d.Address = "relp", r.Addr()
	cfg.Sinks.Forward = []config.Forward{{Name: "siem", Destination: d}}
	for i := range attacks {
		appendFile(t, log, attack(i))
	}
	a := startAgent(t, cfg)
	wait(t, "the position", func() bool { s, err := loadState(cfg.StateDir); return err == nil && s.Cursor.Offset > 0 })
	begin := time.Now()
	a.stop()
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("it took %v to stop", d)
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	b := startAgent(t, cfg)
	wait(t, "the alerts", func() bool { return r.Len() >= attacks })
	b.stop()
	seen := map[string]int{}
	for _, line := range r.Lines() {
		seen[number.FindString(line)]++
	}
	for i := range attacks {
		if n := seen[fmt.Sprintf("n%04d", i)]; n < 1 || n > 2 {
			t.Errorf("attack %d arrived %d times", i, n)
		}
	}
	t.Logf("%d lines for %d attacks", r.Len(), attacks)
}
