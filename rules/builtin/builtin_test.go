package builtin_test

import (
	"os"
	"path"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/ruletest"
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
			test := samples(t, name+".txtar")
			for _, f := range test.Run(set) {
				t.Error(f, f.Want, f.Got)
			}
			for _, l := range test.Logs {
				explained(t, set, l)
			}
		})
	}
	if dialects["sigma"] == 0 || dialects["eql"] == 0 || dialects["wazuh"] == 0 {
		t.Errorf("files of dialects: %v, want some of each", dialects)
	}
}

// explained: each alert says what was found, and of which events.
func explained(t *testing.T, set *rules.Set, l ruletest.Log) {
	t.Helper()
	cor := correlate.New(correlate.Options{})
	var alerts []alert.Alert
	for _, ev := range story(t, l.Data) {
		alerts = cor.Observe(alerts, ev, set.Eval(nil, ev))
	}
	alerts = cor.Flush(alerts)
	for i := range alerts {
		a := &alerts[i]
		if len(a.Evidence) < 2 && len(a.Related) < 2 {
			t.Errorf("%s: %s: evidence %+v, related %+v", l.Name, a.AppendText(nil), a.Evidence, a.Related)
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

// samples is the test beside a rule: one log at least that fires, and one that is quiet.
func samples(t *testing.T, name string) *ruletest.Test {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	test, err := ruletest.Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	kinds := make(map[bool]bool)
	for _, l := range test.Logs {
		kinds[l.Kind == ruletest.Quiet] = true
	}
	if len(kinds) != 2 {
		t.Errorf("%s: want a log that fires and one that is quiet", name)
	}
	return test
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
