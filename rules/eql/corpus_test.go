package eql

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/source"
	"github.com/auditpy/auditpy/rules/rule"
)

// elastic returns the rules below the folder that AUDITPY_ELASTIC_CORPUS names: a checkout of the rules for Linux of
// https://github.com/elastic/detection-rules.
func elastic(t testing.TB) (files []rule.File) {
	t.Helper()
	dir := os.Getenv("AUDITPY_ELASTIC_CORPUS")
	if dir == "" {
		t.Skip("AUDITPY_ELASTIC_CORPUS names no folder of Elastic's rules; they are not part of the repository")
	}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".toml" {
			return err
		}
		b, err := os.ReadFile(name)
		files = append(files, rule.File{Name: filepath.Base(name), Data: b})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestCorpusCompiles: all of Elastic's EQL rules load, and the others are no errors.
func TestCorpusCompiles(t *testing.T) {
	files := elastic(t)
	e, diags := Compile(files)
	want, others := 0, 0
	for _, f := range files {
		if strings.Contains(string(f.Data), "\ntype = \"eql\"") {
			want++
		}
	}
	for _, d := range diags {
		if d.Fatal {
			t.Error(d)
		}
		if strings.Contains(d.Msg, "not supported") {
			others++
		}
	}
	if got := len(e.Rules()); got != want || got+others != len(files) || want == 0 {
		t.Errorf("%d rules of %d load, %d in other languages, of %d files", got, want, others, len(files))
	}
	needs := map[string]int{}
	for _, m := range e.Rules() {
		needs[strings.Join(m.Needs, ",")]++
	}
	t.Logf("%d EQL rules load, %d rules in other languages; needs: %v", want, others, needs)
}

// generated is what of a published corpus must fire on an event made for it.
const generated = 250

// TestGenerateCorpus: from each rule a log is made that makes it fire. What asks for what no record tells is left out.
func TestGenerateCorpus(t *testing.T) {
	var fired, silent, apart []string
	for _, f := range elastic(t) {
		e, _ := Compile([]rule.File{f})
		switch {
		case len(e.Rules()) == 0:
		case slices.ContainsFunc(e.Rules()[0].Needs, func(s string) bool { return strings.Contains(s, Unrecorded) }):
			apart = append(apart, f.Name)
		case generate(t, e):
			fired = append(fired, f.Name)
		default:
			silent = append(silent, f.Name)
		}
	}
	t.Logf("%d fire, %d do not, %d ask for what no record tells", len(fired), len(silent), len(apart))
	t.Logf("do not fire: %s", strings.Join(silent, " "))
	if len(fired) < generated {
		t.Errorf("%d rules fire, want %d", len(fired), generated)
	}
}

// generate makes logs for the one rule of e until it fires, and reports whether it did. A log that fires must not fire twice.
func generate(t *testing.T, e *Engine) bool {
	t.Helper()
	for seed := range uint64(600) {
		log := newStory(e, rand.New(rand.NewPCG(seed, 1)))
		switch n := len(alertsOf(t, e, log)); {
		case n > 1 && e.rules[0].seq == nil && strings.Count(log, "\x1dARCH") < 2:
			t.Errorf("%s: %d alerts of one event:\n%s", e.rules[0].meta.Pos.File, n, log)
			return true
		case n > 0:
			return true
		}
	}
	return false
}

// newStory writes a log with an event for each step of the rule.
func newStory(e *Engine, r *rand.Rand) string {
	s := &story{msec: 1_700_000_000_000, serial: 100, alive: make(map[int]bool)}
	rl := &e.rules[0]
	steps := []int{0}
	if rl.seq != nil {
		steps = rl.seq.Steps
	}
	wishes, kinds := make([]*wish, len(e.units)), make([]*event.Kind, len(e.units))
	for i := range e.units {
		wishes[i], kinds[i] = newWish(e.program, r, e.units[i].cond), e.anyKind(e.units[i].cond, r)
	}
	share(e, wishes)
	for n, step := range steps {
		u := &e.units[step]
		if rl.seq != nil && rl.seq.Terms[step].Missing {
			continue
		}
		k := kinds[step]
		if k == nil {
			return ""
		}
		pid, ppid := 6000+n, 4000+n
		for _, f := range u.by {
			switch e.fields[f.id].name {
			case "process.entity_id", "process.pid":
				pid = 5000
			case "process.parent.entity_id", "process.parent.pid":
				ppid = 5000
			}
		}
		if pid == ppid {
			ppid = 4000
		}
		s.tell(wishes[step], k, pid, ppid)
	}
	return s.b.String()
}

// share gives the key fields of all steps one value.
func share(e *Engine, wishes []*wish) {
	if len(e.units[0].by) == 0 {
		return
	}
	for pos := range e.units[0].by {
		value := ""
		for i := range e.units {
			name := e.fields[e.units[i].by[pos].id].name
			if len(wishes[i].yes[name]) > 0 {
				value = wishes[i].value(name)
			}
		}
		for i := range e.units {
			name := e.fields[e.units[i].by[pos].id].name
			if value == "" {
				value = map[string]string{"destination.ip": "93.184.216.34", "source.ip": "93.184.216.34", "process.name": "zq", "file.name": "zq", "user.name": "zq"}[name]
			}
			if value == "" && strings.HasSuffix(name, ".id") {
				value = "1000"
			} else if value == "" {
				value = "/zq/shared"
			}
			if !strings.HasSuffix(name, "entity_id") && !strings.HasSuffix(name, ".pid") && name != "host.id" {
				wishes[i].fixed[name] = value
			}
		}
	}
}

// anyKind chooses a kind of events for which a condition can hold.
func (e *Engine) anyKind(c *cond, r *rand.Rand) *event.Kind {
	var ks []*event.Kind
	for i := range event.Kinds() {
		if k := &event.Kinds()[i]; i > 0 && e.of(c, k) != never {
			ks = append(ks, k)
		}
	}
	if len(ks) == 0 {
		return nil
	}
	return ks[r.IntN(len(ks))]
}

// alertsOf is the whole way from a log to alerts.
func alertsOf(t testing.TB, e *Engine, log string) (alerts []alert.Alert) {
	t.Helper()
	src := source.NewReader("generated", strings.NewReader(log))
	asm, tree, cor := assemble.New(assemble.Options{}), proctree.New(proctree.Options{}), correlate.New(correlate.Options{})
	take := func(evs []*event.Event) {
		for _, ev := range evs {
			tree.Annotate(ev)
			ms := e.Eval(nil, ev)
			checkIndex(t, e, ev, ms)
			alerts = cor.Observe(alerts, ev, ms)
		}
	}
	for {
		rec, err := src.Next(context.Background())
		if err != nil {
			break
		}
		take(asm.Add(nil, rec))
	}
	take(asm.Flush(nil))
	return cor.Flush(alerts)
}

// checkIndex holds what the indexes find to what all units say when they are asked.
func checkIndex(t testing.TB, e *Engine, ev *event.Event, got []rule.Match) {
	t.Helper()
	sc := newScratch(e.program)
	sc.begin(ev, nil)
	e.askAll(sc)
	if want := e.matches(nil, sc); !reflect.DeepEqual(got, want) {
		t.Errorf("event %d: matches %+v, all units say %+v", ev.ID.Serial, got, want)
	}
}
