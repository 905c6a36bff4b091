package correlate

import (
	"math"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// definition is a correlation as the windows need it.
type definition struct {
	*rule.Correlation
	span    int64 // in milliseconds
	expr    *rule.Expr
	granted []bool // Refs that stand in expr other than denied
	closes  bool   // it is decided when a window closes
	// delay is how far it runs behind event time: a correlation that it refers to is decided that late. It counts from the
	// first match that leads to that one: what came before cannot belong to it.
	delay   int64
	outer   []*definition // of Outer
	windows map[string]*window
}

// define returns the definition of a correlation, and defines those that refer to it.
func (s *windows) define(of *rule.Correlation) *definition {
	if d := s.defs[of]; d != nil {
		return d
	}
	d := &definition{Correlation: of, span: of.Span.Milliseconds(), expr: of.Expr, granted: make([]bool, len(of.Refs)), windows: make(map[string]*window)}
	if d.expr == nil {
		d.expr = allOf(len(of.Refs))
	}
	d.closes = d.decidedLate()
	s.defs[of] = d
	for _, l := range of.Outer {
		d.outer = append(d.outer, s.define(l.To))
	}
	d.postpone(0)
	return d
}

func allOf(refs int) *rule.Expr {
	e := &rule.Expr{Op: "and"}
	for i := range refs {
		e.Kids = append(e.Kids, &rule.Expr{Ref: i})
	}
	return e
}

// decidedLate reports whether the condition is decided when the window closes: it has an upper bound, or asks for absence.
func (d *definition) decidedLate() bool {
	if d.Kind == rule.Temporal || d.Kind == rule.Ordered {
		return d.denies(d.expr, false)
	}
	for _, b := range d.Bounds {
		if b.Op != "gt" && b.Op != "gte" {
			return true
		}
	}
	return false
}

// denies reports whether a leaf of e stands under an odd number of not, and fills granted.
func (d *definition) denies(e *rule.Expr, denied bool) bool {
	if e.Op == "" {
		d.granted[e.Ref] = d.granted[e.Ref] || !denied
		return denied
	}
	any := false
	for _, k := range e.Kids {
		any = d.denies(k, denied != (e.Op == "not")) || any
	}
	return any
}

// postpone makes the delay at least ms, and those of the correlations that refer to this one fit it.
func (d *definition) postpone(ms int64) {
	d.delay = max(d.delay, ms)
	after := d.delay
	if d.closes {
		after += d.span
	}
	if after > 0 {
		for _, o := range d.outer {
			o.postpone(after)
		}
	}
}

// measure fills what a kind takes of the value of a match; false if there is nothing to take.
func (d *definition) measure(e *entry, p *rule.Part) bool {
	switch d.Kind {
	case rule.EventCount, rule.Temporal, rule.Ordered:
		return true
	case rule.ValueCount:
		e.Value = compact(p.Value)
		return p.Has
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(p.Value), 64)
	e.Num = v
	return p.Has && err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}
