//go:build e2e

package e2e

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestParents holds what auditpy says about who started whom to what the scheduler did, under a load of shells,
// daemons, threads and containers: nothing may be wrong, and with fork records next to nothing unknown.
func TestParents(t *testing.T) {
	t.Run("fork records", func(t *testing.T) {
		forks := "clone,clone3"
		if runtime.GOARCH == "amd64" {
			forks += ",fork,vfork"
		}
		for _, j := range parents(t, "reuse", "", forks, "exit_group") { // live and offline
			if share := j.share(); share < 0.99 {
				t.Errorf("forked_from is right for %.2f %%, want 99 %%:\n%s", 100*share, first(j.unknown))
			}
		}
	})
	t.Run("execve only", func(t *testing.T) {
		parents(t, "", "trap-")
	})
}

// parents runs the load, with rules for these system calls besides execve, and judges what auditpy printed
// meanwhile and what it prints afterwards.
func parents(t *testing.T, reuse, excuse string, calls ...string) []*judgement {
	t.Helper()
	log := startAuditd(t, t.TempDir(), "RAW")
	for _, c := range calls {
		sh(t, "auditctl", "-a", "always,exit", "-F", "arch=b64", "-S", c)
	}
	follower := start(t, binary, "events", "--follow", log)
	reach(t, follower, "parents-begin")
	tr, lost := startTrace(t), status(t)["lost"]
	root := load(t, reuse)
	reach(t, follower, "parents-end")
	if err := follower.stop(t); err != nil {
		t.Errorf("auditpy ended with %v: %s", err, follower.stderr)
	}
	logged(t, log, "parents-end")
	if now := status(t)["lost"]; now != lost {
		t.Fatalf("the kernel lost records: %s, before %s", now, lost)
	}
	all := tr.read(t, root)
	if t.Logf("%d numbers of processes were used again", all.reused); reuse != "" && all.reused < 5 {
		t.Error("too few for a test")
	}
	live := judge(all.byPID, window(executions(t, follower.stdout.Bytes())), excuse)
	live.report(t, "live")
	offline := judge(all.byPID, window(executions(t, eventsOf(t, log))), excuse)
	offline.report(t, "offline")
	return []*judgement{live, offline}
}

// window is what the kernel numbered while the load ran.
func window(docs []*document) []*document {
	slices.SortFunc(docs, func(a, b *document) int { return cmp.Compare(a.Auditd.Sequence, b.Auditd.Sequence) })
	has := func(word string) func(*document) bool {
		return func(d *document) bool { return slices.Contains(d.Process.Args, word) }
	}
	if i := slices.IndexFunc(docs, has("parents-end")); i >= 0 {
		docs = docs[:i]
	}
	for i := slices.IndexFunc(docs, has("parents-begin")); i >= 0; i = slices.IndexFunc(docs, has("parents-begin")) {
		docs = docs[i+1:]
	}
	return docs
}

// judgement is how far auditpy is right. Each text tells an execution, its way from its parent, and what was said.
type judgement struct {
	right                         int // forked_from
	unknown, wrong, excused, lost []string
	sources                       map[string]int // executions by parent_source
	lanes                         map[string]int // unknown ones by lane
}

// judge compares each execution of the load with its document.
func judge(truth map[int][]*execution, docs []*document, excuse string) *judgement {
	j := &judgement{sources: make(map[string]int), lanes: make(map[string]int)}
	join(truth, docs)
	for _, pid := range slices.Sorted(maps.Keys(truth)) {
		for _, e := range truth[pid] {
			if e.task.ours {
				j.execution(e, excuse)
			}
		}
	}
	return j
}

// join gives each execution its document: the first of a pid to the first, since numbers are used again.
func join(truth map[int][]*execution, docs []*document) {
	byPID := make(map[int][]*document)
	for _, d := range docs {
		byPID[d.Process.PID] = append(byPID[d.Process.PID], d)
	}
	for pid, es := range truth {
		for i, e := range es {
			e.doc = nil
			if i < len(byPID[pid]) {
				e.doc = byPID[pid][i]
			}
		}
	}
}

func (j *judgement) execution(e *execution, excuse string) {
	if e.doc == nil {
		j.lost = append(j.lost, e.chain()+"\n\tno event of it")
		return
	}
	said, from := e.doc.Auditpy, e.task.from().serial()
	text := fmt.Sprintf("%s\n\tserial %d %.80q: auditpy says forked_from %d (%s), replaces %d; want %d, %d", e.chain(), e.serial(),
		e.doc.Process.Args, said.ForkedFrom, said.ParentSource, said.Replaces, from, e.replaces.serial())
	j.sources[said.ParentSource]++
	if said.Replaces != e.replaces.serial() {
		j.lost = append(j.lost, text)
	}
	switch {
	case said.ForkedFrom == from && from != 0:
		j.right++
	case said.ForkedFrom == from: // root: what forked it is older than the log
	case said.ForkedFrom == 0:
		j.unknown = append(j.unknown, text)
		j.lanes[e.lane()]++
	case excuse != "" && strings.Contains(strings.Join(e.doc.Process.Args, " "), excuse):
		j.excused = append(j.excused, text)
	default:
		j.wrong = append(j.wrong, text)
	}
}

func (j *judgement) all() int {
	return j.right + len(j.unknown) + len(j.wrong) + len(j.excused)
}

func (j *judgement) share() float64 { return float64(j.right) / float64(j.all()) }

// report fails for anything wrong.
func (j *judgement) report(t *testing.T, name string) {
	t.Helper()
	t.Logf("%s: forked_from of %d executions: %d right (%.2f %%), %d unknown, %d wrong, %d wrong and excused",
		name, j.all(), j.right, 100*j.share(), len(j.unknown), len(j.wrong), len(j.excused))
	t.Logf("%s: parent_source: %v; unknown by lane: %v", name, j.sources, j.lanes)
	if j.all() < 1000 {
		t.Errorf("%s: the load had only %d executions", name, j.all())
	}
	if len(j.wrong) > 0 {
		t.Errorf("%s: forked_from is wrong for %d executions:\n%s", name, len(j.wrong), first(j.wrong))
	}
	if len(j.lost) > 0 {
		t.Errorf("%s: %d executions are missing or have a wrong replaces:\n%s", name, len(j.lost), first(j.lost))
	}
}

// first is what a person reads of many.
func first(texts []string) string { return strings.Join(texts[:min(len(texts), 20)], "\n") }
