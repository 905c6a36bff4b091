package builtin_test

import (
	"os"
	"path"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
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
			for name, log := range samples(t, "sigma/"+name+".txtar") {
				check(t, set, name, log)
			}
		})
	}
}

// check holds a rule to a sample: each execution of fires.log must match, that of a fires-*.log once, and none of a
// quiet*.log.
func check(t *testing.T, set *rules.Set, name, log string) {
	t.Helper()
	execs, matches := 0, 0
	for _, ev := range story(t, log) {
		ms := set.Eval(nil, ev)
		for _, m := range ms {
			if len(m.Evidence) < 2 {
				t.Errorf("%s: %q: evidence %+v, want the image and the command line", name, ev.Exec.Args, m.Evidence)
			}
		}
		if ev.Exec != nil {
			execs++
		}
		if matches += len(ms); name == "fires.log" && len(ms) != 1 || strings.HasPrefix(name, "quiet") && len(ms) != 0 {
			t.Errorf("%s: %s %q: %d matches", name, ev.Process.Exe, ev.Exec.Args, len(ms))
		}
	}
	if execs == 0 {
		t.Errorf("%s has no execution", name)
	}
	if strings.HasPrefix(name, "fires-") && matches != 1 {
		t.Errorf("%s: %d matches, want one", name, matches)
	}
}

// TestIdentity checks what users see in every alert.
func TestIdentity(t *testing.T) {
	set, diags := rules.Load(builtin.Files())
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, m := range set.Rules() {
		if m.Author != "auditpy" || len(m.ID) != 36 || m.Description == "" || len(m.Techniques) == 0 && m.Level > rule.Informational || len(m.FalsePositives) == 0 || len(m.Response) == 0 {
			t.Errorf("rule %q lacks an author, a UUID, a description, a technique, its false positives or what to do: %+v", m.Title, m)
		}
	}
}

// samples are the logs beside a rule, by name.
func samples(t *testing.T, name string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	logs, kinds := make(map[string]string), make(map[string]bool)
	for _, f := range txtar.Parse(data).Files {
		kind, _, _ := strings.Cut(strings.TrimSuffix(f.Name, ".log"), "-")
		if kind != "fires" && kind != "quiet" {
			t.Errorf("%s: unknown file %q", name, f.Name)
		}
		logs[f.Name], kinds[kind] = string(f.Data), true
	}
	if len(kinds) != 2 {
		t.Errorf("%s: want a log that fires and one that is quiet", name)
	}
	return logs
}

// story is the events of a log, with their processes.
func story(t *testing.T, log string) (evs []*event.Event) {
	t.Helper()
	a, tree := assemble.New(assemble.Options{}), proctree.New(proctree.Options{})
	take := func(got []*event.Event) {
		for _, ev := range got {
			tree.Annotate(ev)
			evs = append(evs, ev.Clone())
		}
	}
	for line := range strings.Lines(log) {
		r, err := audit.ParseLine(strings.TrimSuffix(line, "\n"))
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		take(a.Add(nil, r))
	}
	take(a.Flush(nil))
	return evs
}
