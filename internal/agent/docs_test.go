package agent

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/correlate/tamper"
)

// metricsTable is the list in docs/operating.md.
func metricsTable() string {
	var b strings.Builder
	b.WriteString("| metric | what it is |\n|---|---|\n")
	for _, d := range descs {
		labels := ""
		if len(d.Labels) > 0 {
			labels = "{" + strings.Join(d.Labels, ",") + "}"
		}
		fmt.Fprintf(&b, "| `%s%s` | %s |\n", d.Name, labels, d.Help)
	}
	return b.String()
}

// TestDocs: docs/operating.md names every metric, with its labels, and every rule of auditpy's own.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	if table := metricsTable(); !strings.Contains(string(text), table) {
		t.Errorf("docs/operating.md lacks this table:\n%s", table)
	}
	ids := []string{"auditpy-alerts-dropped"}
	for _, r := range []*ownRule{
		agentStarted, agentStopped, rulesReloaded, reloadRefused, recordsLost, alertsLost, inputDamaged, auditBlind, auditSighted, auditSwitched,
		logUnreadable, logReadable, logExposed, tailLags, clockStepped,
	} {
		ids = append(ids, r.id)
	}
	for _, r := range tamper.Rules() {
		ids = append(ids, r.ID)
	}
	for _, id := range ids {
		if !strings.Contains(string(text), "`"+id+"`") {
			t.Errorf("docs/operating.md does not name %s", id)
		}
	}
}
