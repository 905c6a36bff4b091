package event_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
)

func TestSigmaProcessCreation(t *testing.T) {
	want{
		"UtcTime":                "2023-11-14 22:13:20.300",
		"Image":                  "/tmp/py (deleted)|/tmp/py",
		"CommandLine":            "python3 -c import pty  x y",
		"CurrentDirectory":       "/home/alice",
		"User":                   "alice",
		"LogonId":                "1001",
		"TerminalSessionId":      "7",
		"ProcessId":              "1234",
		"ParentProcessId":        "1000",
		"ParentImage":            "/usr/bin/bash",
		"ParentCommandLine":      "bash -i",
		"ParentUser":             "alice",
		"GrandparentImage":       "-",
		"GrandparentCommandLine": "-",
	}.check(t, event.SigmaProcessCreation, last(t, story))
	want{
		"ParentProcessId":        "1234",
		"ParentImage":            "/tmp/py (deleted)|/tmp/py",
		"ParentCommandLine":      "python3 -c import pty  x y",
		"GrandparentImage":       "/usr/bin/bash",
		"GrandparentCommandLine": "bash -i",
		"User":                   "-", // RAW, and not root
	}.check(t, event.SigmaProcessCreation, last(t, story+child))
}

// TestOrphan: the parent is who forked the process, also after init has adopted it.
func TestOrphan(t *testing.T) {
	orphan := strings.ReplaceAll(connect(ok, ipv4), "ppid=1000", "ppid=1")
	want{"ParentProcessId": "1000", "ParentImage": "/usr/bin/bash"}.check(t, event.SigmaNetworkConnection, last(t, story+orphan))
	want{"ParentProcessId": "1", "ParentImage": "-"}.check(t, event.SigmaNetworkConnection, last(t, orphan))
}

// TestGuids: who is started has the guid of its parent.
func TestGuids(t *testing.T) {
	guid, of := event.SigmaProcessCreation("ProcessGuid"), event.SigmaProcessCreation("ParentProcessGuid")
	if p, c := guid(nil, last(t, story)), of(nil, last(t, story+child)); len(p) != 1 || !slices.Equal(p, c) {
		t.Errorf("ProcessGuid = %q, and ParentProcessGuid of its child = %q", p, c)
	}
}

// TestLostSyscall: an execution whose SYSCALL record was lost has its arguments still.
func TestLostSyscall(t *testing.T) {
	_, records, _ := strings.Cut(strings.TrimSpace(python), "\n")
	want{"CommandLine": "python3 -c import pty  x y", "Image": "-", "ProcessId": "-", "ParentProcessId": "-"}.
		check(t, event.SigmaProcessCreation, last(t, records))
}

func TestIsNetworkConnection(t *testing.T) {
	const i386 = "arch=40000003 syscall=102"
	for name, tt := range map[string]struct {
		log  string
		want string // Initiated
	}{
		"connect":              {connect(ok, ipv4), "true"},
		"connect IPv6":         {connect(ok, ipv6), "true"},
		"connect under way":    {connect("success=no exit=-115", ipv4), "true"},
		"connect interrupted":  {connect("success=no exit=-4", ipv4), "true"},
		"connect refused":      {connect("success=no exit=-111", ipv4), "-"},
		"connect without end":  {call("42", "a0=3 a1=0 a2=0 a3=0 items=0") + saddr(ipv4) + end, "-"},
		"connect unix":         {connect(ok, unix), "-"},
		"disconnect":           {connect(ok, unspec), "-"},
		"connect torn address": {connect(ok, "0200"), "-"},
		"connect no address":   {call("42", ok+regs+" items=0") + end, "-"},
		"socketcall connect":   {strings.Replace(connect(ok, ipv4), "arch=c000003e syscall=42", i386, 1), "true"},
		"socketcall bind":      {strings.NewReplacer("arch=c000003e syscall=42", i386, "a0=3 ", "a0=2 ").Replace(connect(ok, ipv4)), "-"},
		"accept":               {call("43", "success=yes exit=4"+regs+" items=0") + saddr(ipv4) + end, "false"},
		"accept4":              {call("288", "success=yes exit=4"+regs+" items=0") + saddr(ipv4) + end, "false"},
		"accept failed":        {call("288", "success=no exit=-11"+regs+" items=0") + saddr(ipv4) + end, "-"},
		"sendto":               {call("44", "success=yes exit=9"+regs+" items=0") + saddr(ipv4) + end, "true"},
		"sendto fast open":     {call("44", "success=no exit=-115"+regs+" items=0") + saddr(ipv4) + end, "true"},
		"sendto interrupted":   {call("44", "success=no exit=-4"+regs+" items=0") + saddr(ipv4) + end, "-"},
		"bind":                 {call("49", ok+regs+" items=0") + saddr(ipv4) + end, "-"},
		"getpeername":          {call("52", ok+regs+" items=0") + saddr(ipv4) + end, "-"},
		"execve":               {story, "-"},
	} {
		t.Run(name, func(t *testing.T) {
			ev := last(t, tt.log)
			if got := ev.IsNetworkConnection(); got != (tt.want != "-") {
				t.Errorf("IsNetworkConnection() = %v", got)
			}
			want{"Initiated": tt.want}.check(t, event.SigmaNetworkConnection, ev)
		})
	}
}

