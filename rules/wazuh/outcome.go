package wazuh

import (
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// decide appends what the event comes down to, if that is anything.
func (e *Engine) decide(dst []rule.Match, sc *scratch) []rule.Match {
	ifs, leaf, _ := e.below(sc, root)
	if len(ifs) > 0 || leaf >= 0 && e.rules[leaf].matters() {
		dst = append(dst, e.match(sc, ifs, leaf))
	}
	return dst
}

// matters reports whether it makes a difference that an event came down to r: level 0 is silence.
func (r *compiled) matters() bool { return !r.silent || len(r.counts) > 0 }

// match is a plan, or without one what is known already.
func (e *Engine) match(sc *scratch, ifs []rule.Branch, leaf int32) rule.Match {
	o := e.outcome(sc, leaf)
	if len(ifs) == 0 && o.Ignore == 0 && len(o.Counts) == 0 {
		return rule.Match{Rule: o.Rule, Evidence: o.Evidence, Silent: o.Silent}
	}
	m := rule.Match{Plan: &rule.Plan{Ifs: ifs, Else: o}, Silent: true}
	if o != nil {
		m.Rule, m.Silent = o.Rule, o.Silent
	} else {
		m.Rule = ifs[0].Of.Meta
	}
	return m
}

// outcome is what it means that the event comes down to a rule, the last of sc.path; nil for none.
func (e *Engine) outcome(sc *scratch, leaf int32) *rule.Outcome {
	if leaf < 0 {
		return nil
	}
	return e.outcomeAt(sc, len(sc.path)-1)
}

func (e *Engine) outcomeAt(sc *scratch, at int) *rule.Outcome {
	r := &e.rules[sc.path[at]]
	o := &rule.Outcome{Rule: r.named(sc), Of: r.meta, Silent: r.silent, Ignore: r.ignore}
	for _, c := range r.counts {
		if with := sc.valuesOf(c.same, c.differ); !with.Missing {
			o.Counts = append(o.Counts, rule.Count{Of: c.freq, With: with})
		}
	}
	if !r.silent {
		o.Evidence = e.evidence(sc, at)
	}
	if r.ignore > 0 && at > 0 {
		o.Above = e.outcomeAt(sc, at-1)
	}
	return o
}

// named is what an alert tells about the rule: its description speaks of the event.
func (r *compiled) named(sc *scratch) *rule.Meta {
	if len(r.title.fields) == 0 || r.silent {
		return r.meta
	}
	m := *r.meta
	m.Title = r.title.fill(sc)
	return &m
}

// template is a description with $(field) in it: texts, and the fields between them.
type template struct {
	texts  []string
	fields []int32
}

// maxShown bounds a value in a description, in bytes.
const maxShown = 1024

func (t *template) fill(sc *scratch) string {
	var b strings.Builder
	for i, f := range t.fields {
		b.WriteString(t.texts[i])
		b.WriteString(head(sc.first(f), maxShown))
	}
	b.WriteString(t.texts[len(t.fields)])
	return b.String()
}

func head(s string, n int) string { return s[:min(len(s), n)] }

// evidence are the values that passed the tests of the rule at a place of the path, and of those above it.
func (e *Engine) evidence(sc *scratch, at int) (out []rule.Evidence) {
	for _, id := range sc.path[:at+1] {
		for _, t := range e.rules[id].tests {
			switch l := e.leaves[t.leaf]; {
			case sc.leaf(t.leaf) == undecided:
				out = append(out, rule.Evidence{Field: l.name, Value: strings.Clone(head(sc.first(l.field), maxShown)), Match: "undecided: " + l.words})
			case !t.negate && l.kind != isDecoded:
				ev := rule.Evidence{Field: l.name, Value: l.witness(sc), Match: l.words}
				if l.kind == isText && rule.IsLong(ev.Value) {
					ev.Start, ev.End = l.re.where(ev.Value, &sc.regex)
				}
				out = append(out, ev)
			}
		}
	}
	return out
}

// witness is a value that passes, "" if the test has none. The whole text is told by its other evidence.
func (l *leaf) witness(sc *scratch) string {
	switch l.kind {
	case isTime, isDay:
		return sc.local().Format("Mon 15:04")
	case isLong:
		return ""
	}
	for _, v := range sc.values(l.field) {
		if l.one(v, sc) != yes {
			continue
		}
		if l.field == fullLog { // its memory is used again
			return strings.Clone(l.re.part(v, &sc.regex))
		}
		return v
	}
	return ""
}
