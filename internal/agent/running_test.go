package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/notify"
	"github.com/auditpy/auditpy/internal/source"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/builtin"
	"github.com/auditpy/auditpy/rules/rule"
)

// tellsNothing stands for a kernel that does not say how its auditing is.
func tellsNothing() (source.KernelStatus, error) {
	return source.KernelStatus{}, source.ErrNoPermission
}

// startWith is startAgent with options of the test's.
func startWith(t *testing.T, cfg config.Config, o Options) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{t: t, cancel: cancel, done: make(chan error, 1), out: new(lockedBuffer)}
	o.Stdout, o.kernelStatus = r.out, tellsNothing
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	go func() { r.done <- Run(ctx, &cfg, o) }()
	t.Cleanup(cancel)
	return r
}

func loadSet(t *testing.T, more ...rule.File) (*rules.Set, []rule.Diag) {
	t.Helper()
	return rules.Load(append(builtin.Files(), more...))
}

// five fires on the fifth of its matches. The programs it counts are none of the others'.
const five = `title: Program
name: p
logsource: {category: process_creation, product: linux}
detection: {s: {Image|endswith: /counted}, condition: s}
---
title: Five
level: high
correlation: {type: event_count, rules: p, group-by: User, timespan: 1h, condition: {gte: 5}}
`

// counted is one execution that five counts.
func counted(number int) string {
	return strings.NewReplacer("STAMP", fmt.Sprintf("audit(%d.500:%d)", 1795250000+number, 1_000_000+number)).Replace(
		`type=SYSCALL msg=STAMP: arch=c000003e syscall=59 success=yes exit=0 ppid=5 pid=7 auid=1001 uid=0 euid=0 tty=(none) ses=2 comm="counted" exe="/usr/bin/counted" key="exec"
type=EXECVE msg=STAMP: argc=1 a0="counted"
type=PROCTITLE msg=STAMP: proctitle="counted"
`)
}

// harmless is an execution that no rule looks for. All are of one time, so that no window closes by them.
func harmless(number int) string {
	return strings.ReplaceAll(strings.ReplaceAll(counted(600), "counted", "harmless"), ":1000600", fmt.Sprint(":", 2_000_000+number))
}

// TestReload reloads a hundred times under load, every tenth time a broken set: no alert is lost or doubled, the old rules stay
// where the new ones are broken, a correlation that counts across all reloads fires, and reading never waits for 50 ms.
func TestReload(t *testing.T) {
	cfg, log := testConfig(t)
	cfg.Health.Alerts = true
	file := rule.File{Name: "five.yml", Data: []byte(five)}
	set, diags := loadSet(t, file)
	var loads atomic.Int64
	hup := make(chan os.Signal, 1)
	appendFile(t, log, counted(0)+counted(1)+counted(2)+counted(3))
	a := startWith(t, cfg, Options{Rules: set, Diags: diags, Reload: hup, Load: func() (*Loaded, error) {
		n := loads.Add(1)
		if n%20 == 10 {
			return nil, errors.New("config.yaml:1: source.kin: unknown key")
		}
		more := file
		if n%20 == 0 {
			more.Data = []byte(five + "---\ntitle: [")
		}
		set, diags := loadSet(t, more)
		return &Loaded{Config: cfg, Rules: set, Diags: diags}, nil
	}})
	const attacks = 500
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		pace := time.NewTicker(time.Millisecond) // 9,000 records a second, which the race detector can follow
		defer pace.Stop()
		for i := 0; ; i++ {
			<-pace.C
			if i < attacks {
				appendFile(t, log, attack(10+i))
			}
			select {
			case <-stop:
				return
			default:
				appendFile(t, log, harmless(3*i)+harmless(3*i+1)+harmless(3*i+2))
			}
		}
	})
	told := func(id string) int { return strings.Count(a.out.String(), `"action":["`+id+`"]`) }
	for range 100 {
		was := told("auditpy-reloaded") + told("auditpy-reload-refused")
		hup <- syscall.SIGHUP
		wait(t, "a reload", func() bool { return told("auditpy-reloaded")+told("auditpy-reload-refused") > was })
	}
	wait(t, "all attacks", func() bool { return strings.Count(a.out.String(), "'n0") >= attacks })
	close(stop)
	writer.Wait()
	if n := strings.Count(a.out.String(), `"name":"Five"`); n != 0 {
		t.Errorf("the correlation fired %d times before its fifth match", n)
	}
	appendFile(t, log, counted(4))
	wait(t, "the fifth match", func() bool { return strings.Contains(a.out.String(), `"name":"Five"`) })
	a.stop()
	if done, refused := told("auditpy-reloaded"), told("auditpy-reload-refused"); done != 90 || refused != 10 {
		t.Errorf("%d reloads and %d refusals, want 90 and 10", done, refused)
	}
	seen := make(map[string]int)
	for _, n := range numbers(a.out.String()) {
		seen[n]++
	}
	delete(seen, "")
	for i := range attacks {
		if name := fmt.Sprintf("n%04d", 10+i); seen[name] != 1 {
			t.Errorf("attack %s: %d alerts", name, seen[name])
		}
	}
	checkPause(t, a.out.String())
}

