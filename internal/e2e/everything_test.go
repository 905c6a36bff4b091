//go:build e2e

package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestEverythingAtOnce: a real auditd writes executions and rotates, a real rsyslogd takes the alerts over TCP and over RELP, hangs, is killed with
// what it had not read, and is away for a while; auditpy is killed ten times before, meanwhile and after. At the end each
// of rsyslogd's files has the alerts that scan finds in the rotated logs, and no other. With AUDITPY_SOAK rsyslogd is away for a minute.
func TestEverythingAtOnce(t *testing.T) {
	needModules(t, "imrelp", "imtcp")
	away := 12 * time.Second
	if os.Getenv("AUDITPY_SOAK") != "" {
		away = time.Minute
	}
	w := newWorld(t)
	w.startReceiver()
	w.startAgent()
	eventually(t, "the first position", func() bool { _, err := os.Stat(filepath.Join(w.dir, "state", "cursor.json")); return err == nil })
	stop := w.load()
	for range 3 {
		w.rotate()
		w.killAgent(2 * time.Second)
	}
	w.receiver.cmd.Process.Signal(syscall.SIGSTOP) // its kernel goes on taking what auditpy sends
	w.killAgent(3 * time.Second)
	w.receiver.kill()
	began := time.Now()
	for range 4 {
		w.rotate()
		w.killAgent(away / 5)
	}
	within(time.Until(began.Add(away)))
	w.startReceiver()
	for range 2 {
		w.killAgent(3 * time.Second)
		w.rotate()
	}
	executions := stop()
	w.judge(away, executions)
}

// world is the host around an agent that must lose nothing.
type world struct {
	t        *testing.T
	dir      string
	log      string
	port     map[string]int // of rsyslogd, by transport
	auditd   *daemon
	receiver *daemon
	agent    *daemon
	random   *rand.Rand

	kills, receivers, rotations int
	agentSaid                   []*buffer
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: t.TempDir(), port: map[string]int{"tcp": freeTCP(t), "relp": freeTCP(t)}, random: rand.New(rand.NewPCG(8, 8))}
	w.log, w.auditd = startAuditdOf(t, w.dir, logging{"ENRICHED", 1, 99})
	write(t, filepath.Join(w.dir, "marked.yml"), `title: Marked
name: marked
logsource: {category: process_creation, product: linux}
detection: {s: {CommandLine|contains: marked-}, condition: s}
level: high
`)
	write(t, filepath.Join(w.dir, "config.yaml"), fmt.Sprintf(`source: {kind: file, file: %[1]s}
rules: {paths: [%[2]s/marked.yml]}
state_dir: %[2]s/state
sinks:
  stdout: {enabled: false}
  syslog: {enabled: false}
  forward:
    - {name: tcp, network: tcp, address: "127.0.0.1:%[3]d", timeout: 2s}
    - {name: relp, network: relp, address: "127.0.0.1:%[4]d", timeout: 2s}
`, w.log, w.dir, w.port["tcp"], w.port["relp"]))
	// Direct: by default rsyslogd acknowledges what it only has in memory.
	write(t, filepath.Join(w.dir, "rsyslog.conf"), fmt.Sprintf(`global(maxMessageSize="64k" workDirectory=%[1]q)
main_queue(queue.type="Direct")
template(name="t" type="string" string="%%msg%%\n")
module(load="imtcp")
module(load="imrelp" ruleset="relp")
input(type="imtcp" address="127.0.0.1" port="%[2]d" ruleset="tcp")
input(type="imrelp" address="127.0.0.1" port="%[3]d" ruleset="relp")
ruleset(name="tcp") { action(type="omfile" file="%[1]s/tcp.log" template="t") }
ruleset(name="relp") { action(type="omfile" file="%[1]s/relp.log" template="t") }
`, w.dir, w.port["tcp"], w.port["relp"]))
	t.Cleanup(func() {
		for i, said := range w.agentSaid {
			if t.Failed() {
				t.Logf("auditpy %d said:\n%.2000s", i, said)
			}
		}
	})
	return w
}

func (w *world) startReceiver() {
	w.t.Helper()
	w.receivers++
	w.receiver = start(w.t, "rsyslogd", "-n", "-f", filepath.Join(w.dir, "rsyslog.conf"), "-i", filepath.Join(w.dir, fmt.Sprintf("pid%d", w.receivers)))
	for _, port := range w.port {
		eventually(w.t, "rsyslogd listens", func() bool {
			c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err == nil {
				c.Close()
			}
			return err == nil
		})
	}
}

