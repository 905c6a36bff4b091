package agent

import "time"

// losses are the counters whose rise is an alert, each kind under the rule that tells it. What a spool gave up is told by the
// outlet. Late and doubled records are counted only: a restart reads records again.
var losses = []struct {
	name  string
	rule  *ownRule
	count func(*ledger) uint64
}{
	{"kernel", recordsLost, func(g *ledger) uint64 { return g.kernelLost }},
	{"gaps", recordsLost, func(g *ledger) uint64 { return g.loop.Gaps }},
	{"over_event", recordsLost, func(g *ledger) uint64 { return g.assembled.Dropped }},
	{"too_large", alertsLost, func(g *ledger) uint64 { return g.refused() }},
	{"unparsed", inputDamaged, func(g *ledger) uint64 { return g.loop.Unparsed }},
	{"crowded", inputDamaged, func(g *ledger) uint64 { return g.assembled.Crowded }},
}

// lossTeller tells each rise of a loss: at once if there was none for long, and less and less often while it goes on. A loss
// is not told for each record, or it would be a way to flood the sinks.
type lossTeller struct {
	told  [16]uint64 // by place in losses
	paces map[*ownRule]*pace
}

// pace is when a rule may be told again.
type pace struct {
	next time.Duration
	gap  time.Duration
}

const (
	leastGap = time.Minute
	mostGap  = time.Hour
)

// tick returns what is to be told now: about each rule the number of losses since it was told, and their total. At the end all
// that was not told is.
func (t *lossTeller) tick(g *ledger, now time.Duration, end bool) map[*ownRule]map[string]any {
	tell := t.risen(g)
	for r := range tell {
		if !t.admit(r, now) && !end {
			delete(tell, r)
		}
	}
	for i, l := range losses {
		if tell[l.rule] != nil {
			t.told[i] = l.count(g)
		}
	}
	return tell
}

func (t *lossTeller) risen(g *ledger) map[*ownRule]map[string]any {
	var tell map[*ownRule]map[string]any
	for i, l := range losses {
		n := l.count(g)
		if n <= t.told[i] {
			continue
		}
		if tell == nil {
			tell = make(map[*ownRule]map[string]any)
		}
		if tell[l.rule] == nil {
			tell[l.rule] = make(map[string]any)
		}
		tell[l.rule][l.name] = map[string]uint64{"lost": n - t.told[i], "total": n}
	}
	return tell
}

func (t *lossTeller) admit(r *ownRule, now time.Duration) bool {
	if t.paces == nil {
		t.paces = make(map[*ownRule]*pace)
	}
	p := t.paces[r]
	if p == nil {
		p = &pace{}
		t.paces[r] = p
	}
	if p.gap > 0 && now < p.next {
		return false
	}
	if p.gap == 0 || now >= p.next+mostGap {
		p.gap = leastGap
	} else {
		p.gap = min(2*p.gap, mostGap)
	}
	p.next = now + p.gap
	return true
}
