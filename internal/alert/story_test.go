package alert

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// shell is an execution of sh at the end of a lineage.
func shell(change func(p *event.Process)) *event.Event {
	sshd := &event.Process{PID: 3, Exe: "/usr/sbin/sshd", Source: event.FromExec}
	python := &event.Process{PID: 5, Exe: "/usr/bin/python3.11", Args: []string{"python3", "x.py"}, Source: event.FromExec, Parent: sshd}
	p := &event.Process{PID: 7, Exe: "/usr/bin/dash", User: "www", Source: event.FromExec, Parent: python}
	change(p)
	return &event.Event{Exec: &event.Exec{Args: []string{"sh", "-i"}, CommandLine: "sh -i", Complete: true}, Process: p}
}

func TestStory(t *testing.T) {
	python := func(pid int) *event.Process {
		return &event.Process{PID: pid, Exe: "/usr/bin/python3.11", Args: []string{"python3", "x.py"}, Source: event.FromExec}
	}
	peer := event.Peer{Address: netip.MustParseAddrPort("192.0.2.7:4444"), Initiated: true}
	for _, tt := range []struct {
		change      func(p *event.Process)
		story, tree string
	}{
		{func(p *event.Process) {}, "dash (pid 7), user www, was started by python3.11 (pid 5)", "sshd(3) - python3.11(5) - dash(7)"},
		{func(p *event.Process) { p.Parent = nil }, "dash (pid 7), user www, was started", "dash(7)"},
		{func(p *event.Process) { p.Previous = python(7) }, "dash (pid 7), user www, took the place of python3.11, which python3.11 (pid 5) started",
			"sshd(3) - python3.11(5) - python3.11 => dash(7)"},
		{func(p *event.Process) { p.Parent, p.Previous = nil, python(7) }, "dash (pid 7), user www, took the place of python3.11", "python3.11 => dash(7)"},
		{func(p *event.Process) { p.Streams = &event.Streams{Peer: peer} },
			"dash (pid 7), user www, was started by python3.11 (pid 5); connected to 192.0.2.7:4444", "sshd(3) - python3.11(5) - dash(7)"},
		{func(p *event.Process) { p.Exe, p.User = "/tmp/\x1b[2J (deleted)", "" }, `\x1b[2J (pid 7) was started by python3.11 (pid 5)`, `sshd(3) - python3.11(5) - \x1b[2J(7)`},
	} {
		ev := shell(tt.change)
		if got := story(ev); got != tt.story {
			t.Errorf("story = %q, want %q", got, tt.story)
		}
		if got := string(appendTree(nil, ev.Process)); got != tt.tree {
			t.Errorf("tree = %q, want %q", got, tt.tree)
		}
	}
}

// TestTreeIsBounded: a lineage may be long.
func TestTreeIsBounded(t *testing.T) {
	var p *event.Process
	for i := range 100 {
		p = &event.Process{PID: i, Exe: "/bin/sh", Parent: p}
	}
	if got := string(appendTree(nil, p)); strings.Count(got, "sh(") != maxTree || !strings.HasPrefix(got, "... - sh(88)") {
		t.Errorf("tree = %s", got)
	}
}

func TestBrief(t *testing.T) {
	p := &event.Process{PID: 5, Exe: "/usr/bin/python3.11"}
	for _, tt := range []struct {
		syscall int
		want    string
	}{
		{42, "python3.11 (pid 5) connected to 192.0.2.7 port 4444"},
		{43, "python3.11 (pid 5) accepted a connection from 192.0.2.7 port 4444"},
		{44, "python3.11 (pid 5) sendto 192.0.2.7 port 4444"},
	} {
		ev := called(tt.syscall)
		ev.Process = p
		if got := string(AppendBrief(nil, ev)); got != tt.want {
			t.Errorf("Brief = %q, want %q", got, tt.want)
		}
	}
	deep := called(42)
	deep.Process = &event.Process{PID: 5, Exe: strings.Repeat("/d", 94) + "/sshd/" + strings.Repeat("x", 100) + "/evil"}
	if got, want := string(AppendBrief(nil, deep)), "evil (pid 5) connected to 192.0.2.7 port 4444"; got != want {
		t.Errorf("Brief = %q, want %q", got, want)
	}
	long := shell(func(*event.Process) {})
	long.Exec.CommandLine = "sh " + strings.Repeat("x", 1<<20)
	if got := string(AppendBrief(nil, long)); len(got) > 2*maxBrief || !strings.Contains(got, "...[+1048379 bytes]") {
		t.Errorf("Brief = %d bytes: %.300s", len(got), got)
	}
}

// called is a system call with an address.
func called(number int) *event.Event {
	call := new(audit.Call)
	body := "arch=c000003e syscall=" + string(rune('0'+number/10)) + string(rune('0'+number%10)) + " success=yes exit=0 a0=3"
	call.Parse(body)
	return &event.Event{Call: call, Records: []audit.Record{
		{Type: audit.Syscall, Body: body}, {Type: audit.Sockaddr, Body: "saddr=0200115CC00002070000000000000000"},
	}}
}

// TestAlertTellsItsStory: the first lines are enough to know what to do.
func TestAlertTellsItsStory(t *testing.T) {
	long := strings.Repeat("A", 100_000)
	ev := shell(func(p *event.Process) {
		p.Previous = &event.Process{PID: 7, Exe: "/usr/bin/python3.11", Args: []string{"python3", "-c", long}, CommandLine: "python3 -c " + long, Source: event.FromExec}
		p.Parent.Args = []string{"python3", long}
	})
	a := &Alert{ID: "x", Level: rule.High, Rules: []*rule.Meta{{Title: "Shell", Level: rule.High, Description: "a\n b", Response: []string{"Cut it off."}}}, Event: ev,
		Evidence: []rule.Evidence{{Field: "CommandLine", Value: long + "dup2" + long, Match: "dup2", Start: 100_000, End: 100_004}, {Field: "User", Value: "www"}},
		Related:  []Related{{ID: audit.ID{Msec: 1500, Serial: 4}, Rule: &rule.Meta{ID: "r"}, What: "python3.11 (pid 5) connected to 192.0.2.7 port 4444"}}}
	text := string(a.AppendText(nil))
	for _, want := range []string{
		"  story    dash (pid 7), user www, took the place of python3.11,", "  before   /usr/bin/python3.11: python3 -c ", "  tree     sshd(3) - python3.11(5) - python3.11 => dash(7)\n",
		"  evidence CommandLine '[+99874 bytes]...A", "Adup2A", "  related  00:00:01.500 python3.11 (pid 5) connected to 192.0.2.7 port 4444, serial 4\n", "  do       Cut it off.\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("text is %.3000s, want %q in it", text, want)
		}
	}
	doc := document(t, a.AppendJSON(nil))
	for path, want := range map[string]any{
		"message":          "high: Shell: dash (pid 7), user www, took the place of python3.11, which python3.11 (pid 5) started",
		"rule.description": "a b", "auditpy.response": []any{"Cut it off."}, "process.previous.executable": "/usr/bin/python3.11", "process.previous.args_count": 3.0,
	} {
		if got := at(doc, path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %v, want %v", path, got, want)
		}
	}
	if n := len(a.AppendJSON(nil)); n > 5*maxOther {
		t.Errorf("%d bytes of what other processes were told", n)
	}
}
