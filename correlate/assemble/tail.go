package assemble

import (
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// What an event over its bounds still takes. An attacker chooses the length of a command line: up to 6 MiB, 12 in hex, so what
// counts may stand at its end, and so may the records after it.
const (
	tailBytes   = 256 << 10 // of the last EXECVE records; those between are dropped
	tailRecords = 256
	extraBytes  = 64 << 10 // of other records
	extraCount  = 64
)

// tail is the last EXECVE records of an event that is over its bounds.
type tail struct {
	bodies []string
	bytes  int
}

// full reports whether a bound of the event keeps the record out.
func (a *Assembler) full(p *pending, r *audit.Record, size int) bool {
	records, bytes := a.opts.MaxRecords, a.opts.MaxBytes
	if r.Type != audit.Execve && p.argv.Len() > 0 {
		records, bytes = records+extraCount, bytes+extraBytes
	}
	return len(p.ev.Records) >= records || p.bytes+size > bytes
}

// exceed takes what it can of a record over the bounds.
func (a *Assembler) exceed(p *pending, r *audit.Record) {
	p.over = true
	p.ended = p.ended || last(r.Type)
	t := &p.tail
	switch {
	case r.Type != audit.Execve || p.argv.Len() == 0 || len(r.Body) > tailBytes:
		a.stats.Dropped++
		return
	case slices.Contains(t.bodies[max(0, len(t.bodies)-8):], r.Body):
		a.stats.Doubled++
		return
	}
	t.bodies = append(t.bodies, strings.Clone(r.Body))
	t.bytes += len(r.Body)
	a.held += len(r.Body)
	a.stats.Records++
	for t.bytes > tailBytes || len(t.bodies) > tailRecords {
		a.dropFirst(t)
	}
}

func (a *Assembler) dropFirst(t *tail) {
	size := len(t.bodies[0])
	t.bodies = slices.Delete(t.bodies, 0, 1)
	t.bytes -= size
	a.held -= size
	a.stats.Records--
	a.stats.Dropped++
}

// addTail puts the last EXECVE records behind the first ones.
func (p *pending) addTail() {
	for _, body := range p.tail.bodies {
		p.ev.Records = append(p.ev.Records, audit.Record{ID: p.ev.ID, Type: audit.Execve, Body: body})
		p.argv.Add(body)
		p.joined = false
	}
}
