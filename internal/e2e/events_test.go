//go:build e2e

package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// document is what the tests read of an event or an alert.
type document struct {
	Event   struct{ Action []string }
	Process struct {
		PID    int
		Args   []string
		Parent struct{ PID int }
	}
	Auditd  struct{ Sequence uint64 }
	Auditpy struct {
		Complete     bool     `json:"argv_complete"`
		Base64       []string `json:"args_base64"`
		Replaces     uint64   // 0: none
		ForkedFrom   uint64   `json:"forked_from"` // 0: unknown
		ParentSource string   `json:"parent_source"`
	}
}

// args are the arguments byte for byte: those that are no UTF-8 are exact in args_base64 only.
func (d *document) args(t *testing.T) []string {
	t.Helper()
	if d.Auditpy.Base64 == nil {
		return d.Process.Args
	}
	args := make([]string, len(d.Auditpy.Base64))
	for i, b := range d.Auditpy.Base64 {
		raw, err := base64.StdEncoding.DecodeString(b)
		if err != nil {
			t.Fatalf("args_base64[%d] of event %d: %v", i, d.Auditd.Sequence, err)
		}
		args[i] = string(raw)
	}
	return args
}

// documents decodes a document a line.
func documents(t *testing.T, out []byte) []*document {
	t.Helper()
	var docs []*document
	for line := range bytes.Lines(out) {
		d := new(document)
		if err := json.Unmarshal(line, d); err != nil {
			t.Fatalf("%.200q: %v", line, err)
		}
		docs = append(docs, d)
	}
	return docs
}

// executions are the documents that are one.
func executions(t *testing.T, out []byte) []*document {
	t.Helper()
	return slices.DeleteFunc(documents(t, out), func(d *document) bool {
		return !slices.Contains(d.Event.Action, "exec")
	})
}

// eventsOf reads a log to its end, as a file of another host would be read.
func eventsOf(t *testing.T, log string) []byte {
	t.Helper()
	out, err := exec.Command(binary, "events", log).Output()
	if err != nil {
		t.Fatalf("auditpy events: %v", err)
	}
	return out
}

// reach executes word until it is in what d prints: then d reads live, and has printed all that came before.
func reach(t *testing.T, d *daemon, word string) {
	t.Helper()
	eventually(t, word+" in the events", func() bool {
		execute([]string{"/bin/true", word})
		return d.stdout.contains(word)
	})
}

// logged waits for word, which was executed, in the log: auditd writes a moment later.
func logged(t *testing.T, log, word string) {
	t.Helper()
	eventually(t, word+" in the log", func() bool { return strings.Contains(read(log), word) })
}