func checkPause(t *testing.T, out string) {
	t.Helper()
	var all []time.Duration
	for _, m := range regexp.MustCompile(`"pause":"([^"]*)"`).FindAllStringSubmatch(out, -1) {
		var text string
		must(t, json.Unmarshal([]byte(`"`+m[1]+`"`), &text))
		d, err := time.ParseDuration(text)
		must(t, err)
		all = append(all, d)
	}
	slices.Sort(all)
	// Not the longest: on a machine with more to do than it has processors, that is how long the agent was not run at all.
	if most := all[len(all)*9/10]; most > 50*time.Millisecond {
		t.Errorf("reading waited for %s at a reload, want 50ms at most", most)
	}
	t.Logf("pauses: median %s, longest %v", all[len(all)/2], all[len(all)-5:])
}

// TestReloadKnownBad: a rule that was bad at the start does not stop a reload, one that becomes bad does.
func TestReloadKnownBad(t *testing.T) {
	bad := rule.File{Name: "bad.yml", Data: []byte("title: [")}
	set, diags := loadSet(t, bad)
	s := &supervisor{o: Options{Load: func() (*Loaded, error) { return &Loaded{Rules: set, Diags: diags}, nil }}}
	if _, err := s.load(diags); err != nil {
		t.Errorf("a rule that was bad before: %v", err)
	}
	if _, err := s.load(nil); err == nil || !strings.Contains(err.Error(), "bad.yml:1") {
		t.Errorf("a rule that became bad: %v", err)
	}
	none, _ := rules.Load(nil)
	s.o.Load = func() (*Loaded, error) { return &Loaded{Rules: none}, nil }
	if _, err := s.load(nil); err == nil {
		t.Error("a set without rules is taken")
	}
}

func TestFixedKeys(t *testing.T) {
	a, b := config.Default(), config.Default()
	b.Rules.Builtin, b.Log.Level, b.Alerts.Group = false, "debug", "rule"
	if got := fixedKeys(&a, &b); got != nil {
		t.Errorf("%q, want none", got)
	}
	b.StateDir, b.Limits.Alerted = "/x", 1
	if got := strings.Join(fixedKeys(&a, &b), " "); got != "limits state_dir" {
		t.Errorf("%q", got)
	}
}

