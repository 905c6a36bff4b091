package sigma

import (
	"fmt"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Explain says, test by test, why the rule with an id does or does not hold for ev; false if there is no such rule.
func (e *Engine) Explain(id string, ev *event.Event) (rule.Explanation, bool) {
	i := slices.IndexFunc(e.rules, func(r compiled) bool { return r.meta.ID == id })
	if i < 0 {
		return rule.Explanation{}, false
	}
	r := &e.rules[i]
	x := rule.Explanation{Rule: r.meta}
	sc := newScratch(e)
	sc.begin(ev)
	if r.view != viewAuditd {
		if e.sees(r.view, ev) {
			x.Rows = append(x.Rows, e.explain(r, viewNames[r.view], sc))
		}
	} else {
		for n := range ev.Records {
			if isRow(ev, n) {
				sc.row(n)
				x.Rows = append(x.Rows, e.explain(r, ev.Records[n].TypeName(), sc))
			}
		}
	}
	x.Holds = slices.ContainsFunc(x.Rows, func(row rule.Row) bool { return row.Holds })
	return x, true
}

var viewNames = map[view]string{viewProcess: "process_creation", viewNetwork: "network_connection", viewFile: "file_event"}

func (e *Engine) explain(r *compiled, name string, sc *scratch) rule.Row {
	return rule.Row{Name: name, Holds: r.cond.holds(e, sc), Lines: r.cond.lines(nil, 0, e, sc)}
}

// lines appends what x says, and what it is made of. A condition that names an identifier twice has it twice.
func (x *expr) lines(dst []rule.Line, depth int, e *Engine, sc *scratch) []rule.Line {
	l := rule.Line{Depth: depth, Holds: x.holds(e, sc), Text: [...]string{opAnd: "and", opOr: "or", opNot: "not"}[x.op]}
	if x.op == opLeaf {
		l.Text, l.Values = x.leaf.says(), slices.Clone(sc.values(e, x.leaf.field))
	}
	if dst = append(dst, l); len(dst) >= maxLines {
		return dst
	}
	for _, k := range x.kids {
		dst = k.lines(dst, depth+1, e, sc)
	}
	return dst
}

// maxLines bounds an explanation: a rule may list thousands of words.
const maxLines = 10_000

// says is the test in words.
func (l *leaf) says() string {
	name := l.name
	if l.field == keywordField {
		name = "any value"
	}
	how := map[leafKind]string{
		isAbsent: "is absent", isPresent: "is there", isText: l.verb, isNumber: "is", isRegexp: "matches", isNet: "is in", isOther: "is as field",
	}[l.kind]
	if l.kind == isAbsent || l.kind == isPresent {
		return name + " " + how
	}
	return strings.Join(strings.Fields(fmt.Sprintf("%s %s %s", name, how, l.words)), " ")
}
