package rules_test

import (
	"slices"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

const good = `title: A Listing
logsource: {category: process_creation}
detection:
  s: {Image: /bin/ls}
  condition: s
`

func TestLoad(t *testing.T) {
	set, diags := rules.Load([]rule.File{
		{Name: "z.xml"},
		{Name: "c.yml", Data: []byte("title: [\n")},
		{Name: "b.YAML", Data: []byte(good)},
		{Name: "a.toml"},
		{Name: "README"},
	})
	var places []string
	for _, d := range diags {
		if !d.Fatal || d.Msg == "" {
			t.Errorf("diag %v is not fatal or says nothing", d)
		}
		places = append(places, d.Pos.File)
	}
	if want := []string{"README", "a.toml", "c.yml", "z.xml"}; !slices.Equal(places, want) {
		t.Errorf("diags of %q, want %q", places, want)
	}
	if ms := set.Rules(); len(ms) != 1 || ms[0].ID != "a-listing" || ms[0].Pos != (rule.Pos{File: "b.YAML", Line: 1, Col: 1}) {
		t.Errorf("Rules() = %+v", ms)
	}
}

func TestEval(t *testing.T) {
	set, _ := rules.Load([]rule.File{{Name: "b.yml", Data: []byte(good)}})
	for exe, want := range map[string]int{"/bin/ls": 1, "/bin/lsof": 0} {
		ev := &event.Event{Exec: &event.Exec{}, Process: &event.Process{Exe: exe}}
		if got := set.Eval(nil, ev); len(got) != want {
			t.Errorf("Eval of %s: %d matches, want %d", exe, len(got), want)
		}
	}
}

func TestLoadOptions(t *testing.T) {
	const text = "title: A\nname: a\nlogsource: {category: process_creation, product: windows}\n" +
		"detection: {s: {User|expand: '%Administrators%'}, condition: s}\n---\n" +
		"title: Many\ncorrelation: {type: event_count, rules: a, timespan: 1m, condition: {gte: 3}}\n"
	files := []rule.File{{Name: "a.yml", Data: []byte(text)}}
	if set, _ := rules.Load(files); len(set.Rules()) != 0 || len(set.Correlations()) != 0 {
		t.Error("a rule of another log source loaded without an override")
	}
	set, diags := rules.LoadOptions(files, rules.Options{
		Placeholders: map[string][]string{"Administrators": {"root"}},
		Sources:      []rules.Override{{From: rules.Source{Product: "windows"}, To: rules.Source{Product: "linux"}}},
	})
	ev := &event.Event{Exec: &event.Exec{}, Process: &event.Process{User: "root"}}
	if len(set.Eval(nil, ev)) != 1 || len(set.Correlations()) != 1 {
		t.Errorf("%d correlations, %v", len(set.Correlations()), diags)
	}
}

// TestDialects: rules of all dialects answer together.
func TestDialects(t *testing.T) {
	const elastic = "[rule]\nname = \"An EQL Listing\"\nquery = '''\nsequence by host.id\n  [process where process.name == \"ls\"]\n  [process where process.name == \"ls\"]\n'''\n"
	set, diags := rules.Load([]rule.File{{Name: "b.toml", Data: []byte(elastic)}, {Name: "a.yml", Data: []byte(good)}})
	if len(diags) > 0 || len(set.Sequences()) != 1 {
		t.Fatalf("diags %v, sequences %v", diags, set.Sequences())
	}
	ev := &event.Event{Exec: &event.Exec{}, Process: &event.Process{Exe: "/bin/ls"}}
	var got []string
	for _, m := range set.Eval(nil, ev) {
		got = append(got, m.Rule.Dialect, m.Rule.ID)
	}
	if want := []string{"sigma", "a-listing", "eql", "an-eql-listing"}; !slices.Equal(got, want) {
		t.Errorf("matches of %q, want %q", got, want)
	}
	for _, id := range []string{"a-listing", "an-eql-listing"} {
		if x, ok := set.Explain(id, ev); !ok || !x.Holds {
			t.Errorf("Explain(%q) = %+v, %v", id, x, ok)
		}
	}
}
