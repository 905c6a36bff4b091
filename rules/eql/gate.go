package eql

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/auditpy/auditpy/rules/predicate"
)

// gate is what a condition needs: one of its literals in one of its fields, or a value at all. A condition whose gate is
// shut cannot hold; one whose gate is open may.
type gate struct {
	needs []need
	cost  int // what it costs to look, and how often it will be open wrongly
}

// need is a literal in a field; without a text, any value.
type need struct {
	field  int
	needle predicate.Needle
}

// maxNeeds bounds a gate: a condition that needs one of more literals is always asked.
const maxNeeds = 10_000

// gate returns the cheapest gate of c; false if it has none: then it must always be asked.
func (p *program) gate(c *cond) (gate, bool) {
	switch c.op {
	case condLeaf:
		return p.leafGate(p.leaves[c.leaf])
	case condAnd:
		return p.cheapest(c.kids)
	case condOr:
		return p.any(c.kids)
	}
	return gate{}, false
}

func (p *program) cheapest(kids []*cond) (best gate, found bool) {
	for _, k := range kids {
		if g, ok := p.gate(k); ok && (!found || g.cost < best.cost) {
			best, found = g, true
		}
	}
	return best, found
}

func (p *program) any(kids []*cond) (all gate, ok bool) {
	for _, k := range kids {
		g, ok := p.gate(k)
		if !ok || len(all.needs)+len(g.needs) > maxNeeds {
			return gate{}, false
		}
		all.needs, all.cost = append(all.needs, g.needs...), all.cost+g.cost
	}
	return all, true
}

func (p *program) leafGate(l *leaf) (gate, bool) {
	if l.kind == isExpression || l.ofKind {
		return gate{}, false
	}
	switch {
	case l.kind == isRegex:
		return p.regexGate(l), true
	case l.kind != isText:
		return p.presence(l.field), true
	}
	var g gate
	add := func(lit string, place predicate.Place) bool {
		g.needs = append(g.needs, need{l.field, predicate.Needle{Text: lit, Place: place}})
		g.cost += p.literalCost(l.field, lit, place)
		return isUsable(lit)
	}
	for lit := range l.exact {
		if !add(lit, predicate.Whole) {
			return p.presence(l.field), true
		}
	}
	for i := range l.patterns {
		n, ok := p.rarest(l.field, l.patterns[i].pat)
		if !ok || !add(n.Text, n.Place) {
			return p.presence(l.field), true
		}
	}
	return g, len(g.needs) <= maxNeeds
}

// rarest returns the cheapest of the literals of a pattern; false if it has none.
func (p *program) rarest(field int, pat *predicate.Pattern) (best predicate.Needle, ok bool) {
	all := pat.Literals()
	if len(all) == 0 {
		return best, false
	}
	return slices.MinFunc(all, func(a, b predicate.Needle) int {
		return cmp.Compare(p.literalCost(field, a.Text, a.Place), p.literalCost(field, b.Text, b.Place))
	}), true
}

// regexGate is what each of the expressions requires.
func (p *program) regexGate(l *leaf) (all gate) {
	for i := range l.regexes {
		needles := l.regexes[i].re.Required()
		for _, n := range needles {
			all.needs = append(all.needs, need{l.field, n})
			all.cost += p.literalCost(l.field, n.Text, n.Place)
		}
		if len(needles) == 0 || len(all.needs) > maxNeeds {
			return p.presence(l.field)
		}
	}
	return all
}

// isOfKind reports whether a field says what kind of event it is: that is asked before.
func isOfKind(name string) bool {
	switch name {
	case "event.category", "event.type", "event.action", "event.kind", "host.os.type", "event.module", "event.dataset", "data_stream.dataset":
		return true
	}
	return false
}

// isUsable reports whether a literal can be looked for byte by byte, in either case.
func isUsable(lit string) bool {
	for i := range len(lit) {
		if lit[i] >= utf8.RuneSelf {
			return false
		}
	}
	return lit != ""
}

// The costs are guesses that order the choices: first how often a gate is open wrongly, then what it costs to look.
const (
	presenceCost = 4000
	commonCost   = 2000
	everydayCost = 300
)

func (p *program) presence(field int) gate {
	return gate{[]need{{field: field}}, presenceCost + p.fieldCost(field)}
}

func (p *program) literalCost(field int, lit string, place predicate.Place) int {
	rare := max(1, len(lit))
	if place != predicate.Anywhere {
		rare += 4
	}
	cost := p.fieldCost(field) + 1000/(rare*rare)
	if cost < everydayCost && strings.Contains(everyday, " "+strings.ToLower(lit)+" ") {
		return everydayCost
	}
	return cost
}

// everyday has the programs that most executions are of, what they are mostly told, and where.
const everyday = " bash sh dash /bin/bash /bin/sh /usr/bin/bash /usr/bin/sh /usr/bin/dash -c -l -i cat grep sed awk gawk mawk ls find rm cp mv ln mkdir chmod " +
	"touch tr cut head tail sort uniq wc date echo test expr env id uname basename dirname xargs tee sleep ps python python3 perl git make cc gcc ld as curl ssh sudo " +
	"/usr/bin/ /usr/sbin/ /usr/local/bin/ /usr/lib/ /etc/ /tmp/ /var/tmp /var/tmp/ /home/ /root/ /opt/ /usr/ /var/ "

func (p *program) fieldCost(id int) int {
	switch p.fields[id].name {
	case "event.outcome", "host.id", "host.name", "process.args_count", "process.parent.args_count", "process.interactive",
		"process.parent.interactive", "user.id", "user.name", "user.effective.id", "user.Ext.real.id", "group.Ext.real.id", "process.user.id", "process.real_user.id", "group.id", "process.group.id",
		"process.real_group.id", "process.pid", "process.parent.pid", "auditd.data.syscall", "network.direction":
		return commonCost
	case "process.command_line", "process.parent.command_line", "process.args", "process.parent.args":
		return 20
	case "file.path", "file.name", "file.extension", "file.directory", "destination.ip", "source.ip":
		return 10 // is put together
	}
	return 4
}
