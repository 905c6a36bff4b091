package wazuh_test

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
	"github.com/auditpy/auditpy/rules/wazuh"
)

// base is the time of samples, a Friday, 10:20 in UTC, in seconds.
const base = 1767954000

// execution is a program that is executed, as the kernel tells it.
type execution struct {
	at        float64 // seconds after base
	serial    int
	pid, ppid int
	uid       string
	exe, key  string
	cwd, node string
	args      []string
}

// logged is a value of the kernel's: in hex if it has bytes that are not plain.
func logged(s string) string {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == '"' || s[i] >= 0x7f {
			return strings.ToUpper(hex.EncodeToString([]byte(s)))
		}
	}
	return `"` + s + `"`
}

func head(s string, n int) string { return s[:min(len(s), n)] }

// records are its lines.
func (x execution) records() []string {
	key := "(null)"
	if x.key != "" {
		key = `"` + x.key + `"`
	}
	comm := x.exe[strings.LastIndexByte(x.exe, '/')+1:]
	argv := fmt.Sprintf("argc=%d", len(x.args))
	for i, a := range x.args {
		argv += fmt.Sprintf(" a%d=%s", i, logged(a))
	}
	bodies := []string{
		"SYSCALL", fmt.Sprintf(`arch=c000003e syscall=59 success=yes exit=0 a0=55d0e8b4c2f0 a1=7f2a10c04d20 a2=55d8e0b4c2f0 a3=8 items=2 ppid=%d pid=%d auid=%s uid=%s gid=1001 euid=%s suid=%s fsuid=%s egid=1001 sgid=1001 fsgid=1001 tty=pts1 ses=12 comm="%s" exe="%s" key=%s`,
			x.ppid, x.pid, x.uid, x.uid, x.uid, x.uid, x.uid, comm, x.exe, key),
		"EXECVE", argv,
		"CWD", "cwd=" + logged(x.cwd),
		"PATH", fmt.Sprintf(`item=0 name="%s" inode=121470 dev=fd:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL`, x.exe),
		"PATH", `item=1 name="/lib64/ld-linux-x86-64.so.2" inode=2081 dev=fd:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL`,
		"PROCTITLE", "proctitle=" + logged(head(strings.Join(x.args, "\x00"), 128)),
	}
	node := ""
	if x.node != "" {
		node = "node=" + x.node + " "
	}
	var out []string
	for i := 0; i < len(bodies); i += 2 {
		out = append(out, fmt.Sprintf("%stype=%s msg=audit(%.3f:%d): %s", node, bodies[i], base+x.at, x.serial, bodies[i+1]))
	}
	return out
}

// parseExec reads "exec 2.5 exe=/usr/bin/id key=k : id -u"; arguments in quotes are as in Go.
func parseExec(t testing.TB, line string, serial int) execution {
	t.Helper()
	x := execution{serial: serial, pid: 5000 + serial, ppid: 900, uid: "1001", exe: "/usr/bin/x", cwd: "/home/marta"}
	head, tail, _ := strings.Cut(line, " : ")
	for i, w := range strings.Fields(head)[1:] {
		key, value, _ := strings.Cut(w, "=")
		switch {
		case i == 0:
			x.at, _ = strconv.ParseFloat(w, 64)
		case key == "exe":
			x.exe = value
		case key == "key":
			x.key = value
		case key == "uid":
			x.uid = value
		case key == "cwd":
			x.cwd = value
		case key == "node":
			x.node = value
		case key == "pid":
			x.pid, _ = strconv.Atoi(value)
		case key == "ppid":
			x.ppid, _ = strconv.Atoi(value)
		default:
			t.Fatalf("exec: no key %q", key)
		}
	}
	for tail = strings.TrimSpace(tail); tail != ""; tail = strings.TrimSpace(tail) {
		arg, rest, _ := strings.Cut(tail, " ")
		if q, err := strconv.QuotedPrefix(tail); err == nil {
			arg, _ = strconv.Unquote(q)
			rest = tail[len(q):]
		}
		x.args, tail = append(x.args, arg), rest
	}
	return x
}

// lines are those of a log; lines that begin with exec stand for the records of an execution.
func lines(t testing.TB, log string) (out []string) {
	t.Helper()
	for line := range strings.Lines(log) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "exec "):
			out = append(out, parseExec(t, line, 100+len(out)).records()...)
		default:
			for one := range audit.Joined(line) {
				out = append(out, one)
			}
		}
	}
	return out
}

// stages are those of the agent, without its outputs.
type stages struct {
	t      testing.TB
	asm    *assemble.Assembler
	tree   *proctree.Tree
	engine *wazuh.Engine
	cor    *correlate.Correlator
	evs    []*event.Event
	seen   int
	alerts []alert.Alert
	// onEvent, if set, sees each event and how many alerts it gave.
	onEvent func(ev *event.Event, alerts int)
}

func newStages(t testing.TB, e *wazuh.Engine) *stages {
	return &stages{t: t, asm: assemble.New(assemble.Options{}), tree: proctree.New(proctree.Options{}), engine: e, cor: correlate.New(correlate.Options{})}
}

// run takes lines through all stages, and returns the ids of the rules that lead alerts.
func (s *stages) run(lines []string) (ids []string) {
	s.t.Helper()
	for _, line := range lines {
		r, err := audit.ParseLine(line)
		if err != nil {
			s.t.Fatalf("%q: %v", line, err)
		}
		ids = s.events(ids, s.asm.Add(s.evs[:0], r))
	}
	return s.events(ids, s.asm.Flush(s.evs[:0]))
}

func (s *stages) events(ids []string, evs []*event.Event) []string {
	for _, ev := range evs {
		s.seen++
		s.tree.Annotate(ev)
		from := len(s.alerts)
		s.alerts = s.cor.Observe(s.alerts, ev, s.engine.Eval(nil, ev))
		if s.onEvent != nil {
			s.onEvent(ev, len(s.alerts)-from)
		}
		for i := range s.alerts[from:] {
			a := &s.alerts[from+i]
			a.Event = nil
			ids = append(ids, a.Rules[0].ID)
		}
	}
	return ids
}

// compile compiles rules that must have no diags.
func compile(t testing.TB, files ...rule.File) *wazuh.Engine {
	t.Helper()
	e, diags := wazuh.Compile(files, wazuh.Options{})
	for _, d := range diags {
		t.Errorf("%v", d)
	}
	return e
}

func xml(text string) rule.File { return rule.File{Name: "rules.xml", Data: []byte(text)} }

// group is a file of one group.
func group(rules string) rule.File { return xml(`<group name="local,">` + rules + `</group>`) }
