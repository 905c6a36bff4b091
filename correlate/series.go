package correlate

import (
	"math"
	"slices"

	"github.com/auditpy/auditpy/rules/rule"
)

// series is a sequence as the machines need it, and its machines.
type series struct {
	*rule.Sequence
	span    int64  // in milliseconds; 0: no bound
	steps   []step // that events must satisfy
	lead    []int  // terms that must be missing before the first step
	trail   []int  // and after the last one
	final   []bool // by term: an event that satisfies it may complete the sequence
	missing bool
	begins  []bool // by term: an event that satisfies it may be the first of something

	recency
	machines map[string]*machine
	bytes    int
}

// step is one event of a sequence.
type step struct {
	term int
	not  []int // terms that must be missing between the step before and this one
}

// define returns the series of a sequence; nil if it is one that can never be found.
func (s *sequences) define(of *rule.Sequence) *series {
	if d, ok := s.defs[of]; ok {
		return d
	}
	d := &series{Sequence: of, span: of.MaxSpan.Milliseconds(), final: make([]bool, len(of.Terms)), machines: make(map[string]*machine)}
	var not []int
	for _, term := range of.Steps {
		switch {
		case of.Terms[term].Missing:
			not = append(not, term)
			continue
		case len(d.steps) == 0:
			d.lead = not
			d.steps = append(d.steps, step{term: term})
		default:
			d.steps = append(d.steps, step{term, not})
		}
		d.missing = d.missing || len(not) > 0
		d.final[term], not = of.Sample, nil
	}
	d.trail, d.missing = not, d.missing || len(not) > 0
	if len(d.steps) == 0 {
		d = nil
	} else {
		d.final[d.steps[len(d.steps)-1].term] = true
		d.prepare()
		s.order = append(s.order, d)
	}
	s.defs[of] = d
	return d
}

func (d *series) prepare() {
	d.begins = make([]bool, len(d.Terms))
	for term := range d.begins {
		d.begins[term] = d.Sample || term == d.steps[0].term || slices.Contains(d.lead, term)
	}
}

// heeds reports whether an event that satisfies a term can do anything now. It need not go on with a partial sequence: whether
// the time of one is over depends on what came last of its key.
func (d *series) heeds(term int) bool {
	return len(d.machines) > 0 || d.begins[term] || d.Terms[term].Missing || term == d.Until // two may be in what the same event begins
}

// within reports whether MaxSpan reaches from one time to the other.
func (d *series) within(from, to int64) bool { return d.span <= 0 || to-from <= d.span }

// after returns when MaxSpan from that time on is over.
func (d *series) after(from int64) int64 {
	if d.span <= 0 {
		return math.MaxInt64 / 2
	}
	return from + d.span
}
