package eql

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// ours are queries of our own, of all shapes that the index knows.
var ours = []string{
	`process where event.type == "start" and process.name in ("nc", "ncat") and process.args : ("-e", "-c")`,
	`process where event.action in ("exec", "executed") and process.name : "py*" and process.parent.name == "bash" and process.args_count > 2`,
	`process where host.os.type == "linux" and process.command_line like~ "*/dev/tcp/*" and not process.parent.executable : "/usr/lib/*"`,
	`process where event.type == "start" and process.executable regex "/(tmp|dev/shm)/[a-z0-9.]+" and user.id != "0"`,
	`process where event.type == "start" and length(process.command_line) > 1 and process.parent.args : "*sp\u{e4}wn*"`,
	`process where event.action == "uid_change" and user.id == "0" and process.name : "\u{212a}*"`,
	`file where event.type == "creation" and file.extension : ("service", "timer") and file.path like "/etc/systemd/*"`,
	`file where event.action == "rename" and file.Ext.original.extension == "part" and file.name : "*.so"`,
	`network where event.action == "connection_attempted" and not cidrMatch(destination.ip, "10.0.0.0/8", "127.0.0.0/8") and destination.port in (4444, 9001)`,
	`authentication where event.action == "ssh_login" and event.outcome == "failure" and user.name == "root"`,
	`any where process.working_directory == "/dev/shm" or not ?process.parent.name : "*"`,
	`any where concat(process.name, ":", user.id) == "zq:1000" and null == (process.exit_code > 3)`,
	`sequence by process.entity_id with maxspan=5s [process where event.type == "start" and process.name : "cu*"] [network where destination.port == 443] [file where event.type == "creation" and file.path : "/tmp/*"] until [process where event.type == "end"]`,
	`sequence by host.id, user.id with maxspan=10s [process where event.type == "start" and process.name == "id"] with runs=3`,
	`sequence by host.id [process where event.type == "start" and process.name == "gcc"] by process.entity_id [process where event.type == "start" and process.parent.name : "*gcc*"] by process.parent.entity_id`,
	`sample by host.id [process where event.type == "start" and process.name == "whoami"] [process where event.type == "start" and process.name == "uname"]`,
}

func oneRule(i int) rule.File {
	return file(fmt.Sprintf("%d.toml", i), fmt.Sprintf("[rule]\nname = \"rule %d\"\nseverity = \"low\"\nquery = '''%s'''\n", i, ours[i]))
}

func allOurs(t testing.TB) *Engine {
	t.Helper()
	var files []rule.File
	for i := range ours {
		files = append(files, oneRule(i))
	}
	e, diags := Compile(files)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return e
}

// TestGenerate: a log that is made for a rule makes it fire; and all rules together find in it what each says by itself.
func TestGenerate(t *testing.T) {
	all := allOurs(t)
	for i := range ours {
		e, _ := Compile([]rule.File{oneRule(i)})
		fired := false
		for seed := range uint64(300) {
			log := newStory(e, rand.New(rand.NewPCG(seed, 2)))
			alertsOf(t, all, log) // checks the index
			if fired = len(alertsOf(t, e, log)) > 0; fired {
				break
			}
		}
		if !fired {
			t.Errorf("no log was found that this fires on: %s", ours[i])
		}
	}
}

// FuzzIndex: what is found by the indexes is what all conditions say.
func FuzzIndex(f *testing.F) {
	for i := range ours {
		f.Add(i, uint64(i), uint64(7), "zq")
	}
	f.Fuzz(func(t *testing.T, which int, a, b uint64, word string) {
		e, _ := Compile([]rule.File{oneRule(int(uint(which) % uint(len(ours))))})
		log := newStory(e, rand.New(rand.NewPCG(a, b)))
		if !strings.ContainsAny(word, "\r\n\x00\x1d\"") {
			log = strings.ReplaceAll(log, "zq", hexFree(word))
		}
		alertsOf(t, allOurs(t), log)
	})
}

// hexFree leaves out what a quoted value cannot hold.
func hexFree(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, s)
}

// execution is an event of a process with a parent.
func execution(exe, parent string, args ...string) *event.Event {
	p := &event.Process{PID: 7, PPID: 6, Exe: exe, Args: args, ArgsWhole: true, CommandLine: strings.Join(args, " "), CWD: "/", UID: 0, EUID: 0, GID: 0, EGID: 0, AUID: -1, User: "root", Source: event.FromExec}
	p.Parent = &event.Process{PID: 6, PPID: 1, Exe: parent, Args: []string{parent}, ArgsWhole: true, CommandLine: parent, UID: 0, EUID: 0, GID: 0, EGID: 0, AUID: -1, Source: event.FromExec}
	return &event.Event{Process: p, Exec: &event.Exec{Args: args, CommandLine: p.CommandLine, Argc: len(args), Complete: true}}
}

