package alert

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// What happened, in words that need no second look: who, started by whom, and who is on the other end.

// maxBrief bounds an event in words, in bytes, before what is not printed is escaped.
const maxBrief = 200

// AppendBrief appends an event in a few words, escaped: dash (pid 7) executed /bin/sh -i.
func AppendBrief(dst []byte, ev *event.Event) []byte {
	if ev.Process != nil {
		dst = append(appendNamed(dst, ev.Process), ' ')
	}
	switch name := ev.SyscallName(); {
	case ev.Exec != nil:
		return appendQuoted(append(dst, "executed "...), headOf(ev.Exec.CommandLine))
	case strings.HasPrefix(name, "accept"):
		return appendAbout(append(dst, "accepted a connection from"...), ev)
	case name == "connect":
		return appendAbout(append(dst, "connected to"...), ev)
	}
	return appendAbout(append(dst, action(ev)...), ev)
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

func appendNamed(dst []byte, p *event.Process) []byte {
	dst = append(append(dst, program(p)...), " (pid "...)
	return append(strconv.AppendInt(dst, int64(p.PID), 10), ')')
}

// story tells an event in one sentence, escaped: who did what, who started it, and whom it talks to.
func story(ev *event.Event) string { return string(appendStory(nil, ev)) }

func appendStory(dst []byte, ev *event.Event) []byte {
	p := ev.Process
	if p == nil || ev.Exec == nil {
		return AppendBrief(dst, ev)
	}
	dst = appendNamed(dst, p)
	if p.User != "" {
		dst = append(appendEscaped(append(dst, ", user "...), p.User), ',')
	}
	dst = appendStart(dst, p)
	if peer := describePeer(ev); peer != "" {
		dst = append(append(dst, "; "...), peer...)
	}
	return dst
}

// appendStart tells who started a process, and what it was before.
func appendStart(dst []byte, p *event.Process) []byte {
	was, by := p.Previous, p.Parent
	instead := was != nil && was.Exe != p.Exe && was.Source == event.FromExec
	switch {
	case instead && by != nil:
		dst = append(append(append(dst, " took the place of "...), program(was)...), ", which "...)
		return append(appendNamed(dst, by), " started"...)
	case instead:
		return append(append(dst, " took the place of "...), program(was)...)
	case by != nil:
		return appendNamed(append(dst, " was started by "...), by)
	}
	return append(dst, " was started"...)
}

// maxTree bounds the processes of a tree in text.
const maxTree = 12

// appendTree appends the lineage of a process in one line, the eldest first: sshd(700) - bash(900) - python3.11(911) => dash(911).
func appendTree(dst []byte, p *event.Process) []byte {
	var chain [maxTree]*event.Process
	n := 0
	for ; p != nil && n < maxTree; p = p.Parent {
		chain[n] = p
		n++
	}
	if p != nil {
		dst = append(dst, "... - "...)
	}
	for i := n - 1; i >= 0; i-- {
		q := chain[i]
		if was := q.Previous; was != nil && was.Exe != q.Exe && was.Source == event.FromExec {
			dst = append(append(dst, program(was)...), " => "...)
		}
		dst = strconv.AppendInt(append(append(dst, program(q)...), '('), int64(q.PID), 10)
		if dst = append(dst, ')'); i > 0 {
			dst = append(dst, " - "...)
		}
	}
	return dst
}

// before is what a process ran before it became what it is, nil if that says nothing.
func before(p *event.Process) *event.Process {
	was := p.Previous
	if was == nil || was.Source != event.FromExec || was.Exe == p.Exe || len(was.Args) == 0 {
		return nil
	}
	return was
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
			dst = append(append(appendLabel(dst, "evidence"), line...), '\n')
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
		return append(append(appendLabel(dst, "related"), describeRelated(a)...), '\n')
	}
	for i := range a.Related[:min(len(a.Related), maxSerials)] {
		r := &a.Related[i]
		at := time.UnixMilli(r.ID.Msec).UTC().Format("15:04:05.000")
		dst = fmt.Appendf(appendLabel(dst, "related"), "%s %s, serial %d\n", at, r.What, r.ID.Serial)
	}
	if more := len(a.Related) - maxSerials; more > 0 {
		dst = fmt.Appendf(appendLabel(dst, "related"), "and %d more\n", more)
	}
	return dst
}
