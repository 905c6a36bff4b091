package event_test

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

var update = flag.Bool("update", false, "write docs/fields.md anew")

const fieldsHead = `# Fields

Made from the program: ` + "`go test ./internal/event -run TestFieldsDoc -update`" + `. The names by which rules see an event, with a value of each that the zoo of
the built-in rules has (` + "`rules/builtin/testdata/zoo`" + `); a dash where no event there has one. What is not known is absent, never guessed.

- Names of Sigma's are Sysmon's; those that Sysmon lacks are explained in [sigma.md](sigma.md). Service ` + "`auditd`" + ` sees the keys of records as they are, and ` + "`cmdline`" + `; upper-case keys are what auditd looked up (` + "`UID`" + `).
- Names of EQL's are those of the Elastic Common Schema, auditbeat's and Elastic's endpoint's; ` + "`auditd.data.KEY`" + ` is any key of a record; ` + "`auditpy.*`" + ` are ours.
- Names of Wazuh's are those of its audit decoders, in any case; ` + "`audit.execve.aN`" + ` is any argument; ` + "`audit.parent.*`" + ` and ` + "`audit.command_line`" + ` are ours.
`

// TestFieldsDoc holds docs/fields.md to the program.
func TestFieldsDoc(t *testing.T) {
	const file = "../../docs/fields.md"
	want := fieldsDoc(t)
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("%s is not what the program knows (%v): go test ./internal/event -run TestFieldsDoc -update", file, err)
	}
}

func fieldsDoc(t *testing.T) string {
	views := event.Views()
	examples := examplesOf(t, views)
	var b strings.Builder
	b.WriteString(fieldsHead)
	for i, v := range views {
		fmt.Fprintf(&b, "\n## %s\n\n| field | for example |\n|---|---|\n", v.Name)
		for _, name := range v.Names() {
			fmt.Fprintf(&b, "| `%s` | %s |\n", name, cmp.Or(examples[i][name], "-"))
		}
	}
	b.WriteString("\n## What no audit record answers\n\nA test of such a field never holds; `auditpy rules lint` says so.\n\n| field of Sigma's | category | why |\n|---|---|---|\n")
	for _, u := range event.AllUnanswered() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", u.Name, cmp.Or(u.Category, "every one"), u.Why)
	}
	return b.String()
}

// examplesOf finds a value of each field of each view.
func examplesOf(t *testing.T, views []event.View) []map[string]string {
	examples := make([]map[string]string, len(views))
	for i := range views {
		examples[i] = make(map[string]string)
	}
	zooEvents(t, func(ev *event.Event) {
		for i, v := range views {
			if i > 0 && i < 4 && !seen[i](ev) {
				continue
			}
			for name, get := range v.Fields {
				if examples[i][name] != "" {
					continue
				}
				if vs := get(nil, ev); len(vs) > 0 {
					examples[i][name] = example(vs[0])
				}
			}
		}
	})
	return examples
}

// seen says which events Sigma's categories see, by the number of their view.
var seen = map[int]func(*event.Event) bool{1: (*event.Event).IsProcessCreation, 2: (*event.Event).IsNetworkConnection, 3: (*event.Event).IsFileEvent}

// nobody is who does all that is in the zoo.
const nobody = 65534

// example is a value as it may stand in a table.
func example(s string) string {
	const most = 60
	s = alert.Escape(s)
	if len(s) > most {
		s = s[:most]
		for !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
		s += "…"
	}
	if s == "" {
		return "(empty)"
	}
	return "`" + strings.NewReplacer("|", `\|`, "`", "'").Replace(s) + "`"
}

// zooEvents hands out the events of the zoo with their processes.
func zooEvents(t *testing.T, take func(*event.Event)) {
	t.Helper()
	f, err := os.Open("../../rules/builtin/testdata/zoo/capture.log.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	a, tree := assemble.New(assemble.Options{}), proctree.New(proctree.Options{})
	each := func(evs []*event.Event) {
		for _, ev := range evs {
			tree.Annotate(ev)
			if ev.Process != nil && ev.Process.UID == nobody { // what the capture itself did is as root
				take(ev)
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
		each(a.Add(nil, r))
	}
	each(a.Flush(nil))
}
