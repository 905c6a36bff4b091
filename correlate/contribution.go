package correlate

import (
	"strings"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// contribution is a match on its way into a window.
type contribution struct {
	entry
	node     *clock
	now      int64 // event time
	ev       *event.Event
	kept     int // bytes of ev, if it is a copy of ours; 0: it lives as long as the call
	waited   bool
	evidence []rule.Evidence
}

// settle makes the strings of the match ours: those of an event are valid until the next one only.
func (x *contribution) settle() {
	x.Value = strings.Clone(x.Value)
	if x.ID.Node == x.node.name {
		x.ID.Node = x.node.name
	} else {
		x.ID.Node = strings.Clone(x.ID.Node)
	}
}

// keep makes the event ours.
func (x *contribution) keep() {
	if x.kept == 0 {
		x.ev, x.kept = keep(x.ev)
	}
}

// Bounds of an event that is kept, in bytes: of a record or a command line, and of all records.
const (
	maxKeptText    = 8 << 10
	maxKeptRecords = 64 << 10
)

// keep returns a copy of an event that is valid for ever, and about its size. What is very long is left out, and the
// event says that it is not complete: an event may have megabytes, and there may be as many copies as groups.
func keep(ev *event.Event) (*event.Event, int) {
	c := *ev
	c.Records = nil
	size := 512
	for _, r := range ev.Records {
		n := len(r.Body) + len(r.Enriched)
		if n > maxKeptText || size+n > maxKeptRecords {
			c.Complete = false
			continue
		}
		c.Records = append(c.Records, r)
		size += n + 128
	}
	if x := ev.Exec; x != nil {
		short := *x
		short.Args, short.CommandLine, short.Complete = head(x.Args), cut(x.CommandLine), x.Complete && len(x.CommandLine) <= maxKeptText
		c.Exec = &short
		size += 2*len(short.CommandLine) + 16*len(short.Args)
	}
	c.Process = lighten(ev.Process, &size)
	return c.Clone(), size
}

// lighten returns p with its ancestors and short command lines, and adds their size.
func lighten(p *event.Process, size *int) *event.Process {
	if p == nil {
		return nil
	}
	c := *p
	c.Args, c.CommandLine, c.ArgsWhole = head(p.Args), cut(p.CommandLine), p.ArgsWhole && len(p.CommandLine) <= maxKeptText
	*size += 512 + 2*len(c.CommandLine) + 16*len(c.Args)
	c.Parent, c.Previous = lighten(p.Parent, size), lighten(p.Previous, size)
	return &c
}

func cut(s string) string { return s[:min(len(s), maxKeptText)] }

// head returns the arguments that fit.
func head(args []string) []string {
	room := maxKeptText
	for i, a := range args {
		if room -= len(a) + 1; room < 0 {
			return args[:i]
		}
	}
	return args
}
