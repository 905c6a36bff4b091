//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/auditpy/auditpy/internal/sinktest"
)

// tolerated are system calls outside the unit's filter: each gives something up, and the agent goes on where that is refused.
var tolerated = []string{"capset", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}

// TestP4Syscalls: an agent that starts, follows a rotation, alerts to a file, a socket and over RELP, reloads and stops calls nothing that its unit's
// filter refuses, but for what is tolerated, which is refused here too.
func TestP4Syscalls(t *testing.T) {
	for _, tool := range []string{"strace", "systemd-analyze"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s", tool)
		}
	}
	dir := t.TempDir()
	calls := filepath.Join(dir, "calls")
	c := collect(t, filepath.Join(dir, "socket"))
	r, err := sinktest.Listen("127.0.0.1:0", sinktest.Options{RELP: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Kill)
	log, conf := filepath.Join(dir, "audit.log"), filepath.Join(dir, "config.yaml")
	write(t, log, recorded(0))
	write(t, conf, fmt.Sprintf(`source: {kind: file, file: %[1]s/audit.log, from: start}
rules: {paths: []}
state_dir: %[1]s/state
health: {listen: "unix:%[1]s/health"}
sinks:
  stdout: {enabled: false}
  file: {enabled: true, path: %[1]s/alerts.json}
  syslog: {address: %[1]s/socket}
  forward: [{name: relp, network: relp, address: %[2]q}]
`, dir, r.Addr()))
	d := start(t, "strace", "-f", "-qq", "-o", calls, "-e", "inject="+strings.Join(tolerated, ",")+":error=EPERM", binary, "run", "--config", conf)
	eventually(t, "the first alert", func() bool { return c.seen()["'n00000'"]+c.seen()["n00000"] == 1 })
	pid := child(t, d.cmd.Process.Pid)
	syscall.Kill(pid, syscall.SIGHUP)
	eventually(t, "the reload", func() bool { return strings.Contains(read(filepath.Join(dir, "alerts.json")), "auditpy-reloaded") })
	if err := os.Rename(log, log+".1"); err != nil {
		t.Fatal(err)
	}
	write(t, log, recorded(1))
	eventually(t, "the second alert", func() bool { return strings.Contains(strings.Join(r.Lines(), " "), "n00001") })
	syscall.Kill(pid, syscall.SIGTERM)
	<-d.done
	allowed, used := allowedCalls(t), usedCalls(t, calls)
	var outside []string
	for _, name := range used {
		if !allowed[name] && !slices.Contains(tolerated, name) {
			outside = append(outside, name)
		}
	}
	t.Logf("%d different system calls, outside the filter: %q", len(used), outside)
	if len(outside) > 0 || len(used) < 30 {
		t.Errorf("%d system calls, outside the filter: %q", len(used), outside)
	}
}

// child returns the process that strace started.
func child(t *testing.T, pid int) (n int) {
	t.Helper()
	list := read(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if _, err := fmt.Sscan(list, &n); err != nil && err != io.EOF || n == 0 {
		t.Fatalf("children of %d: %q, %v", pid, list, err)
	}
	return n
}

var callPattern = regexp.MustCompile(`(?m)^\d+ +(\w+)\(`)

func usedCalls(t *testing.T, file string) (names []string) {
	t.Helper()
	for _, m := range callPattern.FindAllStringSubmatch(read(file), -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// allowedCalls is what the unit's SystemCallFilter lets through.
func allowedCalls(t *testing.T) map[string]bool {
	t.Helper()
	allowed := make(map[string]bool)
	for line := range strings.Lines(read("../../packaging/auditpy.service")) {
		list, ok := strings.CutPrefix(strings.TrimSpace(line), "SystemCallFilter=")
		if !ok {
			continue
		}
		list, refuse := strings.CutPrefix(list, "~")
		for _, name := range strings.Fields(list) {
			for _, call := range expand(t, name) {
				allowed[call] = !refuse
			}
		}
	}
	if len(allowed) < 100 {
		t.Fatalf("the filter lets only %d calls through", len(allowed))
	}
	return allowed
}

// expand returns the calls of a set of systemd's.
func expand(t *testing.T, name string) (calls []string) {
	t.Helper()
	if !strings.HasPrefix(name, "@") {
		return []string{name}
	}
	for line := range strings.Lines(sh(t, "systemd-analyze", "--no-pager", "syscall-filter", name)) {
		if f := strings.Fields(line); strings.HasPrefix(line, " ") && len(f) == 1 {
			calls = append(calls, expand(t, f[0])...)
		}
	}
	return calls
}
