package alert

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// What happened, in words that need no second look: who, started by whom, and who is on the other end.

// maxBrief bounds an event in words, in bytes, before what is not printed is escaped.
const maxBrief = 200

// Brief tells an event in a few words, escaped: dash (pid 7) executed /bin/sh -i.
func Brief(ev *event.Event) string {
	what := action(ev) + about(ev)
	switch name := ev.SyscallName(); {
	case ev.Exec != nil:
		what = "executed " + CommandLine([]string{headOf(ev.Exec.CommandLine)})
	case strings.HasPrefix(name, "accept"):
		what = "accepted a connection from" + about(ev)
	case name == "connect":
		what = "connected to" + about(ev)
	}
	if ev.Process == nil {
		return what
	}
	return named(ev.Process) + " " + what
}

func headOf(s string) string {
	if len(s) <= maxBrief {
		return s
	}
	return fmt.Sprintf("%s...[+%d bytes]", s[:maxBrief], len(s)-maxBrief)
}

// program is the name of what a process runs, escaped.
func program(p *event.Process) string {
	if p.Exe == "" {
		return "unknown"
	}
	return Escape(headOf(path.Base(strings.TrimSuffix(p.Exe, " (deleted)"))))
}

func named(p *event.Process) string { return fmt.Sprintf("%s (pid %d)", program(p), p.PID) }

// story tells an event in one sentence, escaped: who did what, who started it, and whom it talks to.
func story(ev *event.Event) string {
	p := ev.Process
	if p == nil || ev.Exec == nil {
		return Brief(ev)
	}
	s := named(p)
	if p.User != "" {
		s += ", user " + Escape(p.User) + ","
	}
	s += startedBy(p)
	if peer := describePeer(ev); peer != "" {
		s += "; " + peer
	}
	return s
}

func startedBy(p *event.Process) string {
	was, by := p.Previous, p.Parent
	instead := was != nil && was.Exe != p.Exe && was.Source == event.FromExec
	switch {
	case instead && by != nil:
		return fmt.Sprintf(" took the place of %s, which %s started", program(was), named(by))
	case instead:
		return " took the place of " + program(was)
	case by != nil:
		return " was started by " + named(by)
	}
	return " was started"
}

// maxTree bounds the processes of a tree in text.
const maxTree = 12

// tree is the lineage of a process in one line, the eldest first: sshd(700) - bash(900) - python3.11(911) => dash(911).
func tree(p *event.Process) string {
	var names []string
	for q := p; q != nil; q = q.Parent {
		if len(names) == maxTree {
			names = append(names, "...")
			break
		}
		name := fmt.Sprintf("%s(%d)", program(q), q.PID)
		if was := q.Previous; was != nil && was.Exe != q.Exe && was.Source == event.FromExec {
			name = program(was) + " => " + name
		}
		names = append(names, name)
	}
	var b strings.Builder
	for i := len(names) - 1; i >= 0; i-- {
		b.WriteString(names[i])
		if i > 0 {
			b.WriteString(" - ")
		}
	}
	return b.String()
}

// before is what a process ran before it became what it is, "" if that says nothing.
func before(p *event.Process) string {
	was := p.Previous
	if was == nil || was.Source != event.FromExec || was.Exe == p.Exe || len(was.Args) == 0 {
		return ""
	}
	return fmt.Sprintf("%s: %s", Escape(was.Exe), CommandLine(was.Args))
}

// maxEvidenceLines bounds the evidence in text; JSON has all.
const maxEvidenceLines = 6

// appendEvidence shows where in long values the match is: the line above that has the value is cut. Short ones need not be
// shown again.
func (a *Alert) appendEvidence(dst []byte) []byte {
	var shown []string
	for i := range a.Evidence {
		e := &a.Evidence[i]
		if !rule.IsLong(e.Value) || len(shown) == maxEvidenceLines {
			continue
		}
		if line := Escape(e.Field) + " " + quote(e.Excerpt()); !slices.Contains(shown, line) {
			shown = append(shown, line)
			dst = appendField(dst, "evidence", line)
		}
	}
	return dst
}

// appendSteps tells the events of a sequence; of a correlation only their serials are kept.
func (a *Alert) appendSteps(dst []byte) []byte {
	if len(a.Related) == 0 {
		return dst
	}
	if a.Related[0].What == "" {
		return appendField(dst, "related", describeRelated(a))
	}
	for i := range a.Related[:min(len(a.Related), maxSerials)] {
		r := &a.Related[i]
		at := time.UnixMilli(r.ID.Msec).UTC().Format("15:04:05.000")
		dst = appendField(dst, "related", fmt.Sprintf("%s %s, serial %d", at, r.What, r.ID.Serial))
	}
	if more := len(a.Related) - maxSerials; more > 0 {
		dst = appendField(dst, "related", fmt.Sprintf("and %d more", more))
	}
	return dst
}
