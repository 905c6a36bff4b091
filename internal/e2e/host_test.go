//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the program under test, built once by TestMain.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "auditpy-e2e")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "auditpy")
		build := exec.Command("go", "build", "-o", binary, "../../cmd/auditpy")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			panic(fmt.Sprintf("go build: %v\n%s", err, out))
		}
		// The distribution's Python, not a shim: a shim makes forty executions of one.
		os.Setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
		return m.Run()
	}())
}

// daemon is a started process that is stopped, by its pid, when the test ends.
type daemon struct {
	cmd    *exec.Cmd
	stdout *buffer
	stderr *buffer
	done   chan error
}

func start(t *testing.T, name string, args ...string) *daemon {
	t.Helper()
	d := &daemon{cmd: exec.Command(name, args...), stdout: new(buffer), stderr: new(buffer), done: make(chan error, 1)}
	d.cmd.Stdout, d.cmd.Stderr = d.stdout, d.stderr
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { d.done <- d.cmd.Wait() }()
	t.Cleanup(func() { d.stop(t) })
	return d
}

// stop sends SIGTERM and waits; a process that does not end is a failure.
func (d *daemon) stop(t *testing.T) error {
	t.Helper()
	if d.cmd.ProcessState != nil {
		return nil
	}
	d.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-d.done:
		return err
	case <-time.After(15 * time.Second):
		d.cmd.Process.Kill()
		<-d.done
		t.Errorf("%s did not end on SIGTERM", d.cmd.Path)
		return nil
	}
}

// eventually polls until ok, for at most a bounded time.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("timed out: %s", what)
}

func sh(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// needAudit skips where the kernel cannot be audited, and refuses to touch a host that audits already.
func needAudit(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: it owns the kernel's audit")
	}
	if rules := sh(t, "auditctl", "-l"); !strings.Contains(rules, "No rules") {
		t.Fatalf("this host has audit rules already; not touching them:\n%s", rules)
	}
	before := status(t)
	t.Cleanup(func() {
		sh(t, "auditctl", "-D")
		sh(t, "auditctl", "-b", before["backlog_limit"])
		sh(t, "auditctl", "-e", before["enabled"])
	})
}

// status is what auditctl -s prints, by name.
func status(t *testing.T) map[string]string {
	t.Helper()
	s := make(map[string]string)
	for line := range strings.Lines(sh(t, "auditctl", "-s")) {
		if f := strings.Fields(line); len(f) >= 2 {
			s[f[0]] = f[1]
		}
	}
	return s
}

// startAuditd runs a real auditd with its own configuration, and rules for executions. It returns the
// path of its log.
func startAuditd(t *testing.T, dir, format string) string {
	t.Helper()
	log, _ := startAuditdOf(t, dir, logging{format, 50, 5})
	return log
}

// logging is what auditd writes: the format, after how many MiB it rotates, and how many files it keeps.
type logging struct {
	format          string
	megabytes, keep int
}

func startAuditdOf(t *testing.T, dir string, l logging) (log string, d *daemon) {
	t.Helper()
	needAudit(t)
	log = filepath.Join(dir, "audit.log")
	conf := fmt.Sprintf(`log_file = %s
log_format = %s
log_group = root
flush = INCREMENTAL_ASYNC
freq = 50
num_logs = %d
max_log_file = %d
max_log_file_action = ROTATE
space_left = 2
admin_space_left = 1
space_left_action = IGNORE
admin_space_left_action = IGNORE
disk_full_action = IGNORE
disk_error_action = IGNORE
plugin_dir = %s
`, log, l.format, l.keep, l.megabytes, filepath.Join(dir, "plugins.d"))
	write(t, filepath.Join(dir, "auditd.conf"), conf)
	if err := os.Mkdir(filepath.Join(dir, "plugins.d"), 0o750); err != nil {
		t.Fatal(err)
	}
	d = start(t, "auditd", "-n", "-s", "nochange", "-c", dir)
	eventually(t, "auditd writes its log", func() bool { return strings.Contains(read(log), "DAEMON_START") })
	sh(t, "auditctl", "-b", "8192")
	sh(t, "auditctl", "-e", "1")
	for _, arch := range []string{"b64", "b32"} {
		sh(t, "auditctl", "-a", "always,exit", "-F", "arch="+arch, "-S", "execve,execveat", "-F", "key=exec")
	}
	return log, d
}

// rsyslog is a real rsyslogd of the test's own.
type rsyslog struct {
	socket string // unix datagram
	udp    string // address
	file   string // what it received, a line each
}

func startRsyslog(t *testing.T, dir string) rsyslog {
	t.Helper()
	r := rsyslog{socket: filepath.Join(dir, "log.sock"), udp: fmt.Sprintf("127.0.0.1:%d", freeUDP(t)), file: filepath.Join(dir, "received.log")}
	_, port, _ := strings.Cut(r.udp, ":")
	write(t, filepath.Join(dir, "rsyslog.conf"), fmt.Sprintf(`global(maxMessageSize="64k" workDirectory=%q)
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket=%q useSpecialParser="off" RateLimit.Interval="0")
module(load="imudp")
input(type="imudp" address="127.0.0.1" port=%q)
*.* action(type="omfile" file=%q template="RSYSLOG_SyslogProtocol23Format")
`, dir, r.socket, port, r.file))
	start(t, "rsyslogd", "-n", "-f", filepath.Join(dir, "rsyslog.conf"), "-i", filepath.Join(dir, "rsyslogd.pid"))
	eventually(t, "rsyslogd listens", func() bool { _, err := os.Stat(r.socket); return err == nil })
	return r
}

func freeUDP(t *testing.T) int {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).Port
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func writeExecutable(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

func read(name string) string {
	b, _ := os.ReadFile(name)
	return string(b)
}

// buffer is a bytes.Buffer that may be read while the process still writes to it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// Bytes returns a copy of what was written so far.
func (b *buffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.b.Bytes())
}

// contains is Contains without a copy.
func (b *buffer) contains(s string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Contains(b.b.Bytes(), []byte(s))
}

func (b *buffer) String() string { return string(b.Bytes()) }
