package correlate

import (
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// occurrence is one event of a sequence, and why it is one.
type occurrence struct {
	id       audit.ID
	who      string // entity id of the process
	what     string // the event in words
	evidence []rule.Evidence
	size     int // about, in bytes
	refs     int // partial sequences that have it
}

func (s *sequences) newOccurrence(id audit.ID, ev *event.Event, evidence []rule.Evidence) *occurrence {
	t := &s.told
	t.reset()
	t.buf = alert.AppendBrief(t.buf, ev)
	t.end()
	if ev.Process != nil {
		t.buf = ev.Process.AppendEntityID(t.buf)
	}
	t.end()
	evidence = evidence[:min(len(evidence), maxEvidence)]
	for i := range evidence {
		t.add(evidence[i].Excerpt())
		t.add(evidence[i].Match)
	}
	t.all = string(t.buf)
	o := &occurrence{id: id, what: t.next(), who: t.next()}
	if len(evidence) > 0 {
		o.evidence = make([]rule.Evidence, len(evidence))
	}
	for i := range evidence {
		o.evidence[i] = rule.Evidence{Field: evidence[i].Field, Value: t.next(), Match: t.next()}
	}
	o.weigh()
	return o
}

func (o *occurrence) weigh() { o.size = occurrenceSize + len(o.who) + len(o.what) + sizeOf(o.evidence) }

// pieces are texts that are made one after the other, and then copied together: one piece of garbage instead of ten.
type pieces struct {
	buf  []byte
	ends []int
	all  string
	n    int // of ends, that next gave
}

func (p *pieces) reset() { *p = pieces{buf: p.buf[:0], ends: p.ends[:0]} }

func (p *pieces) end() { p.ends = append(p.ends, len(p.buf)) }

func (p *pieces) add(s string) {
	p.buf = append(p.buf, s...)
	p.end()
}

// next returns the texts in their order.
func (p *pieces) next() string {
	start := 0
	if p.n > 0 {
		start = p.ends[p.n-1]
	}
	p.n++
	return p.all[start:p.ends[p.n-1]]
}
