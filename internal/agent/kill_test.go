package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

// TestMain is an agent in a process of its own if the environment says so, to be killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("AUDITPY_TEST_AGENT"); dir != "" {
		fmt.Fprintln(os.Stderr, runAgent(dir))
		os.Exit(1)
	}
	if dir := os.Getenv("AUDITPY_TEST_SOAK"); dir != "" {
		fmt.Fprintln(os.Stderr, soakAgent(dir))
		os.Exit(1)
	}
	if dir := os.Getenv("AUDITPY_TEST_CONFINED"); dir != "" {
		if err := confinedAgent(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if stacks := leaked(); code == 0 && len(stacks) > 0 {
		fmt.Fprintf(os.Stderr, "%d goroutines are left:\n%s\n", len(stacks), strings.Join(stacks, "\n\n"))
		code = 1
	}
	os.Exit(code)
}

// runAgent runs an agent for the log, the rules and the socket in dir.
func runAgent(dir string) error {
	cfg := config.Default()
	cfg.Source.Kind, cfg.Source.File, cfg.Source.From = "file", filepath.Join(dir, "audit.log"), "start"
	cfg.StateDir = filepath.Join(dir, "state")
	cfg.Sinks.Stdout.Enabled, cfg.Health.Alerts = false, false
	cfg.Sinks.Syslog.Enabled, cfg.Sinks.Syslog.Address = true, filepath.Join(dir, "socket")
	set, diags := rules.Load(watchedFiles)
	if len(diags) > 0 {
		return fmt.Errorf("%v", diags)
	}
	o := Options{Rules: set, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	if os.Getenv("AUDITPY_TEST_OFTEN") != "" {
		o.cadence = cadence{time.Hour, 1 << 40, 7}
	}
	return Run(context.Background(), &cfg, o)
}

// watched are rules that alert on each event of attack, on five of them, on one after another, and on one that is alone.
const watched = `title: Program
name: p
logsource: {category: process_creation, product: linux}
detection: {s: {Image|endswith: /python3.11}, condition: s}
---
title: Other
name: o
logsource: {category: process_creation, product: linux}
detection: {s: {Image|endswith: /other}, condition: s}
---
title: Five
correlation: {type: event_count, rules: p, group-by: User, timespan: 10s, condition: {gte: 5}, generate: true}
---
title: Both
correlation: {type: temporal_ordered, rules: [p, o], timespan: 3s, generate: true}
---
title: Alone
correlation: {type: temporal, rules: [p, o], timespan: 2s, condition: p and not o, generate: true}
`

// sequence is Elastic's: three programs one after another.
const sequence = `[rule]
name = "Sequence"
rule_id = "s1"
risk_score = 50
severity = "medium"
type = "eql"
language = "eql"
query = '''
sequence by user.id with maxspan=20s
  [process where event.type == "start" and process.name == "python3.11"]
  [process where event.type == "start" and process.name == "other"]
  [process where event.type == "start" and process.name == "python3.11"]
'''
`

var watchedFiles = []rule.File{{Name: "r.yml", Data: []byte(watched)}, {Name: "s.toml", Data: []byte(sequence)}}

// host is what is around an agent that is killed: its log, and who gets its alerts.
type host struct {
	t   *testing.T
	dir string
	env []string

	mu    sync.Mutex
	came  map[string]int // by id
	names map[string]string
}

func newHost(t *testing.T, env ...string) *host {
	h := &host{t: t, dir: t.TempDir(), env: env, came: make(map[string]int), names: make(map[string]string)}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(h.dir, "socket"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	h.write("")
	go h.receive(conn)
	return h
}

func (h *host) receive(conn *net.UnixConn) {
	buf := make([]byte, 1<<17)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		var doc struct {
			Event struct{ ID string }
			Rule  struct{ Name string }
		}
		line := string(buf[:n])
		if err := json.Unmarshal([]byte(line[strings.Index(line, "{"):]), &doc); err != nil {
			h.t.Errorf("alert %q: %v", line, err)
		}
		h.mu.Lock()
		h.came[doc.Event.ID]++
		h.names[doc.Event.ID] = doc.Rule.Name
		h.mu.Unlock()
	}
}

func (h *host) write(text string) { appendFile(h.t, filepath.Join(h.dir, "audit.log"), text) }

// start starts an agent, and returns what kills it.
func (h *host) start() (kill func()) {
	c := exec.Command(os.Args[0], "-test.run=^$")
	c.Env = append(append(os.Environ(), "AUDITPY_TEST_AGENT="+h.dir), h.env...)
	if testing.Verbose() {
		c.Stderr = os.Stderr
	}
	if err := c.Start(); err != nil {
		h.t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	h.t.Cleanup(kill)
	return kill
}

// count returns how many alerts of a rule came, each id once.
func (h *host) count(name string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, got := range h.names {
		if got == name {
			n++
		}
	}
	return n
}

// uncut returns the alerts that the log gives when it is read at once.
func (h *host) uncut() map[string]string {
	b, err := os.ReadFile(filepath.Join(h.dir, "audit.log"))
	if err != nil {
		h.t.Fatal(err)
	}
	want := make(map[string]string)
	l := newTestLoop(h.t, watchedFiles, &scripted{strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")})
	l.OnAlert = func(a *alert.Alert, _ uint64) error {
		want[a.ID] = a.Rules[0].Title
		return nil
	}
	if err := l.Run(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	return want
}

// TestKilledWithFourOfFive: the fifth comes after the kill.
func TestKilledWithFourOfFive(t *testing.T) {
	for _, env := range []string{"", "AUDITPY_TEST_OFTEN=1"} {
		h := newHost(t, env)
		kill := h.start()
		for i := range 4 {
			h.write(attack(i))
		}
		wait(t, "four alerts", func() bool { return h.count("Program") == 4 })
		kill()
		if n := h.count("Five"); n != 0 {
			t.Fatalf("%d alerts of five events after four", n)
		}
		kill = h.start()
		h.write(attack(4))
		wait(t, "the alert of five events", func() bool { return h.count("Five") == 1 })
		kill()
		kill = h.start()
		h.write(attack(5))
		wait(t, "the sixth event", func() bool { return h.count("Program") == 6 })
		kill()
		if n := h.count("Five"); n != 1 {
			t.Errorf("%d alerts of five events", n)
		}
	}
}

// TestKilledInSequence: each step of a sequence is of another process of the agent.
func TestKilledInSequence(t *testing.T) {
	for _, env := range []string{"", "AUDITPY_TEST_OFTEN=1"} {
		h := newHost(t, env)
		for i, text := range []string{attack(1), strings.ReplaceAll(attack(2), "python3.11", "other"), attack(3), attack(4)} {
			kill := h.start()
			h.write(text)
			wait(t, "the event", func() bool { return h.count("Program")+h.count("Other") == i+1 })
			if i == 3 { // the third waits for those that began before it
				wait(t, "the sequence", func() bool { return h.count("Sequence") == 1 })
			}
			kill()
		}
	}
}

// TestKilledAnywhere: an agent that is killed again and again raises the alerts of one that is not, those of windows too, and
// none again but for what was on its way when it was killed. With AUDITPY_SOAK it is killed 200 times.
func TestKilledAnywhere(t *testing.T) {
	for _, env := range []string{"", "AUDITPY_TEST_OFTEN=1"} {
		t.Run(env, func(t *testing.T) {
			t.Parallel()
			killAnywhere(t, env)
		})
	}
}

func killAnywhere(t *testing.T, env string) {
	kills := 12
	if os.Getenv("AUDITPY_SOAK") != "" {
		kills = 100
	}
	h, r := newHost(t, env), rand.New(rand.NewPCG(1, 1))
	number := 0
	for range kills {
		kill := h.start()
		for range 2 + r.IntN(4) {
			h.write(h.burst(r, &number))
			time.Sleep(time.Duration(r.IntN(40)) * time.Millisecond) // to be killed anywhere
		}
		kill()
	}
	kill := h.start()
	want := h.uncut()
	wait(t, "all alerts", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.came) >= len(want)
	})
	kill()
	doubled := 0
	for id, n := range h.came {
		doubled += n - 1
		if _, ok := want[id]; !ok {
			t.Errorf("alert %s of %q is not one of an agent that is not killed", id, h.names[id])
		}
	}
	if missing := len(want) - len(h.came); missing != 0 || doubled > 2*kills {
		t.Errorf("%d alerts, %d missing, %d came twice", len(want), missing, doubled)
	}
	t.Logf("%d alerts, %d came twice", len(want), doubled)
}

// burst is some events that interleave.
func (h *host) burst(r *rand.Rand, number *int) string {
	var queues [][]string
	for range 1 + r.IntN(6) {
		*number += 1 + r.IntN(8)/7*5
		text := attack(*number)
		if r.IntN(3) == 0 {
			text = strings.ReplaceAll(text, "python3.11", "other")
		}
		queues = append(queues, strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n"))
	}
	var b strings.Builder
	for len(queues) > 0 {
		i := r.IntN(len(queues))
		b.WriteString(strings.TrimSuffix(queues[i][0], "\n") + "\n")
		if queues[i] = queues[i][1:]; len(queues[i]) == 0 {
			queues = slices.Delete(queues, i, i+1)
		}
	}
	return b.String()
}
