package event

import (
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// Clone returns a copy that is valid for ever: of the event, of its process, and of that one's ancestors.
func (ev *Event) Clone() *Event {
	c := &Event{ID: ev.ID, Complete: ev.Complete, Records: slices.Clone(ev.Records)}
	for i := range c.Records {
		r := &c.Records[i]
		r.Name, r.Body, r.Enriched = strings.Clone(r.Name), strings.Clone(r.Body), strings.Clone(r.Enriched)
	}
	if sc := c.Find(audit.Syscall); sc != nil && ev.Call != nil {
		c.Call = new(audit.Call)
		c.Call.Parse(sc.Body)
	}
	if x := ev.Exec; x != nil {
		c.Exec = &Exec{cloneAll(x.Args), strings.Clone(x.CommandLine), x.Argc, x.Complete}
	}
	c.Process = ev.Process.Clone()
	return c
}

// Clone returns a copy that is valid for ever, with copies of its ancestors; nil for nil.
func (p *Process) Clone() *Process {
	if p == nil {
		return nil
	}
	c := *p
	for _, s := range []*string{&c.Exe, &c.Comm, &c.CommandLine, &c.CWD, &c.TTY, &c.User, &c.EffectiveUser, &c.Group} {
		*s = strings.Clone(*s)
	}
	c.Args = cloneAll(p.Args)
	if p.Streams != nil {
		streams := *p.Streams
		c.Streams = &streams
	}
	c.Parent, c.Previous = p.Parent.Clone(), p.Previous.Clone()
	return &c
}

func cloneAll(list []string) []string {
	if list == nil {
		return nil
	}
	c := make([]string, len(list))
	for i, s := range list {
		c[i] = strings.Clone(s)
	}
	return c
}
