// Package packaging checks what the packages install beside the program.
//
// auditctl stops at the first line it does not understand and leaves the rest out without a word in
// any log that people read, so the audit rules are parsed and built here as it would.
package packaging

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/elastic/go-libaudit/v2/rule"

	"github.com/auditpy/auditpy/internal/coverage"
	"github.com/auditpy/auditpy/internal/doctor"
)

// tiers are the files that are joined for each tier on this machine, as in the Makefile; rule.Build knows the calls of
// this machine only.
func tiers() map[string][]string {
	if runtime.GOARCH != "amd64" {
		return map[string][]string{"tier 1": {"tier1.rules"}, "tier 2": {"40-auditpy.rules"}, "tier 3": {"tier3.rules"}}
	}
	return map[string][]string{
		"tier 1": {"tier1.rules"}, "tier 2": {"40-auditpy.rules", "ia32.rules"}, "tier 3": {"tier3.rules", "ia32.rules", "x86_64-tier3.rules"},
	}
}

// auditRules returns the rules of files, in their order, each parsed and built.
func auditRules(t *testing.T, files []string) []*rule.SyscallRule {
	t.Helper()
	var rs []*rule.SyscallRule
	for _, file := range files {
		text, err := os.ReadFile("audit.rules.d/" + file)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(text)) {
			n++
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				rs = append(rs, parseRule(t, file+":"+strconv.Itoa(n), line))
			}
		}
	}
	return rs
}

// parseRule understands the options that our files use, and no others.
func parseRule(t *testing.T, pos, line string) *rule.SyscallRule {
	t.Helper()
	r := &rule.SyscallRule{Type: rule.AppendSyscallRuleType}
	words := strings.Fields(line)
	if len(words)%2 != 0 {
		t.Fatalf("%s: want pairs of option and value", pos)
	}
	for pair := range slices.Chunk(words, 2) {
		switch pair[0] {
		case "-a":
			r.Action, r.List, _ = strings.Cut(pair[1], ",")
		case "-S":
			r.Syscalls = strings.Split(pair[1], ",")
		case "-F":
			addFilter(r, pair[1])
		default:
			t.Fatalf("%s: option %q", pos, pair[0])
		}
	}
	if _, err := rule.Build(r); err != nil {
		t.Fatalf("%s: %v", pos, err)
	}
	return r
}

func addFilter(r *rule.SyscallRule, text string) {
	i := strings.IndexAny(text, "<>=")
	lhs, op := text[:i], text[i:i+1]
	if text[i+1] == '=' {
		op = text[i : i+2]
	}
	rhs := text[i+len(op):]
	if lhs == "key" {
		r.Keys = append(r.Keys, rhs)
		return
	}
	r.Filters = append(r.Filters, rule.FilterSpec{Type: rule.ValueFilterType, LHS: lhs, Comparator: op, RHS: rhs})
}

// The first rule that fits decides, so what spares auditpy itself must come before what records.
func TestAuditRulesOrder(t *testing.T) {
	for tier, files := range tiers() {
		spared := make(map[string]bool)
		for _, r := range auditRules(t, files) {
			own := slices.ContainsFunc(r.Filters, func(f rule.FilterSpec) bool { return f.LHS == "exe" && f.RHS == "/usr/bin/auditpy" })
			if own != (r.Action == "never") {
				t.Errorf("%s: %+v: want never for /usr/bin/auditpy, and always for all", tier, r)
			}
			for _, s := range r.Syscalls {
				switch {
				case own:
					spared[s] = true
				case arch(r) == "b64" && !spared[s]:
					t.Errorf("%s: %s is recorded before a rule spares auditpy", tier, s)
				}
			}
		}
	}
}

// Each tier records what the one before does, and more.
func TestAuditRulesCover(t *testing.T) {
	wants := []string{"b64 execve", "b64 execveat", "b32 execve", "b32 execveat"}
	more := map[string][]string{"tier 2": {"b64 connect", "b32 connect"}, "tier 3": {"b64 accept", "b64 accept4", "b64 dup", "b64 dup3", "b64 fcntl"}}
	if runtime.GOARCH == "amd64" {
		more["tier 2"], more["tier 3"] = append(more["tier 2"], "b32 socketcall"), append(more["tier 3"], "b64 dup2")
	}
	for _, tier := range []string{"tier 1", "tier 2", "tier 3"} {
		wants = append(wants, more[tier]...)
		have := make(map[string]bool)
		for _, r := range auditRules(t, tiers()[tier]) {
			for _, s := range r.Syscalls {
				have[arch(r)+" "+s] = have[arch(r)+" "+s] || r.Action == "always"
			}
		}
		for _, want := range wants {
			if !have[want] {
				t.Errorf("%s: no rule for %s", tier, want)
			}
		}
	}
}

