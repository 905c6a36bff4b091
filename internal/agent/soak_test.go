package agent

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/builtin"
)

// soakAgent runs the agent of TestSoak, in a process of its own.
func soakAgent(dir string) error {
	cfg := config.Default()
	cfg.Source.Kind, cfg.Source.File, cfg.Source.From = "file", filepath.Join(dir, "audit.log"), "start"
	cfg.StateDir = filepath.Join(dir, "state")
	cfg.Sinks.Stdout.Enabled = false
	cfg.Sinks.Syslog.Enabled, cfg.Sinks.Syslog.Address = true, filepath.Join(dir, "socket")
	cfg.Health.Listen = "unix:" + filepath.Join(dir, "health")
	cfg.Limits.Alerted = 1000 // full in the first half of half an hour: at 65,536 it fills for nine hours
	set, _ := rules.Load(builtin.Files())
	go tellLive(filepath.Join(dir, "live"))
	return Run(context.Background(), &cfg, Options{Rules: set, Log: slog.New(slog.DiscardHandler), kernelStatus: tellsNothing})
}

// tellLive writes now and then how many bytes the collector found alive: resident memory is that and garbage, which hides a slow leak.
func tellLive(name string) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for range time.Tick(100 * time.Millisecond) {
		metrics.Read(live)
		_ = os.WriteFile(name+".tmp", strconv.AppendUint(nil, live[0].Value.Uint64(), 10), 0o600)
		_ = os.Rename(name+".tmp", name)
	}
}

// sample is what the agent's process takes at one moment.
type sample struct {
	at         float64 // seconds
	rss, live  float64 // bytes
	fds, goes  float64
	lag, lost  float64
	records    float64
	unparsed   float64
	ownAlerts  float64
	sinkAlerts float64
}

type soaked struct {
	t    *testing.T
	dir  string
	pid  int
	http http.Client
}

func (s *soaked) metrics() map[string]float64 {
	s.t.Helper()
	resp, err := s.http.Get("http://agent/metrics")
	must(s.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	must(s.t, err)
	m := make(map[string]float64)
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name != "#" {
			m[name], _ = strconv.ParseFloat(value, 64)
		}
	}
	return m
}

func (s *soaked) sample(at time.Duration) sample {
	m := s.metrics()
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.pid))
	must(s.t, err)
	text, _ := os.ReadFile(filepath.Join(s.dir, "live"))
	live, _ := strconv.ParseFloat(string(text), 64)
	return sample{
		live: live, at: at.Seconds(), rss: m["process_resident_memory_bytes"], fds: float64(len(fds)), goes: m["go_goroutines"],
		lag: m["auditpy_tail_lag_bytes"], lost: m[`auditpy_lost_total{where="gaps"}`], records: m["auditpy_records_total"],
		unparsed: m[`auditpy_lost_total{where="unparsed"}`], ownAlerts: m["auditpy_own_alerts_total"], sinkAlerts: m["auditpy_alerts_total"],
	}
}

// rotating writes a log as auditd does, five files of 8 MiB.
type rotating struct {
	t    *testing.T
	name string
	f    *os.File
	size int
}

func (w *rotating) write(text string) {
	if w.f == nil || w.size > 8<<20 {
		w.rotate()
	}
	n, err := w.f.WriteString(text)
	must(w.t, err)
	w.size += n
}

func (w *rotating) rotate() {
	if w.f != nil {
		must(w.t, w.f.Close())
		for i := 4; i > 0; i-- {
			if i > 1 {
				_ = os.Rename(fmt.Sprintf("%s.%d", w.name, i-1), fmt.Sprintf("%s.%d", w.name, i))
			} else {
				must(w.t, os.Rename(w.name, w.name+".1"))
			}
		}
	}
	f, err := os.OpenFile(w.name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	must(w.t, err)
	w.f, w.size = f, 0
}

// soakEvent is one of many processes that execute something.
func soakEvent(n int) string {
	stamp := fmt.Sprintf("audit(%d.%03d:%d)", 1795250000+n/10_000, n/10%1000, n)
	return fmt.Sprintf(`type=SYSCALL msg=%[1]s: arch=c000003e syscall=59 success=yes exit=0 ppid=%[2]d pid=%[3]d auid=1001 uid=0 euid=0 tty=(none) ses=2 comm="tool" exe="/usr/bin/tool%[4]d" key="exec"
type=EXECVE msg=%[1]s: argc=2 a0="tool" a1="%[5]d"
type=PROCTITLE msg=%[1]s: proctitle="tool"
`, stamp, 2+n/7%30_000, 2+n%32_000, n%500, n)
}

// TestSoak holds a process of the agent to its bounds of memory, descriptors and goroutines, at 10,000 events a second if the
// machine can. It runs for AUDITPY_SOAK (make soak: 60s), else for a few seconds only. The memory limit is that of the unit.
func TestSoak(t *testing.T) {
	last := 4 * time.Second
	if d, err := time.ParseDuration(os.Getenv("AUDITPY_SOAK")); err == nil {
		last = d
	}
	dir := t.TempDir()
	s := &soaked{t: t, dir: dir, http: http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", filepath.Join(dir, "health"))
	}}}}
	peer := listen(t, filepath.Join(dir, "socket"))
	log := &rotating{t: t, name: filepath.Join(dir, "audit.log")}
	log.write("")
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "AUDITPY_TEST_SOAK="+dir, "GOMEMLIMIT=112MiB", "GOGC=400")
	cmd.Stderr = os.Stderr
	must(t, cmd.Start())
	s.pid = cmd.Process.Pid
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	wait(t, "the agent", func() bool { _, err := os.Stat(filepath.Join(dir, "health")); return err == nil })
	samples, events, attacks := s.soak(log, last)
	records := float64(3*events + 4*attacks)
	for end := time.Now().Add(2 * time.Minute); s.metrics()["auditpy_records_total"] < records && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
	}
	if x := s.sample(last); x.records != records {
		t.Fatalf("%.0f records of %.0f: %+v", x.records, records, x)
	}
	wait(t, "the last alert", func() bool { return peer.count() >= attacks })
	end := s.sample(last)
	if end.lost != 0 || end.unparsed != 0 {
		t.Errorf("%v gaps, %v lines that are no record", end.lost, end.unparsed)
	}
	s.judge(samples, last)
	t.Logf("%.0f events a second, %d attacks", float64(events)/last.Seconds(), attacks)
}

