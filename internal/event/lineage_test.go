package event_test

import (
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
)

// TestLineage: who connected and what came of it share a value, whatever stands between them.
func TestLineage(t *testing.T) {
	log := inline() + step(202, execve, 1000, 1001, zero, "/usr/bin/script", `EXECVE argc=1 a0="script"`) + shellOf(1001, 1002)
	python, shell := last(t, inline()), last(t, log)
	own := shell.Process.EntityID()
	up := shell.Process.Parent.EntityID() + "|" + python.Process.EntityID()
	parents := "/usr/bin/script|" + python3
	want{"process.Ext.ancestry": up, "auditpy.lineage": own + "|" + up, "auditpy.ancestors.executable": python3}.check(t, event.ECS, shell)
	want{"audit.ancestor.exe": parents}.check(t, event.Wazuh, shell)
	want{"process.Ext.ancestry": "-", "auditpy.lineage": python.Process.EntityID(), "auditpy.parent.inline_code": "-"}.check(t, event.ECS, python)
	want{"auditpy.parent.inline_code": "import socket;x = \"connect(\""}.check(t, event.ECS, last(t, inline()+shellOf(1000, 1001)))
	want{"audit.inline_code_bare": `import socket;x = ""`, "audit.ancestor.exe": "-"}.check(t, event.Wazuh, python)
}

// TestLineageIsBounded: chains of processes may be long.
func TestLineageIsBounded(t *testing.T) {
	ev := &event.Event{}
	for range 100 {
		ev.Process = &event.Process{Exe: "/bin/sh (deleted)", Parent: ev.Process}
	}
	for name, most := range map[string]int{"process.Ext.ancestry": 20, "auditpy.lineage": 21, "auditpy.ancestors.executable": 40} {
		if got := event.ECS(name)(nil, ev); len(got) != most {
			t.Errorf("%s has %d values, want %d: %s", name, len(got), most, strings.Join(got, " "))
		}
	}
}
