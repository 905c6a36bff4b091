package event_test

import (
	"fmt"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
)

// step is one event of a small story: what a process of the sample does.
func step(serial, syscall, ppid, pid int, args, exe string, more ...string) string {
	stamp := fmt.Sprintf("msg=audit(1700000000.%03d:%d): ", serial, serial)
	log := fmt.Sprintf("type=SYSCALL %sarch=c000003e syscall=%d success=yes %s items=0 ppid=%d pid=%d auid=1 uid=33 gid=33 euid=33 suid=33 fsuid=33 egid=33 sgid=33 fsgid=33 tty=(none) ses=1 comm=\"x\" exe=%q key=(null)\n", stamp, syscall, args, ppid, pid, exe)
	for _, m := range more {
		typ, rest, _ := cutSpace(m)
		log += "type=" + typ + " " + stamp + rest + "\n"
	}
	return log + "type=PROCTITLE " + stamp + "proctitle=\"x\"\n"
}

func cutSpace(s string) (string, string, bool) {
	for i := range len(s) {
		if s[i] == ' ' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

const (
	execve, connects, accepts, dups, dup2s, dup3s, fcntls = 59, 42, 288, 32, 33, 292, 72
	zero                                                  = "exit=0 a0=0 a1=0 a2=0 a3=0"
	python3                                               = "/usr/bin/python3.11"
	dash                                                  = "/usr/bin/dash"
)

// reverse is a Python with code on its command line that connects and makes the connection the streams of a shell.
func reverse(copies string, shell string) string {
	return inline() +
		step(202, connects, 900, 1000, "exit=0 a0=3 a1=7f a2=10 a3=0", python3, "SOCKADDR saddr=0200115CC0000207") +
		copies + shell
}

func inline() string {
	return step(201, execve, 900, 1000, zero, python3, `EXECVE argc=4 a0="python3" a1="-Ic" a2=696D706F727420736F636B65743B78203D2022636F6E6E6563742822 a3="-c"`)
}

func copies(pid, ppid int) string {
	return step(206, dup2s, ppid, pid, "exit=0 a0=3 a1=0 a2=0 a3=0", python3) + step(207, dup2s, ppid, pid, "exit=1 a0=3 a1=1 a2=0 a3=0", python3) +
		step(208, dup3s, ppid, pid, "exit=2 a0=3 a1=2 a2=0 a3=0", python3)
}

func shellOf(ppid, pid int) string {
	return step(210, execve, ppid, pid, zero, dash, `EXECVE argc=1 a0="sh"`)
}

func TestStreams(t *testing.T) {
	all := want{"StdinIp": "192.0.2.7", "StdinPort": "4444", "StdinInitiated": "true", "StdoutIp": "192.0.2.7", "StdioShared": "true", "PeerIp": "192.0.2.7", "PeerInitiated": "true"}
	none := want{"StdinIp": "-", "StdinInitiated": "-", "StdoutIp": "-", "StdioShared": "-", "PeerIp": "-"}
	tests := map[string]struct {
		log  string
		want want
	}{
		"the process itself": {reverse(copies(1000, 900), shellOf(900, 1000)), all},
		"a forked child":     {reverse(copies(1001, 1000), shellOf(1000, 1001)), all},
		"by fcntl and dup": {reverse(step(203, fcntls, 900, 1000, "exit=0 a0=3 a1=0 a2=0 a3=0", python3)+step(204, dups, 900, 1000, "exit=1 a0=3 a1=0 a2=0 a3=0", python3),
			shellOf(900, 1000)), all},
		"from standard input": {reverse(step(203, dup2s, 900, 1000, "exit=0 a0=3 a1=0 a2=0 a3=0", python3), step(204, execve, 900, 1000, zero, dash, `EXECVE argc=1 a0="sh"`)+
			step(205, dup2s, 900, 1000, "exit=1 a0=0 a1=1 a2=0 a3=0", dash)+shellOf(900, 1000)), all},
		"a number that nobody saw": {reverse(step(203, dup2s, 900, 1000, "exit=0 a0=200 a1=0 a2=0 a3=0", python3)+step(204, dup2s, 900, 1000, "exit=1 a0=200 a1=1 a2=0 a3=0", python3), shellOf(900, 1000)),
			want{"StdinIp": "-", "StdioShared": "true", "PeerIp": "192.0.2.7", "PeerPort": "4444"}},
		"pipes": {reverse(step(203, dup2s, 1000, 1001, "exit=0 a0=4 a1=0 a2=0 a3=0", python3)+step(204, dup2s, 1000, 1001, "exit=1 a0=7 a1=1 a2=0 a3=0", python3), shellOf(1000, 1001)),
			want{"StdinIp": "-", "StdioShared": "false", "PeerIp": "192.0.2.7"}},
		"a child of a child": {reverse("", step(203, execve, 1000, 1001, zero, dash, `EXECVE argc=1 a0="sh"`)+shellOf(1001, 1002)),
			want{"StdinIp": "-", "PeerIp": "-", "ParentPeerIp": "192.0.2.7"}},
		"nothing": {step(201, execve, 900, 1000, zero, python3, `EXECVE argc=1 a0="python3"`) + shellOf(1000, 1001), none},
		"the descriptor is another's now": {reverse(step(203, connects, 900, 1000, "exit=0 a0=3 a1=7f a2=10 a3=0", python3, "SOCKADDR saddr=01002F72756E2F7300")+copies(1000, 900), shellOf(900, 1000)),
			want{"StdinIp": "-", "StdioShared": "true"}},
		"accepted": {step(201, execve, 900, 1000, zero, python3, `EXECVE argc=1 a0="python3"`) + step(202, accepts, 900, 1000, "exit=4 a0=3 a1=7f a2=10 a3=0", python3, "SOCKADDR saddr=0200115CC0000207") +
			step(203, dup2s, 900, 1000, "exit=0 a0=4 a1=0 a2=0 a3=0", python3) + shellOf(900, 1000), want{"StdinIp": "192.0.2.7", "StdinInitiated": "false", "StdoutIp": "-", "StdioShared": "-"}},
		"standard streams stay": {reverse(copies(1000, 900), step(209, execve, 900, 1000, zero, dash, `EXECVE argc=1 a0="sh"`)+shellOf(1000, 1002)),
			want{"StdinIp": "192.0.2.7", "StdioShared": "true", "PeerIp": "-", "ParentStdinIp": "192.0.2.7", "ParentPeerIp": "192.0.2.7"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { tt.want.check(t, event.SigmaProcessCreation, last(t, tt.log)) })
	}
}

func TestInlineCode(t *testing.T) {
	const code = "import os"
	tests := []struct {
		exe, want string
		args      []string
	}{
		{python3, code, []string{"python3", "-c", code}},
		{python3, code, []string{"[kworker]", "-Esu", "-W", "ignore", "-Xutf8", "-c", code, "-c", "no"}},
		{python3, code, []string{"x", "-c" + code}}, {python3, code, []string{"x", "-Ic", code}},
		{python3, code, []string{"x", "--check-hash-based-pycs", "always", "-c", code}},
		{python3, "", []string{"x", "script.py", "-c", code}}, {python3, "", []string{"x", "-m", "pdb", "-c", code}},
		{python3, "", []string{"x", "-", "-c", code}}, {python3, "", []string{"x", "-c"}}, {python3, "", []string{"x"}}, {python3, "", nil},
		{python3, "", []string{"x", "-W", "-c", "-x"}}, {python3, "", []string{"x", "-m"}}, {python3, "-n\n1\n" + code, []string{"x", "-Im", "timeit", "-n", "1", code}},
		{"/usr/bin/pypy3.10", code, []string{"x", "-c", code}}, {"/usr/libexec/platform-python3.6", code, []string{"x", "-c", code}},
		{"/usr/lib64/ld-linux-x86-64.so.2", code, []string{"ld.so", "--argv0", "/usr/bin/python3", "-c", code}},
		{"/usr/bin/perl", code, []string{"perl", "-MSocket", "-e", code}}, {"/usr/bin/php8.2", code, []string{"php", "-r", code}},
		{"/usr/bin/node", code, []string{"node", "--eval", code}}, {"/usr/bin/lua5.4", code, []string{"lua", "-e" + code}},
		{"/usr/bin/gawk", code, []string{"awk", "-F", ":", "-v", "a=1", code, "file"}}, {"/usr/bin/mawk", "", []string{"awk", "-f", "x.awk", code}},
		{"/usr/bin/perl", "", []string{"perl", "x.pl", "-e", code}}, {"/usr/bin/grep", "", []string{"grep", "-e", code}}, {dash, "", []string{"sh", "-c", code}},
	}
	for _, tt := range tests {
		if got := event.InlineCode(&event.Process{Exe: tt.exe, Args: tt.args}); got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.exe, tt.args, got, tt.want)
		}
	}
}

func TestWithoutStrings(t *testing.T) {
	for code, want := range map[string]string{
		`print("connect(")`:                `print("")`,
		`s.connect(("h",1)) # spawn("/x")`: `s.connect(("",1)) `,
		"a='x\\'y'+b # c\nd":               "a=''+b \nd",
		`x="""a "b" c"""; y`:               `x=""; y`,
		`spawn('/bin/sh`:                   `spawn(''`,
		`r'\'`:                             `r''`,
		"":                                 "",
	} {
		if got := event.WithoutStrings(code); got != want {
			t.Errorf("%q: %q, want %q", code, got, want)
		}
	}
}

// FuzzInlineCode: whatever the arguments, what is found stands among them, and nothing panics.
func FuzzInlineCode(f *testing.F) {
	f.Add("/usr/bin/python3", "-Wc", "-c", "print('x')")
	f.Fuzz(func(t *testing.T, exe, a, b, c string) {
		code := event.InlineCode(&event.Process{Exe: exe, Args: []string{"x", a, b, c}})
		if code != "" && code != a && code != b && code != c && !endsWith(code, a, b, c) && code != b+"\n"+c {
			t.Errorf("%q is none of %q", code, []string{a, b, c})
		}
		if bare := event.WithoutStrings(code); len(bare) > 2*len(code) {
			t.Errorf("%q became %q", code, bare)
		}
	})
}

func endsWith(code string, args ...string) bool {
	for _, a := range args {
		if len(a) > len(code) && a[len(a)-len(code):] == code {
			return true
		}
	}
	return false
}