// The removal of the package unloads rules by their keys, so each rule must have one that it knows.
func TestAuditRulesKeys(t *testing.T) {
	script, err := os.ReadFile("scripts/postremove.sh")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`for key in (.*); do`).FindSubmatch(script)
	if m == nil {
		t.Fatal("scripts/postremove.sh: no list of keys")
	}
	removed := strings.Fields(string(m[1]))
	for _, files := range tiers() {
		for _, r := range auditRules(t, files) {
			if len(r.Keys) != 1 || !slices.Contains(removed, r.Keys[0]) {
				t.Errorf("keys of %v are %q, want one of %q", r.Syscalls, r.Keys, removed)
			}
		}
	}
}

// TestDoctorFix: what doctor --fix printed, under the name and with the key that it proposes, goes with the package.
func TestDoctorFix(t *testing.T) {
	script, err := os.ReadFile("scripts/postremove.sh")
	if err != nil {
		t.Fatal(err)
	}
	for want, n := range map[string]int{doctor.FixFile: 3, " " + coverage.FixKey + " ": 1} {
		if got := strings.Count(string(script), want); got != n {
			t.Errorf("postremove.sh has %q %d times, want %d", want, got, n)
		}
	}
	before, _ := os.ReadFile("scripts/preinstall.sh")
	if !strings.Contains(string(before), doctor.FixFile) {
		t.Errorf("preinstall.sh does not put %s back", doctor.FixFile)
	}
}

func arch(r *rule.SyscallRule) string {
	for _, f := range r.Filters {
		if f.LHS == "arch" {
			return f.RHS
		}
	}
	return ""
}

// The figures are those of systemd 252; see SECURITY.md for what is left and why.
func TestUnitExposure(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	for _, tt := range []struct {
		dropIn string
		most   float64
	}{{"", 1.5}, {"examples/read-log-of-root.conf", 1.7}, {"examples/netlink.conf", 1.7}, {"examples/no-network.conf", 0.6}} {
		if got := exposure(t, tt.dropIn); got > tt.most {
			t.Errorf("exposure of auditpy.service with drop-in %q = %v, want at most %v", tt.dropIn, got, tt.most)
		}
	}
}

func exposure(t *testing.T, dropIn string) float64 {
	t.Helper()
	dir := t.TempDir()
	copyFile(t, "auditpy.service", dir+"/auditpy.service")
	if dropIn != "" {
		copyFile(t, dropIn, dir+"/auditpy.service.d/"+filepath.Base(dropIn))
	}
	out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--no-pager", dir+"/auditpy.service").CombinedOutput()
	if err != nil && bytes.Contains(out, []byte("unrecognized option")) {
		t.Skip("this systemd-analyze cannot work offline")
	}
	m := regexp.MustCompile(`exposure level for auditpy.service: ([0-9.]+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("systemd-analyze security: %v\n%s", err, out)
	}
	f, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestHeartbeatRule: the example watches the file that the default configuration touches, with the key that the agent knows.
func TestHeartbeatRule(t *testing.T) {
	text, err := os.ReadFile("examples/98-auditpy-heartbeat.rules")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		n++
		r := parseRule(t, "98-auditpy-heartbeat.rules", strings.TrimSpace(line))
		want := func(lhs, rhs string) {
			if !slices.ContainsFunc(r.Filters, func(f rule.FilterSpec) bool { return f.LHS == lhs && f.RHS == rhs }) {
				t.Errorf("no %s=%s in %s", lhs, rhs, line)
			}
		}
		want("path", "/var/lib/auditpy/heartbeat")
		want("perm", "wa")
		if r.Action != "always" || !slices.Equal(r.Keys, []string{"auditpy_hb"}) {
			t.Errorf("%s: %s, keys %q", line, r.Action, r.Keys)
		}
	}
	if n != 1 {
		t.Errorf("%d rules, want 1", n)
	}
}

// TestUnitService: what the agent offers to systemd is used.
func TestUnitService(t *testing.T) {
	text, err := os.ReadFile("auditpy.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Type=notify", "NotifyAccess=main", "ExecReload=/bin/kill -HUP $MAINPID", "WatchdogSec=30", "Restart=always"} {
		if !slices.Contains(strings.Split(string(text), "\n"), want) {
			t.Errorf("auditpy.service lacks %s", want)
		}
	}
}
