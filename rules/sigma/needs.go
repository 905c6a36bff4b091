package sigma

import (
	"slices"

	"github.com/auditpy/auditpy/rules/rule"
)

// needing finds what must be recorded so that conditions can hold. A condition may name one part at will, so each is looked
// at once.
//
// What surprised us: to ask which fields a rule names is not enough. "not StdinIp" holds where nothing is recorded at all,
// and of "a or b" one is enough. So the condition itself is evaluated, over what can be recorded instead of over an event.
type needing struct {
	e     *Engine
	sc    *scratch
	known [2]map[*expr][]rule.Signal
}

// needs tells of each rule and each correlation what audit rules must record for it.
func (c *compiler) needs() {
	n := &needing{e: c.engine, sc: newScratch(c.engine)}
	n.known = [2]map[*expr][]rule.Signal{make(map[*expr][]rule.Signal), make(map[*expr][]rule.Signal)}
	n.sc.regex.SetBudget(regexBudget)
	for i := range c.engine.rules {
		r := &c.engine.rules[i]
		r.meta.Signals = n.of(r)
		r.meta.Needs = rule.Words(r.meta.Signals)
	}
	done := make(map[*correlation]bool)
	for _, k := range c.correlations {
		if !k.self.refused {
			k.needs(done)
		}
	}
}

func (n *needing) of(r *compiled) []rule.Signal {
	switch r.view {
	case viewNone:
		return rule.Unrecorded()
	case viewDocument:
		return nil
	}
	return rule.Both(ofView[r.view], n.holds(r.cond, true))
}

// A datagram that is sent to an address is a connection too.
var (
	reaching = rule.Is("connect", "sendto", "sendmsg", "sendmmsg")
	reached  = rule.Is("accept")
	ofView   = [...][]rule.Signal{
		viewProcess: rule.Is("exec"), viewNetwork: rule.Either(reaching, reached), viewFile: rule.Is("create"), viewAuditd: nil,
	}
)

// needs of a correlation are those of all that must come together, or of one of those that are counted.
func (k *correlation) needs(done map[*correlation]bool) {
	if done[k] {
		return
	}
	done[k] = true
	var all []rule.Signal
	for i, found := range k.targets {
		one := rule.Unrecorded()
		for _, s := range found {
			if s.of != nil {
				s.of.needs(done)
			}
			one = rule.Either(one, s.meta.Signals)
		}
		switch {
		case i == 0:
			all = one
		case k.out.Kind == rule.Temporal || k.out.Kind == rule.Ordered:
			all = rule.Both(all, one)
		default:
			all = rule.Either(all, one)
		}
	}
	k.out.Meta.Signals, k.out.Meta.Needs = all, rule.Words(all)
}

// holds is what must be recorded so that x can hold, or so that it can fail.
func (n *needing) holds(x *expr, want bool) []rule.Signal {
	at := 0
	if want {
		at = 1
	}
	s, ok := n.known[at][x]
	if !ok {
		s = n.find(x, want)
		n.known[at][x] = s
	}
	return s
}

func (n *needing) find(x *expr, want bool) []rule.Signal {
	switch x.op {
	case opLeaf:
		return n.leaf(n.e.leaves[x.id], want)
	case opNot:
		return n.holds(x.kids[0], !want)
	}
	join := rule.Either
	if (x.op == opAnd) == want {
		join = rule.Both
	}
	all := n.holds(x.kids[0], want)
	for _, k := range x.kids[1:] {
		all = join(all, n.holds(k, want))
	}
	return all
}

// leaf: a field that is absent fails each test but that of its absence.
func (n *needing) leaf(l *leaf, want bool) []rule.Signal {
	if l.field == keywordField || (l.kind == isAbsent) == want {
		return nil
	}
	s := n.field(l, l.field)
	if l.kind == isOther {
		s = rule.Both(s, n.field(l, l.other))
	}
	return s
}

func (n *needing) field(l *leaf, id int) []rule.Signal {
	f := &n.e.fields[id]
	if !f.answerable() {
		return rule.Unrecorded()
	}
	can := func(value string) bool { return n.can(l, value) }
	switch f.view {
	case viewProcess:
		return rule.OfField(f.name, can)
	case viewNetwork:
		return rule.Both(ofNetwork(f.name, can), ofProcess(f.name))
	case viewFile:
		return ofProcess(f.name)
	case viewAuditd:
		return n.ofRecord(f.name, l, can)
	}
	return nil
}

// can reports whether a value passes a test, or could for all that is known here.
func (n *needing) can(l *leaf, value string) bool {
	switch l.kind {
	case isAbsent, isPresent, isOther:
		return true
	}
	return l.test(value, n.sc)
}

func ofNetwork(name string, can func(string) bool) []rule.Signal {
	switch name {
	case "Initiated":
		out, in := rule.Unrecorded(), rule.Unrecorded()
		if can("true") {
			out = reaching
		}
		if can("false") {
			in = reached
		}
		return rule.Either(out, in)
	case "DestinationIp", "DestinationIsIpv6", "DestinationPort":
		return reaching
	case "SourceIsIpv6", "SourcePort":
		return reached
	}
	return nil
}

// ofProcess is what tells a field of the process, or of its parent, in events that are no executions.
func ofProcess(name string) []rule.Signal {
	switch name {
	case "CommandLine", "ParentCommandLine", "GrandparentCommandLine":
		return rule.Is("argv")
	case "ParentImage", "GrandparentImage":
		return rule.Is("exec")
	}
	return nil
}

// ofRecord is what writes a record that passes a test.
func (n *needing) ofRecord(name string, l *leaf, can func(string) bool) []rule.Signal {
	switch name {
	case "type":
		return rule.Meant(rule.RecordTypes(), can)
	case "SYSCALL":
		return rule.Meant(rule.CallNames(), can)
	case "syscall":
		return rule.Meant(slices.Concat(rule.CallNames(), rule.CallNumbers()), can)
	case "cmdline", "argc":
		return rule.Is("argv")
	case "key":
		if l.kind == isPresent || can("(null)") || can("null") {
			return nil
		}
		return []rule.Signal{{{Name: "key=" + l.words, Key: can}}}
	}
	return nil
}
