package sigma

import (
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/rules/predicate"
)

// byType is a map of indexes: nine of ten records are of a system call.
type byType struct {
	calls [100]*index // of types from firstCall on
	rest  map[audit.Type]*index
}

const firstCall audit.Type = 1300

func (b *byType) of(t audit.Type) *index {
	if n := int(t) - int(firstCall); n >= 0 && n < len(b.calls) {
		return b.calls[n]
	}
	return b.rest[t]
}

func (b *byType) set(t audit.Type, ix *index) {
	if n := int(t) - int(firstCall); n >= 0 && n < len(b.calls) {
		b.calls[n] = ix
	} else {
		b.rest[t] = ix
	}
}

// evalRecords asks about each record, in the light of all others. What the same records opened before is remembered.
func (e *Engine) evalRecords(sc *scratch) {
	types, others, question := &e.records, e.untyped, e.questions+1
	if sc.ev.Call == nil {
		types, others, question = &e.lone, e.loneOthers, e.questions+2
	}
	d := sc.events.Digest()
	known := e.ownTexts(&d, sc)
	if known {
		if found, ok := sc.events.Get(question, &d); ok {
			e.again(found, types, others, sc)
			return
		}
	}
	sc.verdict = sc.verdict[:0]
	for i := range sc.ev.Records {
		ix := types.index(sc.ev.Records[i].Type, others)
		if ix.empty() || !isRow(sc.ev, i) {
			continue
		}
		sc.row(i)
		sc.verdict = append(sc.verdict, opening(^i))
		n := len(sc.verdict)
		sc.verdict = ix.decided(sc.verdict, e, sc)
		e.ask(sc.verdict[n:], sc)
		ix.askLoose(e, sc)
		if len(sc.verdict) == n && len(ix.loose) == 0 {
			sc.verdict = sc.verdict[:n-1]
		}
	}
	if known {
		sc.events.Put(question, &d, sc.verdict)
	}
}

// ownTexts adds the texts of all records: where the same come again, so do the values of all fields that event.IsDecided.
// It reports whether all have one.
func (e *Engine) ownTexts(d *predicate.Digest, sc *scratch) bool {
	for i := range sc.ev.Records {
		d.Number(uint64(sc.ev.Records[i].Type))
		if !e.ownText(d, sc, i) {
			return false
		}
	}
	return true
}

func (e *Engine) ownText(d *predicate.Digest, sc *scratch, rec int) bool {
	a, b, ok := sc.ev.OwnText(rec)
	if r := &sc.ev.Records[rec]; e.addresses && r.Type == audit.Sockaddr {
		a = r.Body
	}
	if ok {
		d.Text(a)
		d.Text(b)
	}
	return ok
}

// again asks what was found out about the same records: the place of a record, complemented, and what opens at it.
func (e *Engine) again(found []opening, types *byType, others *index, sc *scratch) {
	for len(found) > 0 {
		i := int(^found[0])
		end := 1
		for end < len(found) && found[end] >= 0 {
			end++
		}
		sc.row(i)
		e.ask(found[1:end], sc)
		types.index(sc.ev.Records[i].Type, others).askLoose(e, sc)
		found = found[end:]
	}
}

// index returns that of a type.
func (b *byType) index(t audit.Type, others *index) *index {
	if ix := b.of(t); ix != nil {
		return ix
	}
	return others
}
