package builtin_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/auditpy/auditpy/internal/rulefile"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

var update = flag.Bool("update", false, "write docs/detections.md anew")

// TestDetections holds docs/detections.md to the rules and to what they say of the zoo.
func TestDetections(t *testing.T) {
	const file = "../../docs/detections.md"
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, beside, _ := strings.Cut(string(old), besideBegin)
	beside, _, _ = strings.Cut(beside, besideEnd)
	if list := os.Getenv("AUDITPY_ZOO_RULES"); list != "" {
		beside = published(t, filepath.SplitList(list))
	}
	want := detections(t, beside)
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the rules say: go test ./rules/builtin -run TestDetections -update", file)
	}
}

// What stands between these is made where the published rules are at hand: AUDITPY_ZOO_RULES names their files.
const (
	besideBegin = "<!-- published rules: begin -->\n"
	besideEnd   = "<!-- published rules: end -->\n"
)

// published is what other rules say of the same zoo, with the audit rules of the highest tier.
func published(t *testing.T, paths []string) string {
	files, err := rulefile.Read(paths)
	if err != nil {
		t.Fatal(err)
	}
	source := rules.Override{From: rules.Source{Product: "windows", Category: "network_connection"}, To: rules.Source{Product: "linux"}}
	set, diags := rules.LoadOptions(files, rules.Options{Sources: []rules.Override{source}})
	for _, d := range diags {
		if d.Fatal {
			t.Fatal(d)
		}
	}
	o := outcomes(set, zoo(t), len(tiers))
	var b strings.Builder
	fmt.Fprintf(&b, "\n| | attacks with one incident | ordinary work with an alert |\n|---|---|---|\n| %d published rules | %d of %d | %d of %d |\n\n",
		len(set.Rules()), o.once["attack"], o.total["attack"], o.once["benign"], o.total["benign"])
	for _, m := range set.Rules() {
		fmt.Fprintf(&b, "- %s: fires in %d attacks\n", m.Title, o.rules[m.ID])
	}
	fmt.Fprintf(&b, "\nOrdinary work with an alert: %s\n\n", strings.Join(o.loud, ", "))
	return b.String()
}

func detections(t *testing.T, beside string) string {
	set, all := shipped(t), zoo(t)
	tiers := []outcome{outcomes(set, all, 1), outcomes(set, all, 2), outcomes(set, all, 3)}
	metas := slices.Clone(set.Rules())
	slices.SortFunc(metas, func(a, b *rule.Meta) int {
		if a.Level != b.Level {
			return int(b.Level) - int(a.Level)
		}
		return strings.Compare(a.Title, b.Title)
	})
	var b strings.Builder
	b.WriteString("# Detections\n\nThe rules that come with auditpy. This page is made from them and from a zoo of attacks and ordinary work that was recorded on a\n" +
		"real kernel (`rules/builtin/testdata/zoo`); `make zoo` records it anew.\n\n")
	zooTable(&b, tiers)
	b.WriteString("## Beside published rules\n\nThe five public detections that auditpy began with, unchanged, on the same capture with all audit rules. Connections in the\n" +
		"zoo are to loopback addresses, which the one that looks at connections leaves out.\n\n" + besideBegin + beside + besideEnd + "\n")
	b.WriteString("## Rules\n\nEach is in the language that says it best: what one execution tells in Sigma's, what several events or a process tree tell in EQL, what has\n" +
		"grades and counts in Wazuh's. They lie in `rules/builtin`; to change some, copy them, give the folder to `rules.paths`, and set `rules.builtin` to false.\n" +
		"The tier is the lowest that a rule works with. Rules of level informational raise no alert: others build on them.\n\n" +
		"| rule | language | level | tier | techniques | attacks it fires in: tier 1, 2, 3 |\n|---|---|---|---|---|---|\n")
	for _, m := range metas {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s | %d, %d, %d |\n", m.Title, anchor(m.Title), languages[m.Dialect], m.Level, tierOf(m, tiers),
			strings.Join(m.Techniques, ", "), tiers[0].rules[m.ID], tiers[1].rules[m.ID], tiers[2].rules[m.ID])
	}
	for _, m := range metas {
		describe(&b, m)
	}
	return b.String()
}

var languages = map[string]string{"sigma": "Sigma", "eql": "EQL", "wazuh": "Wazuh"}

// tierOf is the lowest tier in which a rule fires; of one that fires nowhere in the zoo that of what it needs.
func tierOf(m *rule.Meta, tiers []outcome) string {
	for i, o := range tiers {
		if o.fired[m.ID] {
			return fmt.Sprint(i + 1)
		}
	}
	if len(m.Needs) == 0 || slices.ContainsFunc(m.Needs, func(n string) bool { return n != "exec" }) {
		return "2"
	}
	return "1"
}

func zooTable(b *strings.Builder, tiers []outcome) {
	b.WriteString("## The zoo\n\nAn attack counts if it gives exactly one incident of level medium or above; ordinary work should give none.\n" +
		"No execution gives more than one alert.\n\n" +
		"| audit rules | attacks with one incident | ordinary work with one | with an alert below medium |\n|---|---|---|---|\n")
	names := []string{"tier 1: executions", "tier 2: and connections (the default)", "tier 3: and accept, dup, dup2, dup3, fcntl"}
	for i, o := range tiers {
		fmt.Fprintf(b, "| %s | %d of %d | %d of %d | %d |\n", names[i], o.once["attack"], o.total["attack"], o.once["benign"], o.total["benign"], len(o.low))
	}
	b.WriteString("\nWhat is missed:\n\n")
	for i, o := range tiers {
		fmt.Fprintf(b, "- tier %d: %s\n", i+1, cmp.Or(strings.Join(o.wrong, ", "), "nothing"))
	}
	fmt.Fprintf(b, "\nOrdinary work with an alert below medium, in tier 3: %s\n\n", strings.Join(tiers[2].low, ", "))
}

func describe(b *strings.Builder, m *rule.Meta) {
	fmt.Fprintf(b, "\n### %s\n\n`%s` · %s · %s\n\n%s\n", m.Title, m.ID, languages[m.Dialect], m.Level, strings.TrimSpace(m.Description))
	for _, part := range []struct {
		name string
		list []string
	}{{"Not an attack", m.FalsePositives}, {"What to do", m.Response}, {"References", m.References}} {
		if len(part.list) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n%s:\n\n", part.name)
		for _, line := range part.list {
			fmt.Fprintf(b, "- %s\n", line)
		}
	}
}

// anchor is what Markdown makes of a heading.
func anchor(title string) string {
	keep := func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}
	return strings.Map(keep, title)
}