// TestEval: what a match says.
func TestEval(t *testing.T) {
	e, _ := Compile([]rule.File{oneRule(1), oneRule(13)})
	ms := e.Eval(nil, execution("/usr/bin/python3", "/bin/bash", "python3", "-c", "x"))
	if len(ms) != 1 || ms[0].Silent || ms[0].Rule.Title != "rule 1" || len(ms[0].Stages) > 0 {
		t.Fatalf("matches %+v", ms)
	}
	want := []rule.Evidence{
		{Field: "process.name", Value: "python3", Match: "py*"},
		{Field: "process.parent.name", Value: "bash", Match: "bash"}, {Field: "process.args_count", Value: "3", Match: "process.args_count > 2"},
	}
	if got := fmt.Sprint(ms[0].Evidence); got != fmt.Sprint(want) {
		t.Errorf("evidence %v, want %v", got, want)
	}
	ev := execution("/usr/bin/id", "/bin/bash", "id")
	ms = e.Eval(nil, ev)
	if len(ms) != 1 || !ms[0].Silent || len(ms[0].Stages) != 1 {
		t.Fatalf("matches %+v", ms)
	}
	st := ms[0].Stages[0]
	if st.Of != e.Sequences()[0] || st.Term != 0 || len(st.Of.Evidence(nil, st.Term, ev)) == 0 {
		t.Errorf("stage %+v", st)
	}
	if keys, ok := st.Of.Keys(nil, st.Term, ev); !ok || fmt.Sprint(keys) != "[[{localhost false}] [{0 false}]]" {
		t.Errorf("keys %v, %v", keys, ok)
	}
}

func TestExplain(t *testing.T) {
	e := allOurs(t)
	ev := execution("/usr/bin/python3", "/bin/dash", "python3", "-c", "x")
	x, ok := e.Explain("rule-1", ev)
	if !ok || x.Holds || len(x.Rows) != 1 {
		t.Fatalf("%+v, %v", x, ok)
	}
	var b strings.Builder
	for _, l := range x.Rows[0].Lines {
		fmt.Fprintf(&b, "%d %v %s %v\n", l.Depth, l.Holds, l.Text, l.Values)
	}
	want := `0 false and []
1 true event.category == "process" [process]
1 false and []
2 true event.action in ("exec", "executed") [exec process_started start executed]
2 true process.name : ("py*") [python3]
2 false process.parent.name == "bash" [dash]
2 true process.args_count > 2 [3]
`
	if b.String() != want {
		t.Errorf("lines\n%swant\n%s", b.String(), want)
	}
	if x, _ := e.Explain("rule-6", ev); len(x.Rows) != 0 {
		t.Errorf("a rule on files has rows for an execution: %+v", x)
	}
	if x, _ := e.Explain("rule-12", ev); len(x.Rows) != 2 || x.Rows[0].Name != "term 1" || x.Rows[1].Name != "until" {
		t.Errorf("rows of a sequence: %+v", x.Rows)
	}
	if _, ok := e.Explain("none", ev); ok {
		t.Error("there is no rule none")
	}
}

// TestNoAllocation: an event that matches nothing costs no memory. (One rule is left out: concat makes a text.)
func TestNoAllocation(t *testing.T) {
	var files []rule.File
	for i := range ours {
		if !strings.Contains(ours[i], "concat") {
			files = append(files, oneRule(i))
		}
	}
	e, _ := Compile(files)
	ev := execution("/usr/bin/ls", "/bin/bash", "ls", "-l", "/home/alice/projects")
	e.Eval(nil, ev)
	if n := testing.AllocsPerRun(100, func() {
		if ms := e.Eval(nil, ev); len(ms) > 0 {
			t.Fatal(ms)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkEval is an execution that matches nothing: with our rules, and with Elastic's where they are.
func BenchmarkEval(b *testing.B) {
	ev := execution("/usr/bin/ls", "/bin/bash", "ls", "-l", "/home/alice/projects")
	bench := func(e *Engine) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			var ms []rule.Match
			for b.Loop() {
				ms = e.Eval(ms[:0], ev)
			}
		}
	}
	b.Run(fmt.Sprint(len(ours)), bench(allOurs(b)))
	b.Run("corpus", func(b *testing.B) {
		e, _ := Compile(elastic(b))
		bench(e)(b)
	})
}

// TestNoAllocationOfStages: that an event satisfies a term of a sequence lies in the memory of what another did before.
func TestNoAllocationOfStages(t *testing.T) {
	e, _ := Compile([]rule.File{oneRule(13), oneRule(15)})
	ev := execution("/usr/bin/id", "/bin/bash", "id")
	ms := e.Eval(nil, ev)
	if n := testing.AllocsPerRun(100, func() {
		if ms = e.Eval(ms[:0], ev); len(ms) != 1 || len(ms[0].Stages) != 1 {
			t.Fatal(ms)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestManyKeys: a command with very many arguments takes no more time by a sequence that is joined by them than is worth it.
func TestManyKeys(t *testing.T) {
	e, _ := Compile([]rule.File{file("keys.toml", "[rule]\nname = \"keys\"\nseverity = \"low\"\nquery = '''sequence with maxspan=1s [process where process.name == \"cc\"] by process.args [file where true] by file.name'''\n")})
	args := []string{"cc"}
	for i := range 200_000 {
		args = append(args, fmt.Sprint(i))
	}
	ev := execution("/usr/bin/cc", "/bin/bash", args...)
	ms := e.Eval(nil, ev)
	if len(ms) != 1 || len(ms[0].Stages) != 1 {
		t.Fatalf("%d matches", len(ms))
	}
	if keys, ok := e.Sequences()[0].Keys(nil, ms[0].Stages[0].Term, ev); !ok || len(keys[0]) != rule.MaxKeys+1 {
		t.Errorf("%d keys, %v", len(keys[0]), ok)
	}
}
