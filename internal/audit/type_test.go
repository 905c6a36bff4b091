package audit

import (
	"strings"
	"testing"
)

// ParseType inverts String for every number, named or not.
func TestType(t *testing.T) {
	for n := range 1 << 16 {
		name := Type(n).String()
		got, ok := ParseType(name)
		if !ok || got != Type(n) {
			t.Errorf("ParseType(%q) = %d, %v, want %d", name, got, ok, n)
		}
	}
}

func TestTypeNames(t *testing.T) {
	for n, want := range map[Type]string{
		1005: "USER", 1006: "LOGIN", 1100: "USER_AUTH", 1123: "USER_CMD", 1138: "SOFTWARE_UPDATE", 1209: "DAEMON_ERR",
		1309: "EXECVE", 1331: "FANOTIFY", 1334: "BPF", 1335: "EVENT_LISTENER", 1336: "URINGOP", 1337: "OPENAT2",
		1338: "DM_CTRL", 1339: "DM_EVENT", 1400: "AVC", 1420: "IPE_ACCESS", 1423: "LANDLOCK_ACCESS", 1424: "LANDLOCK_DOMAIN",
		1425: "MAC_TASK_CONTEXTS", 1426: "MAC_OBJ_CONTEXTS", 1503: "APPARMOR_DENIED", 1808: "INTEGRITY_USERSPACE",
		2000: "KERNEL", 2507: "VIRT_MIGRATE_OUT",
		// go-libaudit has names for the ends of ranges; auditd has not
		1199: "UNKNOWN[1199]", 1299: "UNKNOWN[1299]", 1600: "UNKNOWN[1600]", 1899: "UNKNOWN[1899]", 2999: "UNKNOWN[2999]",
		0: "UNKNOWN[0]", 3000: "UNKNOWN[3000]", 65535: "UNKNOWN[65535]",
	} {
		if got := n.String(); got != want {
			t.Errorf("Type(%d).String() = %q, want %q", n, got, want)
		}
	}
}

func TestParseType(t *testing.T) {
	long := strings.Repeat("X", maxTypeName)
	tests := []struct {
		name string
		want Type
		ok   bool
	}{
		{"UNKNOWN[1423]", 1423, true}, // an auditd that does not know LANDLOCK_ACCESS
		{"UNKNOWN[1300]", Syscall, true},
		{"SYSCALLS", Unlisted, true},
		{"LAST_USER_MSG", Unlisted, true},
		{"FROM_THE_FUTURE2", Unlisted, true},
		{"X", Unlisted, true},
		{long, Unlisted, true},
		{name: long + "X"},
		{name: ""},
		{name: "syscall"},
		{name: "Syscall"},
		{name: "_X"},
		{name: "2X"},
		{name: "A-B"},
		{name: "A\x00"},
		{name: "Ä"},
		{name: "UNKNOWN["},
		{name: "UNKNOWN[]"},
		{name: "UNKNOWN[12"},
		{name: "UNKNOWN[-1]"},
		{name: "UNKNOWN[+1]"},
		{name: "UNKNOWN[65536]"},
		{name: "UNKNOWN[1_0]"},
		{name: "UNKNOWN[12]]"},
	}
	for _, tt := range tests {
		got, ok := ParseType(tt.name)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("ParseType(%q) = %d, %v, want %d, %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestSingle(t *testing.T) {
	single := []string{
		"USER", "USER_AUTH", "USER_AVC", "USER_CMD", "USER_TTY", "USER_LOGIN", "CRED_ACQ", "SERVICE_START", "SYSTEM_BOOT",
		"SOFTWARE_UPDATE", "UNKNOWN[1199]", "DAEMON_START", "DAEMON_END", "DAEMON_ERR", "NETFILTER_PKT", "KERNEL",
		"ANOM_LOGIN_FAILURES", "RESP_KILL_PROC", "USER_ROLE_CHANGE", "CRYPTO_KEY_USER", "VIRT_CONTROL", "UNKNOWN[2999]",
	}
	mixed := []string{
		"LOGIN", "SYSCALL", "PATH", "EXECVE", "PROCTITLE", "EOE", "CONFIG_CHANGE", "TTY", "SECCOMP", "FEATURE_CHANGE",
		"KERN_MODULE", "FANOTIFY", "BPF", "EVENT_LISTENER", "URINGOP", "DM_CTRL", "DM_EVENT", "NETFILTER_CFG", "AVC",
		"SELINUX_ERR", "MAC_STATUS", "MAC_UNLBL_ALLOW", "MAC_IPSEC_EVENT", "LANDLOCK_ACCESS", "LANDLOCK_DOMAIN",
		"MAC_TASK_CONTEXTS", "APPARMOR_DENIED", "ANOM_PROMISCUOUS", "ANOM_ABEND", "ANOM_LINK", "INTEGRITY_RULE",
		"UNKNOWN[1399]", "UNKNOWN[2001]", "UNKNOWN[3000]", "FROM_THE_FUTURE",
	}
	check := func(names []string, want bool) {
		for _, name := range names {
			typ, ok := ParseType(name)
			if got := typ.Single(); !ok || got != want {
				t.Errorf("type %s: Single() = %v, %v, want %v", name, got, ok, want)
			}
		}
	}
	check(single, true)
	check(mixed, false)
}

// FuzzParseType holds ParseType to: a listed name is what String gives, or an UNKNOWN[n].
func FuzzParseType(f *testing.F) {
	for _, name := range []string{"SYSCALL", "USER_CMD", "UNKNOWN[1199]", "UNKNOWN[", "NEW_TYPE", "a", ""} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		typ, ok := ParseType(name)
		if !ok || typ == Unlisted || strings.HasPrefix(name, "UNKNOWN[") {
			return
		}
		if got := typ.String(); got != name {
			t.Errorf("ParseType(%q) = %d, which is %q", name, typ, got)
		}
	})
}

var benchNames = map[string][]string{
	"syscall": {"SYSCALL", "EXECVE", "CWD", "PATH", "PATH", "PROCTITLE", "SYSCALL", "SOCKADDR"},
	"user":    {"USER_ACCT", "CRED_ACQ", "USER_START", "USER_CMD", "USER_END", "CRED_DISP", "SERVICE_START", "LOGIN"},
	"new":     {"FROM_THE_FUTURE", "NEW_TYPE", "X", "ANOTHER", "FROM_THE_FUTURE", "NEW_TYPE", "X", "ANOTHER"},
}

// BenchmarkParseType is per eight names.
func BenchmarkParseType(b *testing.B) {
	for kind, names := range benchNames {
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, name := range names {
					ParseType(name)
				}
			}
		})
	}
}

func BenchmarkTypeString(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = Execve.String()
	}
}

// BenchmarkTypeNames is what the first use of the table costs.
func BenchmarkTypeNames(b *testing.B) {
	for b.Loop() {
		newTypeTable()
	}
}
