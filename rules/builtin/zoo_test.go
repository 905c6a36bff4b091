package builtin_test

import (
	"bufio"
	"compress/gzip"
	"os"
	"strings"
	"testing"
	"time"

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

// userType is USER, what auditctl -m writes: include/uapi/linux/audit.h.
const userType audit.Type = 1005

// variant is one of the zoo's ways, with what the kernel wrote of it.
type variant struct {
	kind, name string
	events     []*event.Event
}

// zoo reads the capture: a user record stands before and after what belongs to a variant.
func zoo(t *testing.T) (all []*variant) {
	t.Helper()
	f, err := os.Open("testdata/zoo/capture.log.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	a := assemble.New(assemble.Options{})
	var v *variant
	take := func(evs []*event.Event) {
		for _, ev := range evs {
			if begin := marker(ev); begin != nil {
				v = begin
				if v.name != "" {
					all = append(all, v)
				}
			} else if v != nil && v.name != "" {
				v.events = append(v.events, ev.Clone())
			}
		}
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		r, err := audit.ParseLine(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		take(a.Add(nil, r))
	}
	take(a.Flush(nil))
	return all
}

// marker reads a user record of the zoo: at the end of a variant one without a name.
func marker(ev *event.Event) *variant {
	r := ev.Find(userType)
	if r == nil {
		return nil
	}
	_, text, _ := strings.Cut(r.Body, "zoo ")
	words := strings.Fields(strings.Clone(text)) // the record is the assembler's
	if len(words) < 3 || words[0] != "begin" {
		return &variant{}
	}
	return &variant{kind: words[1], name: words[2]}
}

// tiers are the system calls that each tier of audit rules records besides those of the one before.
var tiers = [][]string{{"execve", "execveat"}, {"connect"}, {"accept", "accept4", "dup", "dup2", "dup3", "fcntl", "open", "openat", "openat2"}}

func inTier(ev *event.Event, tier int) bool {
	for _, calls := range tiers[:tier] {
		for _, c := range calls {
			if ev.SyscallName() == c {
				return true
			}
		}
	}
	return false
}

// judged is what the rules say of a variant.
type judged struct {
	incidents map[string]bool // of level medium or above
	rules     map[string]bool // ids
	low       bool            // there is an alert below medium
	twice     []uint64        // serials of executions with more than one alert
}

func judge(set *rules.Set, v *variant, tier int) judged {
	j := judged{incidents: make(map[string]bool), rules: make(map[string]bool)}
	tree, cor := proctree.New(proctree.Options{}), correlate.New(correlate.Options{})
	seen := make(map[uint64]bool)
	take := func(alerts []alert.Alert) {
		for _, a := range alerts {
			if seen[a.Event.ID.Serial] {
				j.twice = append(j.twice, a.Event.ID.Serial)
			}
			seen[a.Event.ID.Serial] = true
			for _, m := range a.Rules {
				j.rules[m.ID] = true
			}
			if a.Level < rule.Medium {
				j.low = true
			} else {
				j.incidents[a.Incident.ID] = true
			}
		}
	}
	for _, ev := range v.events {
		if !inTier(ev, tier) {
			continue
		}
		ev := ev.Clone()
		tree.Annotate(ev)
		take(cor.Observe(nil, ev, set.Eval(nil, ev)))
	}
	take(cor.Idle(nil, time.Minute, 0))
	return j
}

// outcome is what the rules say of the whole zoo with the audit rules of one tier.
type outcome struct {
	total, once map[string]int  // of each kind: variants, and those with one incident of level medium or above
	loud        []string        // ordinary work with any
	wrong       []string        // attacks without one incident, and ordinary work with any
	low         []string        // ordinary work with an alert below that only
	twice       []string        // variants with an execution that has two alerts
	rules       map[string]int  // by id: attacks in which a rule fired
	fired       map[string]bool // by id: it fired at all
}

func outcomes(set *rules.Set, all []*variant, tier int) outcome {
	o := outcome{total: make(map[string]int), once: make(map[string]int), rules: make(map[string]int), fired: make(map[string]bool)}
	for _, v := range all {
		j := judge(set, v, tier)
		o.total[v.kind]++
		if len(j.incidents) == 1 || v.kind == "benign" && len(j.incidents) > 0 {
			o.once[v.kind]++
		}
		if (len(j.incidents) == 1) != (v.kind == "attack") {
			o.wrong = append(o.wrong, v.name)
		}
		if v.kind == "benign" && len(j.incidents) > 0 {
			o.loud = append(o.loud, v.name)
		}
		if v.kind == "benign" && len(j.incidents) == 0 && j.low {
			o.low = append(o.low, v.name)
		}
		if len(j.twice) > 0 {
			o.twice = append(o.twice, v.name)
		}
		for r := range j.rules {
			o.fired[r] = true
			if v.kind == "attack" {
				o.rules[r]++
			}
		}
	}
	return o
}

// TestZoo holds the shipped rules to what they promise, with the audit rules of each tier. What is missed is named in
// docs/detections.md.
func TestZoo(t *testing.T) {
	set := shipped(t)
	all := zoo(t)
	for tier, promised := range map[int]float64{1: 0.45, 2: 0.90, 3: 0.95} {
		o := outcomes(set, all, tier)
		if attacks := o.total["attack"]; attacks < 60 || float64(o.once["attack"]) < promised*float64(attacks) {
			t.Errorf("tier %d: one incident for %d of %d attacks, want %v: %q", tier, o.once["attack"], attacks, promised, o.wrong)
		}
		if o.total["benign"] < 60 || o.once["benign"] > 1 {
			t.Errorf("tier %d: alerts on %d of %d ordinary activities, want at most one: %q", tier, o.once["benign"], o.total["benign"], o.wrong)
		}
		if len(o.low) > o.total["benign"]/15 {
			t.Errorf("tier %d: low alerts on %q, want one in fifteen at most", tier, o.low)
		}
		if len(o.twice) > 0 {
			t.Errorf("tier %d: more than one alert for an execution in %q", tier, o.twice)
		}
	}
}

func shipped(t *testing.T) *rules.Set {
	t.Helper()
	set, diags := rules.Load(builtin.Files())
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return set
}
