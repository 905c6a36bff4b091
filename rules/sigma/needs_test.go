package sigma

import (
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules/rule"
)

// TestNeeds: what must be recorded follows from the condition, not from the fields that it names.
func TestNeeds(t *testing.T) {
	for _, tt := range []struct{ source, detection, want string }{
		{"category: process_creation", "s: {Image: x}\n  condition: s", "exec"},
		{"category: process_creation", "s: {StdinIp|exists: true}\n  condition: s", "exec,stdio,accept|connect"},
		{"category: process_creation", "s: {StdinIp|exists: true}\n  condition: not s", "exec"},
		{"category: process_creation", "s: {StdinIp: null}\n  condition: s", "exec"},
		{"category: process_creation", "s: {StdinIp: null}\n  condition: not s", "exec,stdio,accept|connect"},
		{"category: process_creation", "s: {PeerInitiated: 'true'}\n  t: {PeerInitiated: 'false'}\n  condition: s or t", "exec,accept|connect"},
		{"category: process_creation", "s: {PeerInitiated: 'true'}\n  t: {PeerInitiated: 'false'}\n  condition: s and t", "accept,connect,exec"},
		{"category: process_creation", "s: {PeerInitiated: 'true'}\n  t: {Image: x}\n  condition: s or t", "exec"},
		{"category: process_creation", "s: {Hashes: x}\n  condition: s", "unrecorded"},
		{"category: process_creation", "s: {Hashes: x}\n  t: {Image: x}\n  condition: s or t", "exec"},
		{"category: network_connection", "s: {Image: x}\n  condition: s", "accept|connect|sendmmsg|…"},
		{"category: network_connection", "s: {Initiated: 'true', DestinationPort: 22}\n  condition: s", "connect|sendmmsg|sendmsg|sendto"},
		{"category: network_connection", "s: {Initiated: 'false'}\n  condition: s", "accept"},
		{"category: network_connection", "s: {Initiated: 'true', ParentImage: x}\n  condition: s", "exec,connect|sendmmsg|sendmsg|sendto"},
		{"category: file_event", "s: {TargetFilename: x}\n  condition: s", "create"},
		{"service: auditd", "s: {type: EXECVE, a0: x}\n  condition: s", "exec"},
		{"service: auditd", "s: {type: SYSCALL, SYSCALL: [bind, connect]}\n  condition: s", "any,bind|connect"},
		{"service: auditd", "s: {SYSCALL|startswith: init_mod}\n  condition: s", "init_module"},
		{"service: auditd", "s: {type|re: '^USER_L'}\n  condition: s", "USER_LABELED_EXPORT|USER_LOGIN|USER_LOGOUT"},
		{"service: auditd", "s: {type: PATH, name: /etc/x}\n  condition: s", "file"},
		{"service: auditd", "s: {key: exfil}\n  condition: s", "key=exfil"},
		{"service: auditd", "s: {comm: x}\n  condition: s", ""},
		{"service: sshd", "s: {comm: x}\n  condition: s", "unrecorded"},
	} {
		e, diags := Compile([]rule.File{{Name: "x.yml", Data: []byte(
			"title: T\nid: t\nlogsource: {product: linux, " + tt.source + "}\ndetection:\n  " + tt.detection + "\n")}}, Options{})
		if len(e.Rules()) != 1 {
			t.Errorf("%s: %v", tt.detection, diags)
			continue
		}
		if got := strings.Join(e.Rules()[0].Needs, ","); got != tt.want {
			t.Errorf("%s: %s: needs %q, want %q", tt.source, tt.detection, got, tt.want)
		}
	}
}

// TestNeedsOfCorrelation: what must come together is all needed, of what is counted one.
func TestNeedsOfCorrelation(t *testing.T) {
	const rules = `title: A
name: a
logsource: {product: linux, category: process_creation}
detection: {s: {Image: x}, condition: s}
---
title: B
name: b
logsource: {product: linux, category: file_event}
detection: {s: {TargetFilename: x}, condition: s}
---
title: C
correlation: {type: KIND, rules: [a, b], group-by: [User], timespan: 1m, condition: {gte: 2}}
`
	for kind, want := range map[string]string{"temporal": "create,exec", "event_count": "create|exec"} {
		text := strings.Replace(rules, "KIND", kind, 1)
		if kind == "temporal" {
			text = strings.Replace(text, ", condition: {gte: 2}", "", 1)
		}
		e, diags := Compile([]rule.File{{Name: "x.yml", Data: []byte(text)}}, Options{})
		if len(e.Correlations()) != 1 {
			t.Fatal(diags)
		}
		if got := strings.Join(e.Correlations()[0].Meta.Needs, ","); got != want {
			t.Errorf("%s: needs %q, want %q", kind, got, want)
		}
	}
}
