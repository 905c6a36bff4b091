//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestD2KilledAtEachCall: strace kills auditpy with SIGKILL as it enters the first call of a kind, the second ..., for each kind that changes a
// file, makes it durable or sends. (It counts the calls of each thread by itself, so the nth of a kind is any of several.) The next auditpy is not
// killed, and then each alert has arrived.
func TestD2KilledAtEachCall(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("needs strace")
	}
	points, doubled := 0, 0
	for _, call := range []string{
		"openat", "mkdirat", "flock", "fallocate", "ftruncate", "write", "pwrite64", "fsync", "fdatasync", "renameat", "unlinkat", "connect", "sendto", "close",
	} {
		reached := 0
		for n := 1; n <= 4; n++ {
			killed, again := killedAt(t, call, n)
			if killed {
				reached++
			}
			doubled += again
		}
		t.Logf("%s: killed at %d of 4", call, reached)
		points += reached
	}
	t.Logf("killed at %d points: 0 alerts lost, %d repeated with their ids", points, doubled)
	if points < 20 {
		t.Errorf("killed at %d points only, want 20", points)
	}
}

const alertsBeforeKill = 30

// killedAt kills an auditpy at the nth call of a kind, starts another one, and returns whether the first was killed, and how many alerts came
// more than once.
func killedAt(t *testing.T, call string, n int) (killed bool, doubled int) {
	t.Helper()
	dir := t.TempDir()
	c := collect(t, filepath.Join(dir, "socket"))
	var text strings.Builder
	for i := range alertsBeforeKill {
		text.WriteString(recorded(i))
	}
	log := filepath.Join(dir, "audit.log")
	write(t, log, text.String())
	conf := filepath.Join(dir, "config.yaml")
	write(t, conf, fmt.Sprintf(`source: {kind: file, file: %s, from: start}
rules: {paths: []}
state_dir: %s/state
health: {alerts: false}
sinks:
  stdout: {enabled: false}
  file: {enabled: true, path: %s/alerts.json}
  syslog: {address: %s/socket}
`, log, dir, dir, dir))
	arrived := func() bool {
		return len(c.seen()) == alertsBeforeKill && lineCount(filepath.Join(dir, "alerts.json")) >= alertsBeforeKill
	}
	killed = runTraced(t, arrived, call, n, conf)
	next := start(t, binary, "run", "--config", conf)
	eventually(t, fmt.Sprintf("all alerts after a kill at %s %d", call, n), arrived)
	next.stop(t)
	for _, times := range c.seen() {
		doubled += times - 1
	}
	inFile := tallyOf(t, read(filepath.Join(dir, "alerts.json")))
	if len(inFile.ids) != alertsBeforeKill {
		t.Errorf("%s %d: %d alerts in the file", call, n, len(inFile.ids))
	}
	return killed, doubled + inFile.lines - len(inFile.ids)
}

// runTraced runs auditpy under strace until it is killed, or all has arrived without.
func runTraced(t *testing.T, arrived func() bool, call string, n int, conf string) (killed bool) {
	t.Helper()
	cmd := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n),
		binary, "run", "--config", conf)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // to end both
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan bool)
	go func() { cmd.Wait(); close(ended) }()
	defer func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
	}()
	eventually(t, "the kill, or all alerts", func() bool {
		select {
		case <-ended:
			killed = true
		default:
		}
		return killed || arrived()
	})
	return killed
}

// collector counts what comes to a unix socket, by the number of the attack.
type collector struct {
	mu   sync.Mutex
	came map[string]int
}

func collect(t *testing.T, path string) *collector {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := &collector{came: make(map[string]int)}
	go func() {
		for buf := make([]byte, 1<<16); ; {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			c.mu.Lock()
			c.came[numberPattern.FindString(string(buf[:n]))]++
			c.mu.Unlock()
		}
	}()
	return c
}

// seen returns a copy.
func (c *collector) seen() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.came)
}