// TestTerminate: at full load, with a sink that is dead and a spool that is half full, the agent ends within five seconds, and
// the next one sends every alert.
func TestTerminate(t *testing.T) {
	cfg, log := testConfig(t)
	socket := filepath.Join(t.TempDir(), "log")
	cfg.Sinks.Stdout.Enabled = false
	cfg.Sinks.Syslog.Enabled, cfg.Sinks.Syslog.Address = true, socket
	cfg.Spool.MaxBytes = 2 << 20
	set, diags := loadSet(t)
	stop := make(chan struct{})
	var written atomic.Int64
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if i%8 == 0 && i/8 < 500 {
				appendFile(t, log, attack(i/8))
				written.Store(int64(i/8) + 1)
			}
			appendFile(t, log, strings.Repeat(harmless(i), 8))
		}
	})
	a := startWith(t, cfg, Options{Rules: set, Diags: diags})
	spooled := func() (n int64) {
		names, _ := filepath.Glob(cfg.StateDir + "/spool/syslog/*")
		more, _ := filepath.Glob(cfg.StateDir + "/spool/syslog/*/*")
		for _, name := range append(names, more...) {
			if info, err := os.Stat(name); err == nil && strings.HasSuffix(name, ".seg") {
				n += info.Size()
			}
		}
		return n
	}
	for end := time.Now().Add(15 * time.Second); spooled() < 1<<20 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
	}
	half := spooled()
	begun := time.Now()
	a.stop()
	took := time.Since(begun)
	close(stop)
	writer.Wait()
	t.Logf("ended in %s with %d KiB on the spool, %d attacks written", took, half>>10, written.Load())
	if took > 5*time.Second {
		t.Errorf("ended in %s, want 5s at most", took)
	}
	peer := listen(t, socket)
	b := startWith(t, cfg, Options{Rules: set, Diags: diags})
	wait(t, "every alert", func() bool { return peer.count() == int(written.Load()) })
	b.stop()
	if half < 1<<19 {
		t.Errorf("%d bytes on the spool, want more", half)
	}
}

// receiver counts the attacks in what comes to a socket.
type receiver struct {
	mu   sync.Mutex
	seen map[string]int
}

func listen(t *testing.T, socket string) *receiver {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	r := &receiver{seen: make(map[string]int)}
	go func() {
		for buf := make([]byte, 1<<16); ; {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			r.mu.Lock()
			r.seen[number.FindString(string(buf[:n]))]++
			r.mu.Unlock()
		}
	}()
	return r
}

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seen)
}

// TestTwoAgents: a second agent on the state directory refuses to run, in less than a second, and says who runs.
func TestTwoAgents(t *testing.T) {
	cfg, log := testConfig(t)
	set, diags := loadSet(t)
	a := startWith(t, cfg, Options{Rules: set, Diags: diags})
	appendFile(t, log, attack(1))
	wait(t, "the first one", func() bool { return strings.Contains(a.out.String(), "n0001") })
	begun := time.Now()
	b := startWith(t, cfg, Options{Rules: set, Diags: diags})
	select {
	case err := <-b.done:
		if !errors.Is(err, ErrRunning) || !strings.Contains(err.Error(), fmt.Sprintf("pid %q", fmt.Sprint(os.Getpid()))) || time.Since(begun) > time.Second {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the second agent runs")
	}
	a.stop()
	c := startWith(t, cfg, Options{Rules: set, Diags: diags})
	appendFile(t, log, attack(2))
	wait(t, "the next one", func() bool { return strings.Contains(c.out.String(), "n0002") })
	c.stop()
}

// TestStateDirRefused: a state directory that others may write, or own, ends the agent before it reads anything from it.
func TestStateDirRefused(t *testing.T) {
	cfg, _ := testConfig(t)
	must(t, os.Mkdir(cfg.StateDir, 0o700))
	must(t, os.Chmod(cfg.StateDir, 0o770))
	set, diags := loadSet(t)
	err := <-startWith(t, cfg, Options{Rules: set, Diags: diags}).done
	if err == nil || !strings.Contains(err.Error(), cfg.StateDir+": refused: the group may write it (mode 0770)") {
		t.Errorf("err = %v", err)
	}
}

// stuck is a source that hangs, and does not look at its context.
type stuck struct {
	hang atomic.Bool
	free chan struct{}
}

func (s *stuck) Next(context.Context) (audit.Record, error) {
	if s.hang.Load() {
		<-s.free
	}
	time.Sleep(time.Millisecond)
	return audit.Record{}, source.ErrIdle
}

// TestWatchdog: systemd hears that the agent lives while the loop goes on, and nothing once a stage hangs.
func TestWatchdog(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	must(t, err)
	defer conn.Close()
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", "200000")
	systemd, err := notify.FromEnvironment()
	must(t, err)
	src := &stuck{free: make(chan struct{})}
	l := newTestLoop(t, []rule.File{{Name: "r.yml", Data: []byte(absence)}}, src)
	cfg, _ := testConfig(t)
	s := newSupervisor(&cfg, Options{Log: slog.New(slog.DiscardHandler), Systemd: systemd}, l, &input{}, nil)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { s.feed(ctx) })
	wg.Go(func() { s.alarm(ctx) })
	wg.Go(func() { _ = l.Run(ctx) })
	heard := func(within time.Duration) (n int) {
		for end := time.Now().Add(within); ; {
			must(t, conn.SetReadDeadline(end))
			buf := make([]byte, 64)
			k, err := conn.Read(buf)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return n
			}
			if must(t, err); string(buf[:k]) == "WATCHDOG=1" {
				n++
			}
		}
	}
	if n := heard(time.Second); n < 5 {
		t.Errorf("heard %d times in a second, want 10", n)
	}
	src.hang.Store(true)
	heard(250 * time.Millisecond) // one may be on its way
	if n := heard(time.Second); n != 0 {
		t.Errorf("heard %d times of a loop that hangs", n)
	}
	src.hang.Store(false)
	close(src.free)
	if n := heard(time.Second); n < 5 {
		t.Errorf("heard %d times after it went on", n)
	}
	cancel()
	wg.Wait()
}

