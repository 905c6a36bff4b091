package wazuh

import (
	"fmt"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Explain says, rule by rule from the root to the one with an id, and test by test, why it does or does not hold for ev;
// false if there is no such rule. A row is a way to the rule; Holds of the Explanation is whether ev comes down to it, or
// would if there was enough before it.
func (e *Engine) Explain(id string, ev *event.Event) (rule.Explanation, bool) {
	at := slices.IndexFunc(e.rules, func(r compiled) bool { return r.meta.ID == id })
	if at < 0 {
		return rule.Explanation{}, false
	}
	x := rule.Explanation{Rule: e.rules[at].meta}
	if len(ev.Records) == 0 {
		return x, true
	}
	for _, way := range e.ways(int32(at)) {
		sc := newScratch(e)
		sc.begin(ev)
		x.Rows = append(x.Rows, e.row(sc, way))
	}
	ms := e.Eval(nil, ev)
	x.Holds = slices.ContainsFunc(ms, func(m rule.Match) bool { return mayBe(m, id) })
	if !x.Holds && len(ms) == 1 && ms[0].Plan == nil {
		outdone(x.Rows, ms[0].Rule.ID)
	}
	return x, true
}

// outdone says of ways on which all holds why the event does not come down to their rule: one below or before it was found.
func outdone(rows []rule.Row, by string) {
	for i := range rows {
		if row := &rows[i]; row.Holds {
			row.Holds = false
			row.Lines = append(row.Lines, rule.Line{Text: "an event comes down to one rule: this one does to " + by})
		}
	}
}

func mayBe(m rule.Match, id string) bool {
	if m.Plan == nil {
		return m.Rule.ID == id
	}
	return planned(m.Plan, id)
}

func planned(p *rule.Plan, id string) bool {
	if p.Else != nil && p.Else.Rule.ID == id {
		return true
	}
	return slices.ContainsFunc(p.Ifs, func(b rule.Branch) bool { return planned(b.Then, id) })
}

// maxWays bounds the ways that are told: a rule may hang under hundreds.
const maxWays = 16

// ways returns the ways from the root to a rule.
func (e *Engine) ways(id int32) (out [][]int32) {
	for _, p := range e.rules[id].parents {
		if p == root {
			out = append(out, []int32{id})
			continue
		}
		for _, way := range e.ways(p) {
			if out = append(out, append(slices.Clone(way), id)); len(out) == maxWays {
				return out
			}
		}
	}
	return out
}

func (e *Engine) row(sc *scratch, way []int32) rule.Row {
	row := rule.Row{Holds: true}
	var names []string
	for depth, id := range way {
		r := &e.rules[id]
		names = append(names, r.meta.ID)
		holds := sc.holds(id)
		row.Holds = row.Holds && holds
		row.Lines = append(row.Lines, rule.Line{Depth: depth, Text: fmt.Sprintf("rule %s, level %d", r.meta.ID, r.level), Holds: holds})
		for _, t := range r.tests {
			l, a := e.leaves[t.leaf], sc.leaf(t.leaf)
			line := rule.Line{Depth: depth + 1, Text: l.says(t.negate), Holds: r.passes(t, a)}
			if l.kind == isText || l.kind == isExact || l.kind == isListed || l.kind == isNet {
				line.Values = slices.Clone(sc.values(l.field))
			}
			row.Lines = append(row.Lines, line)
		}
		if r.freq != nil {
			text := fmt.Sprintf("the %d. time within %v (what was before is not known here)", r.freq.Times, r.freq.Span)
			row.Lines = append(row.Lines, rule.Line{Depth: depth + 1, Text: text, Holds: true})
		}
	}
	row.Name = strings.Join(names, " > ")
	return row
}