func (w *world) startAgent() {
	w.agent = start(w.t, binary, "run", "--config", filepath.Join(w.dir, "config.yaml"))
	w.agentSaid = append(w.agentSaid, w.agent.stderr)
}

// killAgent kills the agent at some time from now to most, wherever it is then, and starts another.
func (w *world) killAgent(most time.Duration) {
	within(time.Duration(w.random.Int64N(int64(most))))
	w.agent.kill()
	w.kills++
	w.startAgent()
}

// rotate has auditd rotate its log although it is not full.
func (w *world) rotate() {
	w.auditd.cmd.Process.Signal(syscall.SIGUSR1)
	w.rotations++
}

// within lets time pass in which what runs goes on: faults come at some time, not when something is ready for them.
func within(d time.Duration) { <-time.After(d) }

// kill kills a daemon with SIGKILL and waits for its end.
func (d *daemon) kill() {
	d.cmd.Process.Kill()
	<-d.done
}

// load executes programs, one of ten to alert, and one of a hundred a Python that opens a terminal, until stop is called. Stop executes a last one
// to alert and returns how many there were.
func (w *world) load() (stop func() int) {
	var n atomic.Int64
	ended, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		for tick := time.NewTicker(8 * time.Millisecond); ; {
			select {
			case <-ended:
				return
			case <-tick.C:
				execute(w.command(int(n.Add(1))))
			}
		}
	}()
	return func() int {
		close(ended)
		<-done
		execute([]string{"/bin/true", "marked-last"})
		return int(n.Load())
	}
}

func (w *world) command(n int) []string {
	switch {
	case n%100 == 0:
		return []string{"python3", "-c", fmt.Sprintf("'marked-%d';import pty; pty.spawn('/bin/true')", n)}
	case n%10 == 0:
		return []string{"/bin/true", fmt.Sprintf("marked-%d", n)}
	}
	return []string{"/bin/true", fmt.Sprint(n)}
}

// judge holds what rsyslogd has to what scan finds.
func (w *world) judge(away time.Duration, executions int) {
	t := w.t
	t.Helper()
	var want tally
	eventually(t, "auditd has written all", func() bool { return strings.Contains(read(w.log+".1")+read(w.log), "marked-last") })
	files := logs(t, w.log)
	if len(files) > 90 {
		t.Fatalf("%d files: some may have been deleted", len(files))
	}
	want = w.scan(files)
	if want.lines < executions/10 {
		t.Errorf("scan finds %d alerts, want one of %d for each tenth execution", want.lines, executions)
	}
	arrived := func() bool {
		return len(want.without(received(t, w.dir, "relp"))) == 0 && len(want.without(received(t, w.dir, "tcp"))) == 0
	}
	for deadline := time.Now().Add(20 * time.Second); !arrived() && time.Now().Before(deadline); {
		within(100 * time.Millisecond)
	}
	if err := w.agent.stop(t); err != nil {
		t.Errorf("auditpy ended with %v", err)
	}
	t.Logf("%d executions, %d files of log, %d rotations asked for; auditpy killed %d times, rsyslogd away for %v; scan: %d alerts",
		executions, len(files), w.rotations, w.kills, away, len(want.ids))
	for _, network := range []string{"relp", "tcp"} {
		got := received(t, w.dir, network)
		lost, more := want.without(got), got.without(want)
		t.Logf("%s: %d lost, %d that scan does not find, %d lines are repeated, the most repeated alert came %d times", network, len(lost), len(more), got.lines-len(got.ids), got.most())
		if len(lost) > 0 || len(more) > 0 {
			t.Errorf("%s: lost %.300v, unexpected %.300v", network, lost, more)
		}
		// A kill of either repeats at most what was on its way: a batch of 64.
		if most := 65 * (w.kills + w.receivers); network == "relp" && got.lines-len(got.ids) > most {
			t.Errorf("relp: %d lines are repeated, want %d at most", got.lines-len(got.ids), most)
		}
	}
}

func (w *world) scan(files []string) tally {
	w.t.Helper()
	out, err := exec.Command(binary, append([]string{"scan", "--format", "json", "--rules", filepath.Join(w.dir, "marked.yml")}, files...)...).Output()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 1 {
		w.t.Fatalf("scan: %v", err)
	}
	return tallyOf(w.t, string(out))
}

// logs returns a log and its rotated files.
func logs(t *testing.T, log string) []string {
	t.Helper()
	files, err := filepath.Glob(log + "*")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files of log, %v", len(files), err)
	}
	return files
}
