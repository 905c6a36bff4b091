package builtin_test

import (
	"encoding/hex"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/ruletest"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/builtin"
	"github.com/auditpy/auditpy/rules/rule"
)

// worst is how long a command line is that shall cost a rule as much as can be.
const worst = 16 << 10

// execution returns an execution of exe whose last argument is arg.
func execution(t *testing.T, exe, arg string) *event.Event {
	t.Helper()
	const stamp = "msg=audit(1795250000.000:7): "
	evs := story(t, "type=SYSCALL "+stamp+`arch=c000003e syscall=59 success=yes exit=0 ppid=5 pid=6 auid=1001 uid=0 euid=0 tty=pts0 ses=2 comm="x" exe="`+exe+`" key="exec"`+
		"\ntype=EXECVE "+stamp+`argc=3 a0="`+exe+`" a1="-c" a2=`+strings.ToUpper(hex.EncodeToString([]byte(arg)))+"\ntype=CWD "+stamp+`cwd="/"`+"\n")
	if len(evs) != 1 {
		t.Fatalf("%d events", len(evs))
	}
	return evs[0]
}

// stretched returns texts of 16 KiB made of parts of a command line that a rule fires on: what comes close to it costs most.
func stretched(line string) (all []string) {
	words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" ;,()[]\"'", r) })
	texts := append([]string{line, line[:len(line)/2], line[len(line)/2:], strings.Join(words, " "), strings.Join(words, ";"), strings.Repeat("(", 7) + line}, words...)
	for _, s := range texts {
		if s != "" {
			all = append(all, strings.Repeat(s, worst/len(s)+1)[:worst])
		}
	}
	return all
}

// quickest returns the shortest of some times that f takes.
func quickest(f func()) time.Duration {
	best := time.Hour
	for range 3 {
		begin := time.Now()
		f()
		best = min(best, time.Since(begin))
	}
	return best
}

// firing are the executions of the samples in which the rules of a file fire.
func firing(t *testing.T, f rule.File) (all []*event.Event) {
	name := strings.TrimPrefix(strings.TrimSuffix(f.Name, path.Ext(f.Name)), "builtin/")
	for _, l := range samples(t, name+".txtar").Logs {
		if l.Kind != ruletest.Quiet {
			all = append(all, story(t, l.Data)...)
		}
	}
	return slices.DeleteFunc(all, func(ev *event.Event) bool { return ev.Exec == nil })
}

// TestH5WorstInputs: no command line of 16 KiB costs a shipped rule more than a millisecond, nor all of them more than 20.
func TestH5WorstInputs(t *testing.T) {
	all, _ := rules.Load(builtin.Files())
	inputs := []string{strings.Repeat("a", worst), strings.Repeat("a ", worst/2), strings.Repeat("((", worst/2), strings.Repeat("\\", worst), strings.Repeat("\xff", worst)}
	exes := []string{"/usr/bin/python3.11", "/bin/bash"}
	for _, f := range builtin.Files() {
		for _, ev := range firing(t, f) {
			exes = append(exes, ev.Process.Exe)
			inputs = append(inputs, stretched(ev.Exec.CommandLine)...)
		}
	}
	slices.Sort(exes)
	exes = slices.Compact(exes)
	var events []*event.Event
	for i, in := range inputs { // each with two programs, in turn
		events = append(events, execution(t, exes[i%len(exes)], in), execution(t, exes[i*7%len(exes)], in))
	}
	slowest := time.Duration(0)
	for _, ev := range events {
		took := quickest(func() { all.Eval(nil, ev) })
		if slowest = max(slowest, took); took > 20*time.Millisecond*slower {
			t.Errorf("%s with %.80q: %v", ev.Process.Exe, ev.Exec.CommandLine, took)
		}
	}
	t.Logf("%d command lines of 16 KiB: all rules take at most %v", len(events), slowest)
	slowest = 0
	for _, f := range builtin.Files() {
		set, _ := rules.Load([]rule.File{f})
		for i := 0; i < len(events); i += 7 {
			took := quickest(func() { set.Eval(nil, events[i]) })
			if slowest = max(slowest, took); took > time.Millisecond*slower {
				t.Errorf("%s: %s with %.80q: %v", f.Name, events[i].Process.Exe, events[i].Exec.CommandLine, took)
			}
		}
	}
	t.Logf("one rule takes at most %v", slowest)
}
