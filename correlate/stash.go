package correlate

import (
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/text"
)

// stash is a copy of an event in memory that is used again: what keep returns, without its garbage, and without what nobody
// will read. Of a hundred events that a sequence has a term for, hardly one is told.
type stash struct {
	ev     event.Event
	exec   event.Exec
	call   audit.Call
	text   text.Arena
	args   []string
	procs  []*event.Process
	used   int // of procs
	size   int
	whole  bool // nothing was left out
	called bool // there is a system call, which is not taken apart yet
}

// maxStash bounds the memory of texts that a stash keeps for the next event, in bytes.
const maxStash = 16 << 10

// isLarge reports whether the memory is more than is worth to be kept.
func (s *stash) isLarge() bool {
	return s.text.Size() > maxStash || cap(s.args) > 1024 || cap(s.ev.Records) > 64 || len(s.procs) > 64
}

// take makes s a copy of an event, with what keep leaves of it, but for parts that nobody will read.
func (s *stash) take(ev *event.Event, unread event.Parts) {
	s.text.Reset(maxStash)
	s.args, s.used, s.size, s.whole, s.called = s.args[:0], 0, 512, true, false
	s.ev = event.Event{ID: ev.ID, Complete: ev.Complete, Records: s.ev.Records[:0]}
	if unread&event.RecordParts == 0 || !ev.IsPlainExecution() {
		s.records(ev)
	}
	if x := ev.Exec; x != nil {
		s.exec = event.Exec{CommandLine: s.line(x.CommandLine), Argc: x.Argc, Complete: x.Complete && len(x.CommandLine) <= maxKeptText}
		s.exec.Args = s.list(x.Args, x.CommandLine, s.exec.CommandLine)
		s.ev.Exec = &s.exec
		s.size += 2*len(s.exec.CommandLine) + 16*len(s.exec.Args)
	}
	if unread&event.LineageParts == 0 {
		s.ev.Process = s.process(ev.Process)
	} else if s.ev.Process = s.single(ev.Process); s.ev.Process != nil {
		s.ev.Process.Parent = s.single(ev.Process.Parent)
	}
}

func (s *stash) records(ev *event.Event) {
	for i := range ev.Records {
		s.record(&ev.Records[i])
	}
	if len(s.ev.Records) == 0 {
		s.ev.Records = nil
	}
	s.called = ev.Call != nil
}

func (s *stash) record(r *audit.Record) {
	n := len(r.Body) + len(r.Enriched)
	if n > maxKeptText || s.size+n > maxKeptRecords {
		s.ev.Complete, s.whole = false, false
		return
	}
	s.ev.Records = append(s.ev.Records, *r)
	c := &s.ev.Records[len(s.ev.Records)-1]
	c.Name, c.Body, c.Enriched = s.text.Add(r.Name), s.text.Add(r.Body), s.text.Add(r.Enriched)
	s.size += n + 128
}

// process copies a process with its ancestors, as lighten leaves them.
func (s *stash) process(p *event.Process) *event.Process {
	c := s.single(p)
	if c != nil {
		c.Parent, c.Previous = s.process(p.Parent), s.process(p.Previous)
	}
	return c
}

// single copies a process without its ancestors.
func (s *stash) single(p *event.Process) *event.Process {
	if p == nil {
		return nil
	}
	if s.used == len(s.procs) {
		s.procs = append(s.procs, new(event.Process))
	}
	c := s.procs[s.used]
	s.used++
	*c = *p
	c.Exe, c.Comm, c.CWD, c.TTY = s.text.Add(p.Exe), s.text.Add(p.Comm), s.text.Add(p.CWD), s.text.Add(p.TTY)
	c.ArgsWhole = p.ArgsWhole && len(p.CommandLine) <= maxKeptText
	if p.Image == s.ev.ID && s.ev.Exec != nil && p.Image != (audit.ID{}) { // it runs what the event executed
		c.CommandLine, c.Args = s.exec.CommandLine, s.exec.Args
	} else {
		c.CommandLine = s.line(p.CommandLine)
		c.Args = s.list(p.Args, p.CommandLine, c.CommandLine)
	}
	if p.Streams != nil {
		streams := *p.Streams
		c.Streams = &streams
	}
	s.size += 512 + 2*len(c.CommandLine) + 16*len(c.Args)
	c.Parent, c.Previous = nil, nil
	return c
}

func (s *stash) line(l string) string {
	s.whole = s.whole && len(l) <= maxKeptText
	return s.text.Add(cut(l))
}

// list copies the arguments that fit. Mostly they are the parts of the command line, of which there is a copy.
func (s *stash) list(args []string, line, copied string) []string {
	if args == nil {
		return nil
	}
	start, at, fit := len(s.args), 0, head(args)
	s.whole = s.whole && len(fit) == len(args)
	for _, a := range fit {
		if end := at + len(a); end <= len(copied) && line[at:end] == a {
			s.args = append(s.args, copied[at:end])
		} else {
			s.args = append(s.args, s.text.Add(a))
		}
		at += len(a) + 1
	}
	return s.args[start:len(s.args):len(s.args)]
}

// event returns the copy, valid until the next take. What is not read of it is not made either: to take the system call apart
// again takes longer than to look at an execution.
func (s *stash) event(unread event.Parts) *event.Event {
	if !s.called || unread&event.RecordParts != 0 && s.ev.IsPlainExecution() {
		return &s.ev
	}
	s.called = false
	if sc := s.ev.Find(audit.Syscall); sc != nil {
		s.call.Parse(sc.Body)
		s.ev.Call = &s.call
	}
	return &s.ev
}
