package builtin_test

import (
	"os"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/text"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/builtin"
	"github.com/auditpy/auditpy/rules/rule"
)

// TestSamples holds every shipped rule to its two samples.
func TestSamples(t *testing.T) {
	files := builtin.Files()
	if len(files) == 0 {
		t.Fatal("no rules are embedded")
	}
	for _, f := range files {
		name := strings.TrimSuffix(path.Base(f.Name), ".yml")
		t.Run(name, func(t *testing.T) {
			set, diags := rules.Load([]rule.File{f})
			if len(diags) > 0 || len(set.Rules()) != 1 {
				t.Fatalf("%d rules, diags %v", len(set.Rules()), diags)
			}
			fires, quiet := samples(t, "sigma/"+name+".txtar")
			check(t, set, fires, 1)
			check(t, set, quiet, 0)
		})
	}
}

func check(t *testing.T, set *rules.Set, evs []*event.Event, want int) {
	t.Helper()
	if len(evs) == 0 {
		t.Error("a sample has no execution")
	}
	for _, ev := range evs {
		ms := set.Eval(nil, ev)
		if len(ms) != want {
			t.Errorf("%s %q: %d matches, want %d", ev.Process.Exe, ev.Exec.Args, len(ms), want)
		}
		for _, m := range ms {
			if len(m.Evidence) < 2 {
				t.Errorf("%q: evidence %+v, want the image and the command line", ev.Exec.Args, m.Evidence)
			}
		}
	}
}

// TestIdentity checks what users see in every alert.
func TestIdentity(t *testing.T) {
	set, diags := rules.Load(builtin.Files())
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, m := range set.Rules() {
		if m.Author != "auditpy" || len(m.ID) != 36 || m.Description == "" || len(m.Techniques) == 0 || len(m.FalsePositives) == 0 {
			t.Errorf("rule %q lacks an author, a UUID, a description, a technique or its false positives: %+v", m.Title, m)
		}
	}
}

func samples(t *testing.T, name string) (fires, quiet []*event.Event) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range txtar.Parse(data).Files {
		switch f.Name {
		case "fires.log":
			fires = execs(t, string(f.Data))
		case "quiet.log":
			quiet = execs(t, string(f.Data))
		default:
			t.Errorf("%s: unknown file %q", name, f.Name)
		}
	}
	return fires, quiet
}

// execs groups the records by their ids. Every event of a sample must be an execution.
func execs(t *testing.T, log string) (evs []*event.Event) {
	t.Helper()
	byID := make(map[audit.ID]*event.Event)
	for line := range strings.Lines(log) {
		r, err := audit.ParseLine(strings.TrimSuffix(line, "\n"))
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		ev := byID[r.ID]
		if ev == nil {
			ev = &event.Event{ID: r.ID}
			byID[r.ID], evs = ev, append(evs, ev)
		}
		ev.Records = append(ev.Records, r)
	}
	for _, ev := range evs {
		complete(t, ev)
	}
	return evs
}

func complete(t *testing.T, ev *event.Event) {
	t.Helper()
	sys := ev.Find(audit.Syscall)
	if sys == nil {
		t.Fatalf("event %v has no SYSCALL record", ev.ID)
	}
	var argv audit.Argv
	for _, r := range ev.Records {
		if r.Type == audit.Execve {
			argv.Add(r.Body)
		}
	}
	args := argv.Join(new(text.Arena), nil)
	if !args.Complete {
		t.Fatalf("event %v: arguments are not complete: %q", ev.ID, args.List)
	}
	x := &event.Exec{Args: args.List, CommandLine: args.Line, Complete: true}
	ev.Exec, ev.Process = x, &event.Process{Args: x.Args, CommandLine: x.CommandLine}
	ev.Process.Exe, _ = sys.Field("exe")
	ev.Process.PID = number(t, sys, "pid")
	ev.Process.UID = number(t, sys, "uid")
}

func number(t *testing.T, r *audit.Record, key string) int {
	t.Helper()
	s, _ := r.Field(key)
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("%s of %v: %v", key, r.ID, err)
	}
	return n
}