// TestConservation: all that comes in is accounted for, whatever it is.
func TestConservation(t *testing.T) {
	cfg, log := testConfig(t)
	cfg.Health.Alerts, cfg.Alerts.Group = true, "event"
	set, diags := loadSet(t, rule.File{Name: "five.yml", Data: []byte(five)})
	var lines strings.Builder
	for i := range 300 {
		lines.WriteString(attack(i) + harmless(i))
		switch i % 6 {
		case 0:
			lines.WriteString("rubbish\n")
		case 1:
			lines.WriteString(attack(i)) // late
		case 2:
			lines.WriteString(counted(i))
		case 3:
			lines.WriteString(strings.Repeat(strings.SplitAfter(harmless(5000+i), "\n")[0], 3)) // doubled, and never finished
		case 4:
			lines.WriteString(fmt.Sprintf("type=EOE msg=audit(1795250000.000:%d): \n", i))
		case 5:
			lines.WriteString(fmt.Sprintf("type=CONFIG_CHANGE msg=audit(1795250%03d.000:%d): op=set audit_enabled=0 old=1 auid=0 res=1\n", i, 9_000_000+i))
		}
	}
	appendFile(t, log, lines.String())
	r, w := io.Pipe()
	defer w.Close()
	var sup *supervisor
	o := Options{Rules: set, Diags: diags, Stdin: r, Log: slog.New(slog.DiscardHandler), Stdout: new(bytes.Buffer), kernelStatus: tellsNothing, onStart: func(s *supervisor) { sup = s }}
	cfg.Source.Kind = "stdin"
	go func() {
		_, _ = io.WriteString(w, lines.String())
		w.Close()
	}()
	must(t, Run(context.Background(), &cfg, o))
	g := sup.publish(sup.now())
	if err := g.check(); err != nil {
		t.Error(err)
	}
	if in := uint64(strings.Count(lines.String(), "\n")); in != g.loop.Records+g.loop.Unparsed {
		t.Errorf("%d lines, %d records and %d unparsed", in, g.loop.Records, g.loop.Unparsed)
	}
	a := &g.assembled
	if a.Late == 0 || a.Doubled == 0 || g.ends == 0 || g.loop.Unparsed != 50 || g.raised < 300 || g.notices < 2 || g.tampering.HeldBack == 0 {
		t.Errorf("the test lacks something: %+v", g)
	}
	g.raised++
	if g.check() == nil {
		t.Error("an alert out of nowhere is not noticed")
	}
}
