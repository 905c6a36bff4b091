package source

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// forbidden are the calls that make a process the kernel's audit daemon, or lock the host's auditing: a slow or dead daemon
// is felt by the whole host.
var forbidden = []string{"SetPID", "SetFailure", "SetImmutable", "SetRateLimit", "SetBacklogLimit", "SetBacklogWaitTime", "WaitForPendingACKs"}

// TestPassive: nothing in the product can become the kernel's audit daemon, and only two files talk to its unicast socket: to
// ask it, and to add rules where no audit daemon runs.
func TestPassive(t *testing.T) {
	var clients []string
	err := filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "tools" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if ok && slices.Contains(forbidden, sel.Sel.Name) {
				t.Errorf("%s: %s", name, sel.Sel.Name)
			}
			if ok && strings.HasPrefix(sel.Sel.Name, "New") && strings.HasSuffix(sel.Sel.Name, "AuditClient") {
				clients = append(clients, filepath.Base(name))
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(clients)
	if want := []string{"kernel_linux.go", "rules_linux.go", "status_linux.go"}; !slices.Equal(slices.Compact(clients), want) {
		t.Errorf("audit sockets are opened in %q, want %q", clients, want)
	}
}

// TestNoSocketLeft: following a log, and asking the kernel how it is, leave no audit socket open, and the kernel has the audit
// daemon that it had.
func TestNoSocketLeft(t *testing.T) {
	before, berr := Status()
	name := filepath.Join(t.TempDir(), "audit.log")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Follow(name, FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, _ = DaemonPID()
	if after, err := Status(); err == nil && berr == nil && after.PID != before.PID {
		t.Errorf("the audit daemon is %d, was %d", after.PID, before.PID)
	}
	if n := auditSockets(t); n > 0 {
		t.Errorf("%d audit sockets are open", n)
	}
}

// auditSockets counts those of this process.
func auditSockets(t *testing.T) (n int) {
	t.Helper()
	table, err := os.ReadFile("/proc/net/netlink")
	if err != nil {
		t.Skip(err)
	}
	audit := make(map[string]bool)
	for line := range strings.Lines(string(table)) {
		if f := strings.Fields(line); len(f) > 9 && f[1] == "9" { // NETLINK_AUDIT
			audit["socket:["+f[9]+"]"] = true
		}
	}
	fds, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err == nil && audit[target] {
			n++
		}
	}
	return n
}
