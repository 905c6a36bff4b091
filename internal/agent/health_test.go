package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/source"
	"github.com/auditpy/auditpy/internal/spool"
	"github.com/auditpy/auditpy/rules/rule"
)

// patient is a supervisor on a clock of its own, over a source that does what the test says.
type patient struct {
	*supervisor
	t    *testing.T
	now  moment
	src  *fakeLog
	path string // of the log
}

// fakeLog is a log that is not read.
type fakeLog struct {
	scripted
	lag     int64
	waiting error
}

func (f *fakeLog) Lag() (int64, error) { return f.lag, nil }
func (f *fakeLog) Waiting() error      { return f.waiting }
func (f *fakeLog) Close() error        { return nil }

func newPatient(t *testing.T, mode string) *patient {
	t.Helper()
	p := &patient{t: t, src: &fakeLog{}, now: moment{wall: time.Unix(1795250000, 0)}}
	cfg, log := testConfig(t)
	cfg.Health.Alerts, cfg.Health.Heartbeat.Mode = true, mode
	p.path = log
	appendFile(t, log, "")
	if err := os.Mkdir(cfg.StateDir, 0o700); err != nil {
		t.Fatal(err)
	}
	q, err := spool.Open("", spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	l := newTestLoop(t, []rule.File{{Name: "r.yml", Data: []byte(absence)}}, p.src)
	l.Assembler, l.Tree, l.Correlator = assemble.New(assemble.Options{}), proctree.New(proctree.Options{}), correlate.New(correlate.Options{})
	l.OnBad, l.OnAlert = passOver(quiet), func(*alert.Alert, uint64) error { return nil }
	in := &input{src: p.src, file: new(source.File), log: quiet}
	p.supervisor = newSupervisor(&cfg, Options{Log: quiet, clock: func() moment { return p.now }}, l, in, []*outlet{{queue: q, sink: silent{}, log: quiet}})
	return p
}

// silent is a sink that takes nothing.
type silent struct{}

func (silent) Send(context.Context, []alert.Envelope) (int, error) { return 0, errors.New("silent") }
func (silent) Name() string                                        { return "silent" }
func (silent) Close() error                                        { return nil }

// pass lets time pass, second by second, and returns what was told as "rule@second".
func (p *patient) pass(seconds int) (told []string) {
	p.t.Helper()
	for range seconds {
		p.now.wall, p.now.mono = p.now.wall.Add(time.Second), p.now.mono+time.Second
		told = append(told, p.look()...)
	}
	return told
}

// look is one tick.
func (p *patient) look() (told []string) {
	p.t.Helper()
	p.tick()
	for p.outs[0].queue.Len() > 0 {
		frame, err := p.outs[0].queue.Peek(p.t.Context())
		if err != nil {
			p.t.Fatal(err)
		}
		env, err := alert.ParseEnvelope(frame)
		if err != nil {
			p.t.Fatal(err)
		}
		told = append(told, fmt.Sprintf("%s@%d", strings.TrimPrefix(env.Rule, "auditpy-"), int(p.now.mono/time.Second)))
		if err := p.outs[0].queue.Ack(); err != nil {
			p.t.Fatal(err)
		}
	}
	return told
}

// beatEvent lets the heartbeat's event through the loop.
func (p *patient) beatEvent(serial int) {
	p.t.Helper()
	p.src.lines = append(p.src.lines, fmt.Sprintf(`type=SYSCALL msg=audit(1795250000.000:%d): arch=c000003e syscall=257 success=yes exit=3 pid=9 uid=0 comm="auditpy" exe="/usr/bin/auditpy" key="auditpy_hb"`, serial),
		fmt.Sprintf(`type=PROCTITLE msg=audit(1795250000.000:%d): proctitle="auditpy"`, serial))
	if err := p.loop.Run(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

func (p *patient) want(what string, got []string, want ...string) {
	p.t.Helper()
	if !slices.Equal(got, want) {
		p.t.Errorf("%s: told %q, want %q", what, got, want)
	}
}

// TestHeartbeat: once an event of the heartbeat was seen, its absence is told within 70 seconds, again each ten periods, and
// its return at once.
func TestHeartbeat(t *testing.T) {
	p := newPatient(t, "auto")
	p.want("a host without the rule", p.pass(300))
	p.beatEvent(1)
	p.want("the first one", p.look())
	at := int(p.supervisor.now().mono / time.Second)
	told := p.pass(75)
	if len(told) != 1 || !strings.HasPrefix(told[0], "blind@") {
		t.Fatalf("told %q, want blind", told)
	}
	var when int
	if _, err := fmt.Sscanf(told[0], "blind@%d", &when); err != nil || when-at > 70 {
		t.Errorf("blind after %d s, want 70", when-at)
	}
	p.want("while it lasts", p.pass(500))
	if told := p.pass(200); len(told) != 1 {
		t.Errorf("after ten periods: %q, want it once more", told)
	}
	if err := p.healthy(); err == nil || !strings.Contains(err.Error(), "blind") {
		t.Errorf("healthy: %v", err)
	}
	p.beatEvent(2)
	p.want("the return", p.look(), fmt.Sprintf("sighted@%d", int(p.supervisor.now().mono/time.Second)))
	if text, err := os.ReadFile(filepath.Join(p.cfg.StateDir, "heartbeat")); string(text) != "seen\n" {
		t.Errorf("file %q, %v", text, err)
	}
}

// TestHeartbeatArmed: that events came is known after a restart; a backlog is no blindness; on is armed from the start.
func TestHeartbeatArmed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/hb", []byte("seen\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.Health.Heartbeat.File = dir + "/hb"
	if b := newHeartbeat(&cfg); !b.armed || b.keep != nil {
		t.Errorf("%+v, want it armed", b)
	}
	p := newPatient(t, "on")
	p.src.lag = 5 << 20
	p.want("behind", p.pass(120))
	p.src.lag = 0
	p.want("not behind", p.pass(1), "blind@121")
}

func TestHeartbeatOff(t *testing.T) {
	cfg := config.Default()
	cfg.StateDir = ""
	if newHeartbeat(&cfg) != nil {
		t.Error("a heartbeat without a file")
	}
	cfg.StateDir, cfg.Health.Heartbeat.Mode = "/x", "off"
	if newHeartbeat(&cfg) != nil {
		t.Error("a heartbeat that is off")
	}
}

// TestTamperSignals: each sign that no event tells is an alert in its time, once while it lasts.
func TestTamperSignals(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(p *patient)
		pass int
		want []string
	}{
		{"clock forward", func(p *patient) { p.supervisor.last.wall = p.supervisor.last.wall.Add(-time.Hour) }, 30, []string{"clock-stepped@11"}},
		{"clock back", func(p *patient) { p.now.wall = p.now.wall.Add(-6 * time.Second) }, 30, []string{"clock-stepped@11"}},
		{"clock slewed", func(p *patient) { p.now.wall = p.now.wall.Add(4 * time.Second) }, 30, nil},
		{"log truncated", func(p *patient) {
			p.loop.Stats.Gaps++
			_ = p.loop.OnBad(&source.GapError{Source: "audit.log", Msg: "truncated"})
		}, 30, []string{"records-lost@11"}},
		{"kernel loses", func(p *patient) {
			p.asked.Store(&kernelAnswer{KernelStatus: source.KernelStatus{Enabled: 1, Lost: 7}})
			p.pass(1)
			p.asked.Store(&kernelAnswer{KernelStatus: source.KernelStatus{Enabled: 1, Lost: 19}})
		}, 15, []string{"records-lost@12"}},
		{"kernel's count is reset", func(p *patient) {
			p.asked.Store(&kernelAnswer{KernelStatus: source.KernelStatus{Enabled: 1, Lost: 7}})
			p.pass(1)
			p.asked.Store(&kernelAnswer{KernelStatus: source.KernelStatus{Enabled: 1, Lost: 3}})
		}, 15, []string{"records-lost@12"}},
		{"kernel lost before", func(p *patient) {
			p.asked.Store(&kernelAnswer{KernelStatus: source.KernelStatus{Enabled: 1, Lost: 7}})
		}, 15, nil},
		{"auditing off", func(p *patient) {
			p.asked.Store(&kernelAnswer{KernelStatus: source.KernelStatus{Enabled: 1}})
			p.pass(1)
			p.asked.Store(&kernelAnswer{KernelStatus: source.KernelStatus{Enabled: 0}})
		}, 15, []string{"audit-off@12"}},
		{"kernel does not tell", func(p *patient) { p.asked.Store(&kernelAnswer{err: errors.New("no")}) }, 15, nil},
		{"log unreadable", func(p *patient) { p.src.waiting = os.ErrPermission }, 30, []string{"log-unreadable@16"}},
		{"log unreadable while it is rotated", func(p *patient) {
			p.src.waiting = os.ErrPermission
			p.pass(3)
			p.src.waiting = nil
		}, 30, nil},
		{"log readable again", func(p *patient) {
			p.src.waiting = os.ErrPermission
			p.pass(9)
			p.src.waiting = nil
		}, 30, []string{"log-readable@20"}},
		{"log readable by all", func(p *patient) { mustChmod(p, 0o644) }, 30, []string{"log-exposed@11"}},
		{"log writable by the group", func(p *patient) { mustChmod(p, 0o660) }, 30, []string{"log-exposed@11"}},
		{"log closed, as rotation does", func(p *patient) { mustChmod(p, 0o400) }, 30, nil},
		{"log open to its group, as log_group does", func(p *patient) { mustChmod(p, 0o640) }, 30, nil},
		{"log of another", func(p *patient) {
			if os.Geteuid() == 0 {
				must(p.t, os.Chown(p.path, 65533, 0))
			} else { // who is not root sees the same in what it remembers
				p.tailed.uid++
			}
		}, 30, []string{"log-exposed@11"}},
		{"log is a link", func(p *patient) {
			must(p.t, os.Rename(p.path, p.path+"x"))
			must(p.t, os.Symlink(p.path+"x", p.path))
		}, 30, []string{"log-exposed@11"}},
		{"log not protected any more", func(p *patient) { p.tailed.flags = protection }, 30, []string{"log-exposed@11"}},
		{"far behind", func(p *patient) { p.src.lag = 21 << 20 }, 30, []string{"tail-lag@11"}},
		{"behind", func(p *patient) { p.src.lag = 19 << 20 }, 30, nil},
		{"behind, and again", func(p *patient) {
			p.src.lag = 21 << 20
			p.pass(1)
			p.src.lag = 0
			p.pass(1)
			p.src.lag = 21 << 20
		}, 30, []string{"tail-lag@13"}},
		{"rubbish", func(p *patient) { p.loop.Stats.Unparsed += 5 }, 30, []string{"input-damaged@11"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPatient(t, "off")
			p.want("before", p.pass(10))
			tt.do(p)
			p.want("then", p.pass(tt.pass), tt.want...)
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustChmod(p *patient, mode os.FileMode) { must(p.t, os.Chmod(p.path, mode)) }

// TestLossPace: a loss that goes on is told less and less often, each time with all that was lost since; at the end the rest
// is.
func TestLossPace(t *testing.T) {
	var teller lossTeller
	var times []int
	told, lost := uint64(0), uint64(0)
	take := func(about map[*ownRule]map[string]any) bool {
		for r, m := range about {
			if r != recordsLost {
				t.Errorf("told %s", r.id)
			}
			told += m["gaps"].(map[string]uint64)["lost"]
		}
		return len(about) > 0
	}
	for sec := range 7200 {
		lost++
		if take(teller.tick(&ledger{loop: Stats{Gaps: lost}}, time.Duration(sec)*time.Second, false)) {
			times = append(times, sec)
		}
	}
	if want := []int{0, 60, 180, 420, 900, 1860, 3780, 7380}; !slices.Equal(times, want[:len(times)]) || len(times) != 7 {
		t.Errorf("told at %v, want %v", times, want[:7])
	}
	take(teller.tick(&ledger{loop: Stats{Gaps: lost}}, 7200*time.Second, true))
	if told != lost {
		t.Errorf("%d told of %d", told, lost)
	}
}
