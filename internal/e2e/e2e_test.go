//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var markerPattern = regexp.MustCompile(`(attack|benign)-\d{3}`)

// byMarker counts lines by the marker in them; "" counts lines without one.
func byMarker(text string) map[string]int {
	n := make(map[string]int)
	for line := range strings.Lines(text) {
		n[markerPattern.FindString(line)]++
	}
	return n
}

// config writes a configuration with these sinks and returns its path.
func config(t *testing.T, dir, log, network, address string) string {
	t.Helper()
	name := filepath.Join(dir, "config.yaml")
	write(t, name, fmt.Sprintf(`source:
  kind: file
  file: %s
rules:
  paths: []
state_dir: %s
health: {alerts: false}
sinks:
  stdout: {enabled: true, format: json}
  syslog: {enabled: true, network: %s, address: %q}
`, log, filepath.Join(dir, "state"), network, address))
	return name
}

// TestAttacks is the main job: beside a real auditd and rsyslogd, each of twenty attacks gives exactly its lines in
// rsyslog's file, mostly one, and two hundred benign commands give none.
func TestAttacks(t *testing.T) {
	for _, tt := range []struct{ format, network string }{{"ENRICHED", "unix"}, {"RAW", "udp"}} {
		t.Run(tt.format+" "+tt.network, func(t *testing.T) {
			dir := t.TempDir()
			sys := startRsyslog(t, dir)
			address := sys.socket
			if tt.network == "udp" {
				address = sys.udp
			}
			log := startAuditd(t, dir, tt.format)
			agent := start(t, binary, "run", "--config", config(t, dir, log, tt.network, address))
			eventually(t, "auditpy follows", func() bool { return strings.Contains(agent.stderr.String(), "reading audit records") })
			all := attacks(listener(t, "tcp4", "127.0.0.1:0"), listener(t, "tcp6", "[::1]:0"))
			for _, a := range all {
				execute(a.argv)
			}
			for _, argv := range benign(200) {
				execute(argv)
			}
			last := marker("attack", 999) // tells that all before it has arrived
			execute([]string{"python3", "-c", last + "import pty; pty.spawn('/bin/true')"})
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("auditpy said:\n%s\nrsyslogd has:\n%.3000s", agent.stderr, read(sys.file))
				}
			})
			eventually(t, "the last alert", func() bool { return strings.Contains(read(sys.file), "attack-999") })
			if err := agent.stop(t); err != nil {
				t.Errorf("auditpy ended with %v: %s", err, agent.stderr)
			}
			checkLines(t, all, byMarker(read(sys.file)))
			checkArgs(t, all, agent.stdout.Bytes())
			want := 1
			for _, a := range all {
				want += a.lines()
			}
			checkScan(t, log, want)
			checkSeeds(t, log)
		})
	}
}

func checkLines(t *testing.T, all []attack, lines map[string]int) {
	t.Helper()
	for i, a := range all {
		if n := lines[fmt.Sprintf("attack-%03d", i)]; n != a.lines() {
			t.Errorf("%s: %d lines in rsyslog's file, want %d", a.name, n, a.lines())
		}
	}
	delete(lines, "attack-999")
	if len(lines) != len(all) {
		t.Errorf("lines by marker: %v, want those of %d attacks only", lines, len(all))
	}
}

// checkArgs holds the alerts on stdout, which are not cut, to the arguments given to execve, byte for byte.
func checkArgs(t *testing.T, all []attack, out []byte) {
	t.Helper()
	got := make(map[string][]string)
	for line := range bytes.Lines(out) {
		doc := documents(t, line)[0]
		args := doc.args(t)
		if !doc.Auditpy.Complete {
			t.Errorf("argv_complete is false for %.80q", args)
		}
		if name := markerPattern.FindString(string(line)); got[name] == nil { // the shell that it started comes later
			got[name] = args
		}
	}
	for i, a := range all {
		if args := got[fmt.Sprintf("attack-%03d", i)]; !slices.Equal(args, a.want()) {
			t.Errorf("%s: args = %.300q, want %.300q", a.name, args, a.want())
		}
	}
}

// checkScan reads the same log again: scan finds what run found.
func checkScan(t *testing.T, log string, want int) {
	t.Helper()
	out, err := exec.Command(binary, "scan", "--format", "json", log).Output()
	if n := bytes.Count(out, []byte("\n")); n != want {
		t.Errorf("scan of the same log: %d alerts (%v), want %d", n, err, want)
	}
}

// checkSeeds fires rule files as published, each at least once, where AUDITPY_SEEDS names a folder of them.
func checkSeeds(t *testing.T, log string) {
	t.Helper()
	seeds, err := filepath.Glob(filepath.Join(os.Getenv("AUDITPY_SEEDS"), "proc_creation_*.yml"))
	if err != nil || os.Getenv("AUDITPY_SEEDS") == "" {
		return
	}
	for _, seed := range seeds {
		out, err := exec.Command(binary, "scan", "--format", "json", "--no-builtin", "--rules", seed, log).Output()
		n := bytes.Count(out, []byte("\n"))
		t.Logf("%s: %d alerts", filepath.Base(seed), n)
		if n == 0 {
			t.Errorf("%s: no alert (%v)", seed, err)
		}
	}
	if len(seeds) == 0 {
		t.Errorf("no seed in %q", os.Getenv("AUDITPY_SEEDS"))
	}
}

// TestNetlink is the host without auditd: auditpy reads the kernel itself, brings the rules it needs, and leaves nothing behind.
func TestNetlink(t *testing.T) {
	needAudit(t)
	before := status(t)
	dir := t.TempDir()
	name := filepath.Join(dir, "config.yaml")
	write(t, name, fmt.Sprintf("source: {kind: netlink}\nrules: {paths: []}\nhealth: {alerts: false}\nstate_dir: %s\nsinks:\n  stdout: {enabled: true, format: json}\n  syslog: {enabled: false}\n", filepath.Join(dir, "state")))
	agent := start(t, binary, "run", "--config", name)
	eventually(t, "auditpy reads netlink", func() bool { return strings.Contains(agent.stderr.String(), "reading audit records") })
	if rules := sh(t, "auditctl", "-l"); strings.Count(rules, "execveat") != 2 {
		t.Errorf("rules while it runs:\n%s", rules)
	}
	all := attacks(listener(t, "tcp4", "127.0.0.1:0"), listener(t, "tcp6", "[::1]:0"))
	for _, a := range all {
		execute(a.argv)
	}
	for _, argv := range benign(50) {
		execute(argv)
	}
	if err := agent.stop(t); err != nil {
		t.Errorf("auditpy ended with %v", err)
	}
	checkLines(t, all, byMarker(agent.stdout.String()))
	checkArgs(t, all, agent.stdout.Bytes())
	if rules := sh(t, "auditctl", "-l"); !strings.Contains(rules, "No rules") {
		t.Errorf("rules left behind:\n%s", rules)
	}
	if s := status(t); s["enabled"] != before["enabled"] || s["pid"] != before["pid"] {
		t.Errorf("audit was left changed: %v, before %v", s, before)
	}
	if t.Failed() {
		t.Logf("auditpy said:\n%s", agent.stderr)
	}
}
