package sigma

import (
	"slices"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/predicate"
)

// gate is what a rule needs: one of its literals in one of its fields, or a value at all. A rule whose gate is shut
// cannot hold; one whose gate is open may. Where it will often be open wrongly, there may be another behind it.
type gate struct {
	needs []need
	cost  int // what it costs to look, and how often it will be open wrongly
	next  *gate
}

// need is a literal in a field; without a text, any value.
type need struct {
	field  int
	needle predicate.Needle
}

// longestNumber is over the length of any number in a record, in bytes.
const longestNumber = 24

// inNumber reports whether a keyword may stand in a number.
func (n need) inNumber() bool {
	lit := n.needle.Text
	return n.field == keywordField && len(lit) <= longestNumber && strings.Trim(lit, "0123456789abcdefABCDEF:-") == ""
}

// inAddress reports whether a need may be met by how an address is written, in hex.
func (e *Engine) inAddress(n need) bool {
	if n.field == keywordField {
		return n.needle.Text != "" && event.IsHex(n.needle.Text)
	}
	return e.fields[n.field].name == "saddr"
}

// gates finds the gates of conditions. A condition may name one part at will, so each is looked at once.
type gates struct {
	e     *Engine
	known map[*expr]answer
}

type answer struct {
	gate gate
	ok   bool
}

// maxNeeds bounds a gate: a rule that needs one of more literals is always asked.
const maxNeeds = 10_000

// of returns the cheapest gate of x; false if it has none: then the rule must always be asked.
func (g *gates) of(x *expr) (gate, bool) {
	a, ok := g.known[x]
	if !ok {
		a.gate, a.ok = g.find(x)
		a.ok = a.ok && len(a.gate.needs) <= maxNeeds
		g.known[x] = a
	}
	return a.gate, a.ok
}

func (g *gates) find(x *expr) (gate, bool) {
	switch x.op {
	case opLeaf:
		return g.e.leafGate(g.e.leaves[x.id])
	case opAnd:
		return g.cheapest(x.kids)
	case opOr:
		return g.any(x.kids)
	}
	return gate{}, false
}

// cheapest returns the cheapest gate of kids that must all hold, and the second behind it if that helps.
func (g *gates) cheapest(kids []*expr) (best gate, found bool) {
	var second gate
	for _, k := range kids {
		kid, ok := g.of(k)
		if !ok {
			continue
		}
		if !found || kid.cost < best.cost {
			kid, best = best, kid
		}
		if found && (second.needs == nil || kid.cost < second.cost) {
			second = kid
		}
		found = true
	}
	if best.next == nil && best.cost >= everydayCost && second.needs != nil && second.cost < presenceCost && !slices.ContainsFunc(second.needs, need.inNumber) {
		best.next = &second
	}
	return best, found
}

func (g *gates) any(kids []*expr) (all gate, ok bool) {
	for _, k := range kids {
		kid, ok := g.of(k)
		if !ok || len(all.needs)+len(kid.needs) > maxNeeds {
			return gate{}, false
		}
		all.needs, all.cost = append(all.needs, kid.needs...), all.cost+kid.cost
	}
	return all, true
}

func (e *Engine) leafGate(l *leaf) (gate, bool) {
	g, ok := e.anyGate(l)
	if ok && l.field == keywordField && g.needs[0].needle.Text == "" { // each row has values
		return gate{}, false
	}
	return g, ok
}

func (e *Engine) anyGate(l *leaf) (gate, bool) {
	switch l.kind {
	case isAbsent:
		return gate{}, false
	case isText:
		return e.textGate(l), true
	case isNumber:
		return e.numberGate(l), true
	case isRegexp:
		if g, ok := e.regexpGate(l); ok {
			return g, true
		}
	}
	return e.presence(l.field), true
}

// textGate is the cheapest of the literals of a pattern.
func (e *Engine) textGate(l *leaf) gate {
	best := e.presence(l.field)
	for i, n := range l.pat.Literals() {
		n = anywhere(l, n)
		if g := e.literalGate(l.field, n.Text, n.Place); i == 0 || g.cost < best.cost {
			best = g
		}
	}
	return best
}

// numberGate is the digits of a whole number: a value that equals it ends with them, has a point, or is what the rule says.
func (e *Engine) numberGate(l *leaf) gate {
	said := l.pat.Literals()
	if !l.num.whole || len(said) == 0 || l.field == keywordField {
		return e.presence(l.field)
	}
	g := e.literalGate(l.field, strconv.FormatUint(l.num.mag, 10), predicate.AtEnd)
	g.needs = append(g.needs, need{l.field, predicate.Needle{Text: "."}}, need{l.field, said[0]})
	return g
}

