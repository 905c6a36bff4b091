package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestI16Throughput runs the agent on a log that gets 4,000 events of five records a second, with 1,000 rules: an alert within a
// second, one processor at most, and none lost. With AUDITPY_SOAK for a minute, else for a few seconds.
func TestI16Throughput(t *testing.T) {
	seconds, latest := 5, 5*time.Second // a commit's test is not alone on its machine
	if os.Getenv("AUDITPY_SOAK") != "" {
		seconds, latest = 60, time.Second
	} else if testing.Short() {
		t.Skip("takes seconds")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "auditpy")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	log := filepath.Join(dir, "audit.log")
	conf := fmt.Sprintf("source: {kind: file, file: %s, from: start}\nrules: {builtin: false, paths: [%s]}\nstate_dir: %s\nhealth: {alerts: false}\nsinks: {stdout: {format: json}, syslog: {enabled: false}}\n",
		log, filepath.Join(dir, "rules"), filepath.Join(dir, "state"))
	for name, text := range map[string]string{"conf.yaml": conf, "audit.log": "", "rules/r.yml": thousand()} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command(program, "run", "-c", filepath.Join(dir, "conf.yaml"))
	c.Stderr = os.Stderr
	if !testing.Verbose() {
		c.Stderr = nil
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	came, read := arrivals{at: make(map[string]time.Time)}, make(chan struct{})
	go func() {
		defer close(read)
		for s := bufio.NewScanner(out); s.Scan(); {
			came.see(s.Text())
		}
	}()
	wrote := writeEvents(t, log, seconds)
	for deadline := time.Now().Add(20 * time.Second); came.len() < len(wrote) && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-read
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
	slowest, lost := came.since(wrote)
	cpu := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	t.Logf("%d events in %d s: %d of %d alerts, the slowest after %v, %v of processor time", seconds*4000, seconds, len(wrote)-lost, len(wrote), slowest, cpu)
	if lost > 0 || slowest > latest || cpu > time.Duration(seconds+1)*time.Second {
		t.Errorf("%d of %d alerts lost, the slowest after %v (want %v), %v of processor time in %d s", lost, len(wrote), slowest, latest, cpu, seconds)
	}
}

// thousand returns 1,000 rules, one of which matches the attacks of writeEvents.
func thousand() string {
	var b strings.Builder
	for i := range 999 {
		fmt.Fprintf(&b, "title: Rule %d\nlogsource: {category: process_creation, product: linux}\ndetection:\n  s: {Image|endswith: [/tool%d, /kit%d], CommandLine|contains: [' -x%d', 'load %d']}\n  condition: s\n---\n", i, i, i, i, i)
	}
	b.WriteString("title: Attack\nlogsource: {category: process_creation, product: linux}\ndetection: {s: {CommandLine|contains: mark-}, condition: s}\n")
	return b.String()
}

type arrivals struct {
	mu sync.Mutex
	at map[string]time.Time // guarded by mu
}

var mark = regexp.MustCompile(`mark-\d+`)

func (a *arrivals) see(line string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at[mark.FindString(line)] = time.Now()
}

func (a *arrivals) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.at)
}

// since returns the longest time from a write to its alert, and how many have none.
func (a *arrivals) since(wrote map[string]time.Time) (slowest time.Duration, lost int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, at := range wrote {
		if came, ok := a.at[name]; ok {
			slowest = max(slowest, came.Sub(at))
		} else {
			lost++
		}
	}
	return slowest, lost
}

// writeEvents writes 40 events each 10 ms; one of 2,000 is an attack. It returns when these were written.
func writeEvents(t *testing.T, name string, seconds int) map[string]time.Time {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	wrote, serial := make(map[string]time.Time), 0
	began := time.Now()
	for round := range seconds * 100 {
		var b strings.Builder
		for range 40 {
			serial++
			arg := "-l"
			if serial%2000 == 0 {
				arg = fmt.Sprintf("mark-%d", serial)
				wrote[arg] = time.Now()
			}
			now := time.Now().UnixMilli()
			stamp := fmt.Sprintf("msg=audit(%d.%03d:%d): ", now/1000, now%1000, serial)
			fmt.Fprintf(&b, "type=SYSCALL %sarch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 items=1 ppid=5 pid=%d auid=1000 uid=0 euid=0 tty=(none) ses=2 comm=\"ls\" exe=\"/usr/bin/ls\" key=\"exec\"\n", stamp, 1000+serial%30000)
			fmt.Fprintf(&b, "type=EXECVE %sargc=2 a0=\"ls\" a1=\"%s\"\ntype=CWD %scwd=\"/\"\n", stamp, arg, stamp)
			fmt.Fprintf(&b, "type=PATH %sitem=0 name=\"/usr/bin/ls\" inode=1 dev=fd:01 mode=0100755 nametype=NORMAL\ntype=PROCTITLE %sproctitle=\"ls\"\n", stamp, stamp)
		}
		if _, err := f.WriteString(b.String()); err != nil {
			t.Fatal(err)
		}
		if d := time.Until(began.Add(time.Duration(round+1) * 10 * time.Millisecond)); d > 0 {
			time.Sleep(d)
		}
	}
	return wrote
}