func TestSigmaNetworkConnection(t *testing.T) {
	want{
		"Initiated": "true", "DestinationIp": "10.1.0.5", "DestinationPort": "443", "DestinationIsIpv6": "false",
		"SourceIp": "-", "SourcePort": "-", "SourceIsIpv6": "-",
		"Image": "/tmp/py (deleted)|/tmp/py", "CommandLine": "python3 -c import pty  x y", "CurrentDirectory": "/home/alice",
		"User": "alice", "ProcessId": "1234", "ParentImage": "/usr/bin/bash", "ParentCommandLine": "bash -i",
	}.check(t, event.SigmaNetworkConnection, last(t, story+connect(ok, ipv4)))
	want{"DestinationIp": "2001:db8::1", "DestinationPort": "8080", "DestinationIsIpv6": "true"}.
		check(t, event.SigmaNetworkConnection, last(t, connect(ok, ipv6)))
	want{"DestinationIp": "127.0.0.1", "DestinationIsIpv6": "false", "SourceIp": "127.0.0.1"}.
		check(t, event.SigmaNetworkConnection, last(t, connect(ok, mapped)))
	want{"Initiated": "false", "SourceIp": "10.1.0.5", "SourcePort": "443", "SourceIsIpv6": "false", "DestinationIp": "-", "DestinationPort": "-"}.
		check(t, event.SigmaNetworkConnection, last(t, call("288", "success=yes exit=4"+regs+" items=0")+saddr(ipv4)+end))
}

// open is an openat with one path.
func open(result, dirfd, name, kind string) string {
	return call("257", result+" a0="+dirfd+" a1=7f a2=241 a3=1b6 items=1") + cwd + item(name, kind) + end
}

func TestSigmaFileEvent(t *testing.T) {
	const at, here = "ffffff9c", `"../bob//./x.py"`
	for name, tt := range map[string]struct{ log, want string }{
		"absolute":       {open(ok, at, `"/etc//cron.d/../x"`, "CREATE"), "/etc/x"},
		"relative":       {open(ok, at, here, "CREATE"), "/home/bob/x.py"},
		"hex":            {open(ok, at, "6120622E7079", "CREATE"), "/home/alice/a b.py"},
		"64-bit dirfd":   {open(ok, "ffffffffffffff9c", here, "CREATE"), "/home/bob/x.py"},
		"other dir":      {open(ok, "3", here, "CREATE"), "../bob/x.py"}, // unknown, not guessed
		"other dir, abs": {open(ok, "3", `"/x"`, "CREATE"), "/x"},
		"open, not at":   {strings.Replace(open(ok, "3", here, "CREATE"), "syscall=257", "syscall=2", 1), "/home/bob/x.py"},
		"no directory":   {strings.Replace(open(ok, at, here, "CREATE"), cwd, "", 1), "../bob/x.py"},
		"unreachable":    {strings.Replace(open(ok, at, here, "CREATE"), `cwd="/home`, `cwd="(unreachable)/home`, 1), "../bob/x.py"},
		"no name":        {open(ok, at, "(null)", "CREATE"), "-"},
		"named (null)":   {open(ok, at, `"(null)"`, "CREATE"), "/home/alice/(null)"},
		"failed":         {open("success=no exit=-13", at, here, "CREATE"), "-"},
		"not created":    {open(ok, at, here, "NORMAL"), "-"},
		"rename":         {renaming, "/etc/cron.d/job.py"},
		"rename to dir":  {strings.Replace(strings.Replace(renaming, "a2=ffffffffffffff9c", "a2=5", 1), "../../etc//cron.d/job.py", "job.py", 1), "job.py"},
		"exchange":       {strings.Replace(renaming, "nametype=DELETE", "nametype=CREATE", 1), "/home/alice/a b.txt|/etc/cron.d/job.py"},
		"symlinkat":      {call("266", ok+" a0=ffffff9c a1=5 a2=7f a3=0 items=1") + cwd + item(`"x"`, "CREATE") + end, "x"},
		"execve":         {story, "-"},
	} {
		t.Run(name, func(t *testing.T) {
			ev := last(t, tt.log)
			if got := ev.IsFileEvent(); got != (tt.want != "-") {
				t.Errorf("IsFileEvent() = %v", got)
			}
			want{"TargetFilename": tt.want}.check(t, event.SigmaFileEvent, ev)
		})
	}
	want{"Image": "/usr/bin/mv", "ProcessId": "1234", "ParentImage": "/usr/bin/bash", "UtcTime": "2023-11-14 22:13:20.400"}.
		check(t, event.SigmaFileEvent, last(t, story+renaming))
}

// TestSigmaFields: each name that public Linux rules of a category use is answered, or known not to be. The names were
// counted in SigmaHQ's rules of 2026-08-05.
func TestSigmaFields(t *testing.T) {
	for category, names := range map[string]string{
		"process_creation":   "Image CommandLine ParentImage ParentCommandLine User CurrentDirectory LogonId",
		"network_connection": "DestinationHostname Image DestinationIp Initiated DestinationPort ParentImage CommandLine SourceIp",
		"file_event":         "TargetFilename Image",
	} {
		for name := range strings.FieldsSeq(names) {
			if _, known := event.SigmaUnanswerable(category, name); !known && views[category](name) == nil {
				t.Errorf("%s: nothing is known of %s", category, name)
			}
		}
	}
}

func TestSigmaUnanswerable(t *testing.T) {
	for category, names := range event.Unanswerable() {
		for name := range names {
			for _, c := range []string{"process_creation", "network_connection", "file_event"} {
				reason, ok := event.SigmaUnanswerable(c, name)
				if want := category == "" || category == c; ok != want || ok && reason == "" {
					t.Errorf("SigmaUnanswerable(%q, %q) = %q, %v, want %v", c, name, reason, ok, want)
				}
				if ok && views[c](name) != nil {
					t.Errorf("%s: %s is answered and said to be unanswerable", c, name)
				}
			}
		}
	}
	if _, ok := event.SigmaUnanswerable("dns_query", "Hashes"); ok {
		t.Error("a category that is not ours")
	}
}
