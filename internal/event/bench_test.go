package event_test

import (
	"testing"

	"github.com/auditpy/auditpy/internal/event"
)

// BenchmarkGetters: what every rule asks costs less than 10 ns, and nothing that stands in the event is copied.
func BenchmarkGetters(b *testing.B) {
	plain, exec, conn := last(b, shell), last(b, story), last(b, story+connect(ok, ipv4))
	for _, bb := range []struct {
		name string
		get  event.Getter
		ev   *event.Event
	}{
		{"Image", event.SigmaProcessCreation("Image"), plain},
		{"Image, deleted", event.SigmaProcessCreation("Image"), exec},
		{"CommandLine", event.SigmaProcessCreation("CommandLine"), exec},
		{"ParentImage", event.SigmaProcessCreation("ParentImage"), exec},
		{"process.name", event.ECS("process.name"), exec},
		{"process.args", event.ECS("process.args"), exec},
		{"event.action", event.ECS("event.action"), conn},
		{"DestinationIp", event.SigmaNetworkConnection("DestinationIp"), conn},
		{"file.path", event.ECS("file.path"), exec},
		{"audit.exe", event.Wazuh("audit.exe"), conn},
		{"full_log", event.Wazuh("full_log"), exec},
	} {
		b.Run(bb.name, func(b *testing.B) {
			dst := make([]string, 0, 16)
			b.ReportAllocs()
			for b.Loop() {
				dst = bb.get(dst[:0], bb.ev)
			}
			if len(dst) == 0 {
				b.Fatal("no value")
			}
		})
	}
}

// TestNoAllocation: a value that stands in the event as text is not copied.
func TestNoAllocation(t *testing.T) {
	ev := last(t, story+child+renaming)
	for view, names := range map[string][]string{
		"process_creation": {"Image", "CommandLine", "User", "LogonId", "ProcessId", "ParentProcessId", "ParentImage", "ParentCommandLine", "CurrentDirectory"},
		"ecs": {
			"process.pid", "process.name", "process.executable", "process.args", "process.command_line", "process.parent.name", "process.parent.args",
			"process.args_count", "user.id", "user.name", "event.category", "event.type", "event.action", "event.outcome", "host.os.type",
			"auditd.data.a0", "auditd.data.syscall", "file.inode", "file.mode",
		},
		"wazuh": {"audit.type", "audit.exe", "audit.command", "audit.key", "audit.success", "audit.cwd", "audit.file.inode"},
	} {
		for _, name := range names {
			get, dst := views[view](name), make([]string, 0, 16)
			if n := testing.AllocsPerRun(100, func() { dst = get(dst[:0], ev) }); n != 0 {
				t.Errorf("%s allocates %v times", name, n)
			}
		}
	}
}
