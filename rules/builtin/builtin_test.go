package builtin_test

import (
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/builtin"
	"github.com/auditpy/auditpy/rules/rule"
)

// TestSamples holds every shipped file of rules to its samples.
func TestSamples(t *testing.T) {
	files := builtin.Files()
	dialects := make(map[string]int)
	for _, f := range files {
		name := strings.TrimPrefix(strings.TrimSuffix(f.Name, path.Ext(f.Name)), "builtin/")
		dialects[path.Dir(name)]++
		t.Run(name, func(t *testing.T) {
			set, diags := rules.Load([]rule.File{f})
			if len(diags) > 0 || len(set.Rules()) == 0 {
				t.Fatalf("%d rules, diags %v", len(set.Rules()), diags)
			}
			for name, log := range samples(t, name+".txtar") {
				check(t, set, name, log)
			}
		})
	}
	if dialects["sigma"] == 0 || dialects["eql"] == 0 || dialects["wazuh"] == 0 {
		t.Errorf("files of dialects: %v, want some of each", dialects)
	}
}

// check holds a file of rules to a sample: each execution of fires.log must raise an alert, a fires-*.log one, and a
// quiet*.log none.
func check(t *testing.T, set *rules.Set, name, log string) {
	t.Helper()
	cor := correlate.New(correlate.Options{})
	execs, alerts := 0, 0
	for _, ev := range story(t, log) {
		raised := cor.Observe(nil, ev, set.Eval(nil, ev))
		if alerts += len(raised); ev.Exec != nil {
			execs++
		}
		explained(t, name, raised)
		if name == "fires.log" && len(raised) != 1 {
			t.Errorf("%s: %s %q: %d alerts", name, ev.Process.Exe, ev.Exec.Args, len(raised))
		}
	}
	late := cor.Idle(nil, time.Minute, 0)
	explained(t, name, late)
	if alerts += len(late); strings.HasPrefix(name, "fires-") && alerts != 1 || strings.HasPrefix(name, "quiet") && alerts != 0 {
		t.Errorf("%s: %d alerts", name, alerts)
	}
	if execs == 0 {
		t.Errorf("%s has no execution", name)
	}
}

// explained: an alert says what was found, and of which events.
func explained(t *testing.T, name string, alerts []alert.Alert) {
	t.Helper()
	for i := range alerts {
		a := &alerts[i]
		if len(a.Evidence) < 2 && len(a.Related) < 2 {
			t.Errorf("%s: %s: evidence %+v, related %+v", name, a.AppendText(nil), a.Evidence, a.Related)
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
		if m.Author != "auditpy" || len(m.ID) != 36 && m.Dialect != "wazuh" || m.Description == "" || len(m.Techniques) == 0 && m.Level > rule.Informational || len(m.FalsePositives) == 0 || len(m.Response) == 0 {
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