// anywhere forgets the place of a keyword: it is looked for in texts that hold the values, so an end of a value may be
// anywhere in them.
func anywhere(l *leaf, n predicate.Needle) predicate.Needle {
	if l.field == keywordField {
		n.Place = predicate.Anywhere
	}
	return n
}

// regexpGate is what the expression requires.
func (e *Engine) regexpGate(l *leaf) (all gate, ok bool) {
	for _, n := range l.re.Required() {
		n = anywhere(l, n)
		g := e.literalGate(l.field, n.Text, n.Place)
		all.needs, all.cost = append(all.needs, g.needs...), all.cost+g.cost
	}
	return all, len(all.needs) > 0
}

// The costs are guesses that order the choices: first how often a gate is open wrongly, then what it costs to look. A
// long literal is rare; one that names one of few things (the system call, the user) is not, nor is a program that
// scripts call at every turn.
const (
	presenceCost = 4000
	commonCost   = 2000
	everydayCost = 300
	typeCost     = 20_000 // the index is by type already
)

func (e *Engine) literalGate(field int, lit string, place predicate.Place) gate {
	rare := len(lit)
	if place != predicate.Anywhere {
		rare += 4
	}
	cost := e.fieldCost(field, lit) + 1000/(rare*rare)
	return gate{needs: []need{{field, predicate.Needle{Text: lit, Place: place}}}, cost: cost}
}

func (e *Engine) presence(field int) gate {
	return gate{needs: []need{{field: field}}, cost: presenceCost + e.fieldCost(field, "")}
}

func (e *Engine) fieldCost(id int, lit string) int {
	switch isEveryday := strings.Contains(everyday, strings.ToLower(lit)); {
	case id == keywordField && isEveryday:
		return everydayCost
	case id == keywordField:
		return 60
	}
	switch e.fields[id].name {
	case "type":
		return typeCost
	case "SYSCALL", "syscall":
		if lit == "" || strings.Contains(everydayCalls, " "+strings.ToLower(lit)+" ") {
			return commonCost
		}
		return 2 // each record has one, and what it opens is remembered
	case "success", "nametype", "Initiated", "key", "exit":
		return commonCost
	case "InlineCode", "InlineCodeBare": // they are made when they are asked for
		return commonCost
	case "User", "ParentUser", "LogonId", "uid", "euid", "auid":
		if slices.Contains(usual, lit) {
			return commonCost
		}
		return 10
	}
	switch {
	case strings.Contains(everyday, strings.ToLower(lit)):
		return everydayCost
	case strings.HasSuffix(e.fields[id].name, "ommandLine"):
		return 20
	}
	return 6
}

// everydayCalls are the system calls that most records are of, by name and by number (x86-64).
const everydayCalls = " execve execveat connect accept accept4 open openat unlink unlinkat rename renameat renameat2 59 322 42 43 288 2 257 87 263 82 264 316 "

// usual are users.
var usual = []string{"", "0", "root", "1000", "-1", "4294967295", "unset"}

// everyday has parts that most command lines consist of, and the programs that most executions are of.
const everyday = "/bin/sh -c /bin/bash -c /bin/dash /bin/busybox | sh > 2>/dev/null /usr/bin/ /usr/sbin/ /usr/local/bin/ /usr/lib/ " +
	"/etc/ /tmp/ /var/tmp/ /var/lib/ /opt/ /home/ /root/ /proc/ /dev/ /run/ " +
	"/bin/cat /bin/grep /bin/sed /bin/awk /bin/gawk /bin/mawk /bin/ls /bin/find /bin/rm /bin/cp /bin/mv /bin/ln /bin/mkdir /bin/chmod " +
	"/bin/chown /bin/touch /bin/tr /bin/cut /bin/head /bin/tail /bin/sort /bin/uniq /bin/wc /bin/date /bin/echo /bin/test /bin/expr " +
	"/bin/env /bin/id /bin/uname /bin/basename /bin/dirname /bin/xargs /bin/tee /bin/sleep /bin/ps /bin/python3 /bin/perl /bin/git " +
	"/bin/make /bin/cc /bin/gcc /bin/ld /bin/as /bin/curl /bin/ssh /bin/sudo"