// soak writes for a while, and samples.
func (s *soaked) soak(log *rotating, last time.Duration) (samples []sample, events, attacks int) {
	begun := time.Now()
	sampled, lag := time.Duration(0), 0.0
	for at := time.Duration(0); at < last; at = time.Since(begun) {
		if lag < 16<<20 && events < int(at.Seconds()*10_000) {
			var b strings.Builder
			for range 500 {
				b.WriteString(soakEvent(events))
				events++
			}
			if events%5000 == 0 && attacks < 5000 {
				b.WriteString(attack(attacks))
				attacks++
			}
			log.write(b.String())
		} else {
			time.Sleep(5 * time.Millisecond)
		}
		if at-sampled >= 250*time.Millisecond {
			sampled = at
			x := s.sample(at)
			lag = x.lag
			samples = append(samples, x)
		}
	}
	return samples, events, attacks
}

// judge looks at the samples after the first half, in which tables fill.
func (s *soaked) judge(all []sample, last time.Duration) {
	rest := all[len(all)/2:]
	most := 0.0
	for _, x := range all {
		most = max(most, x.rss)
	}
	slope, doubt := trend(rest, func(x sample) float64 { return x.rss })
	alive, _ := trend(rest, func(x sample) float64 { return x.live })
	grown := slope * last.Seconds()
	s.t.Logf("%d samples: at most %.0f MiB resident, %+.2f ± %.2f MiB an hour; %.1f MiB alive at the end, %+.2f MiB an hour; %s goroutines, %s descriptors",
		len(all), most/(1<<20), slope*3600/(1<<20), doubt*3600/(1<<20), all[len(all)-1].live/(1<<20), alive*3600/(1<<20),
		spread(rest, func(x sample) float64 { return x.goes }), spread(rest, func(x sample) float64 { return x.fds }))
	if most > 128<<20 && !raceDetector {
		s.t.Errorf("%.0f MiB resident, want 128 at most", most/(1<<20))
	}
	// In a minute the noise of the collector is more than what is looked for: no more than 8 MiB of it. In less, tables fill.
	if grown > 8<<20 && last >= 45*time.Second && last < 30*time.Minute {
		s.t.Errorf("memory grows by %.2f MiB an hour", slope*3600/(1<<20))
	}
	if last >= 30*time.Minute && ((slope-2*doubt)*3600 > 1<<20 || alive*3600 > 1<<20) {
		s.t.Errorf("memory grows by %.2f ± %.2f MiB an hour, what is alive by %.2f", slope*3600/(1<<20), doubt*3600/(1<<20), alive*3600/(1<<20))
	}
	if lo, hi := bounds(rest, func(x sample) float64 { return x.goes }); hi-lo > 4 {
		s.t.Errorf("between %v and %v goroutines", lo, hi)
	}
	if lo, hi := bounds(rest, func(x sample) float64 { return x.fds }); hi-lo > 4 {
		s.t.Errorf("between %v and %v descriptors", lo, hi)
	}
}

func bounds(xs []sample, of func(sample) float64) (lo, hi float64) {
	lo, hi = of(xs[0]), of(xs[0])
	for _, x := range xs {
		lo, hi = min(lo, of(x)), max(hi, of(x))
	}
	return lo, hi
}

func spread(xs []sample, of func(sample) float64) string {
	lo, hi := bounds(xs, of)
	return fmt.Sprintf("%.0f-%.0f", lo, hi)
}

// trend is the slope of a quantity in bytes a second, by least squares over the means of blocks of samples, and its standard error: samples that
// follow one another are of the same cycle of the collector.
func trend(all []sample, of func(sample) float64) (bytes, err float64) {
	const blocks = 30
	var ts, ms []float64
	for i := range blocks {
		block := all[i*len(all)/blocks : (i+1)*len(all)/blocks]
		t, m := 0.0, 0.0
		for _, x := range block {
			t, m = t+x.at, m+of(x)
		}
		if n := float64(len(block)); n > 0 {
			ts, ms = append(ts, t/n), append(ms, m/n)
		}
	}
	n := float64(len(ts))
	var st, sm, stt, stm float64
	for i := range ts {
		st, sm, stt, stm = st+ts[i], sm+ms[i], stt+ts[i]*ts[i], stm+ts[i]*ms[i]
	}
	spread := stt - st*st/n
	bytes = (stm - st*sm/n) / spread
	rest := 0.0
	for i := range ts {
		d := ms[i] - sm/n - bytes*(ts[i]-st/n)
		rest += d * d
	}
	return bytes, math.Sqrt(rest / (n - 2) / spread)
}

// leaked returns the stacks of goroutines of the product that still run.
func leaked() (stacks []string) {
	for range 100 {
		buf := make([]byte, 1<<20)
		stacks = stacks[:0]
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(g, "auditpy/internal/") && !strings.Contains(g, "testing.") && !strings.Contains(g, "TestMain") {
				stacks = append(stacks, g)
			}
		}
		if len(stacks) == 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return stacks
}
