//go:build e2e

package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// tally is how often each alert stands in a text of a JSON document a line. The agent's own alerts, which scan does not raise, are
// not in it, but for those that tell a loss.
type tally struct {
	ids   map[string]int
	lines int
}

func tallyOf(t *testing.T, text string) tally {
	t.Helper()
	n := tally{ids: make(map[string]int)}
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\n") { // is being written
			break
		}
		var doc struct {
			Event struct{ ID string }
			Rule  struct{ ID string }
		}
		if err := json.Unmarshal([]byte(line), &doc); err != nil || doc.Event.ID == "" {
			t.Fatalf("%v: not an alert: %.300q", err, line)
		}
		if own := strings.HasPrefix(doc.Rule.ID, "auditpy-"); !own || strings.HasSuffix(doc.Rule.ID, "-lost") || strings.HasSuffix(doc.Rule.ID, "-dropped") {
			n.ids[doc.Event.ID]++
			n.lines++
		}
	}
	return n
}

// received reads what rsyslogd wrote.
func received(t *testing.T, dir, network string) tally {
	t.Helper()
	return tallyOf(t, read(filepath.Join(dir, network+".log")))
}

// without returns the ids of n that are not of others.
func (n tally) without(others tally) (ids []string) {
	for id := range n.ids {
		if others.ids[id] == 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

func (n tally) most() (times int) {
	for _, k := range n.ids {
		times = max(times, k)
	}
	return times
}
