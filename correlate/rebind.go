package correlate

import (
	"container/list"
	"slices"

	"github.com/auditpy/auditpy/rules/rule"
)

// Rebind makes c go on with other rules, and with PerRule and IncidentWindow of o. What was raised and the incidents are
// remembered; so are the windows of correlations, the sequences and what frequency rules counted, if they are in rules
// unchanged. Those of others are gone. It must be called between two events; matches of the rules before must not come any
// more.
//
// It looks at each rule once, and not at what its windows hold: reading waits for it.
func (c *Correlator) Rebind(o Options, rules Rules) {
	o = o.withDefaults()
	c.opts.PerRule, c.opts.IncidentWindow = o.PerRule, o.IncidentWindow
	c.win.rebind(rules.Correlations)
	c.seq.rebind(rules.Sequences)
	c.freq.rebind(rules.Frequencies)
}

func (s *windows) rebind(rules []*rule.Correlation) {
	known := make(map[string]*rule.Correlation)
	for _, of := range rules {
		known[of.Meta.ID] = of
	}
	was := s.defs
	s.defs = make(map[*rule.Correlation]*definition)
	for old, d := range was {
		of := known[old.Meta.ID]
		if of == nil || fingerprint(of) != fingerprint(old) {
			for _, w := range d.windows {
				s.remove(w)
			}
			continue
		}
		d.Correlation, d.outer = of, nil
		if of.Expr != nil {
			d.expr = of.Expr
		}
		s.defs[of] = d
	}
	for _, of := range rules {
		if d := s.defs[of]; d != nil {
			s.relink(d)
		}
	}
}

// relink finds the definitions of the correlations that refer to d.
func (s *windows) relink(d *definition) {
	d.outer = nil
	for _, l := range d.Outer {
		d.outer = append(d.outer, s.define(l.To))
	}
	d.postpone(d.delay)
}

func (s *sequences) rebind(rules []*rule.Sequence) {
	known := make(map[string]*rule.Sequence)
	for _, of := range rules {
		known[of.Meta.ID] = of
	}
	was := s.defs
	s.defs = make(map[*rule.Sequence]*series)
	gone := make(map[*series]bool)
	for old, d := range was {
		of := known[old.Meta.ID]
		switch {
		case d == nil:
		case of == nil || sequencePrint(of) != sequencePrint(old):
			for _, m := range d.machines {
				s.remove(m)
			}
			gone[d] = true
		default:
			d.Sequence = of
			s.defs[of] = d
		}
	}
	s.order = slices.DeleteFunc(s.order, func(d *series) bool { return gone[d] })
	for _, n := range s.clocks.order {
		for _, a := range n.waiting {
			a.turns = slices.DeleteFunc(a.turns, func(t turn) bool { return gone[t.of] })
			for i := range a.stages {
				st := &a.stages[i]
				st.unasked = st.unasked && !gone[st.of]
			}
		}
	}
}

func (f *frequencies) rebind(rules []*rule.Frequency) {
	known := make(map[string]*rule.Frequency)
	for _, of := range rules {
		known[of.Meta.ID] = of
	}
	was := f.series
	f.series = make(map[*rule.Frequency]map[string]*list.Element)
	for old, series := range was {
		of := known[old.Meta.ID]
		kept := of != nil && frequencyPrint(of) == frequencyPrint(old)
		for _, at := range series {
			s := at.Value.(*frequent)
			if kept {
				s.of = of
				continue
			}
			f.recent.Remove(at)
			f.account(s, -s.bytes)
		}
		if kept {
			f.series[of] = series
		}
	}
}

// sameRule reports whether two are one rule: a reload makes another of each, with the same ID.
func sameRule(r, q *rule.Meta) bool { return r == q || r.ID == q.ID }
