package wazuh

import (
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/rules/rule"
)

// needing finds what must be recorded so that rules can hold: all of what a rule itself tests, and what one of its parents
// needs.
type needing struct {
	e     *Engine
	sc    *scratch
	known map[int32][]rule.Signal
}

// needs tells of each rule what audit rules must record for it: see rule.Meta.Needs.
func (c *compiler) needs() {
	n := &needing{e: c.engine, sc: newScratch(c.engine), known: make(map[int32][]rule.Signal)}
	n.sc.regex.SetBudget(budget)
	for i := range c.engine.rules {
		m := c.engine.rules[i].meta
		m.Signals = n.of(int32(i))
		m.Needs = rule.Words(m.Signals)
	}
}

func (n *needing) of(id int32) []rule.Signal {
	if id == root {
		return nil
	}
	if s, ok := n.known[id]; ok {
		return s
	}
	r := &n.e.rules[id]
	all := rule.Unrecorded()
	for _, p := range r.parents {
		all = rule.Either(all, n.of(p))
	}
	for _, t := range r.tests {
		all = rule.Both(all, n.test(n.e.leaves[t.leaf], !t.negate))
	}
	n.known[id] = all
	return all
}

// test: an absent field fails a test and its contrary.
func (n *needing) test(l *leaf, want bool) []rule.Signal {
	switch l.kind {
	case isNever:
		return rule.Unrecorded()
	case isDecoded:
		return decoded(l.types, want)
	case isTime, isDay, isLong:
		return nil
	}
	if l.field == fullLog {
		return nil
	}
	if n.e.fields[l.field].get == nil {
		return rule.Unrecorded()
	}
	return n.field(l, func(value string) bool { return (l.one(value, n.sc) != no) == want })
}

func decoded(types []audit.Type, want bool) []rule.Signal {
	if len(types) == 0 || !want {
		return nil
	}
	var names []string
	for _, t := range types {
		names = append(names, rule.OfType(t.String()))
	}
	return rule.Is(names...)
}

func (n *needing) field(l *leaf, can func(string) bool) []rule.Signal {
	name := strings.ToLower(l.name)
	switch name {
	case "audit.type":
		return rule.Meant(rule.RecordTypes(), can)
	case "audit.syscall":
		return rule.Meant(rule.CallNumbers(), can)
	case "audit.key":
		if can("null") {
			return nil
		}
		return []rule.Signal{{{Name: "key=" + l.wanted(), Key: can}}}
	case "audit.command_line", "audit.parent.command_line":
		return rule.Is("argv")
	case "audit.parent.exe", "audit.parent.command":
		return rule.Is("exec")
	case "dstip", "dstport":
		return rule.Is("connect", "sendto", "sendmsg", "sendmmsg", "bind")
	case "audit.inode", "audit.mode":
		return rule.Is("file", "exec")
	}
	switch {
	case strings.HasPrefix(name, "audit.execve."):
		return rule.Is("argv")
	case strings.HasPrefix(name, "audit.file."), strings.HasPrefix(name, "audit.directory."):
		return rule.Is("file", "exec")
	}
	return nil
}

// wanted is a key that an audit rule may have, or the words of the test where none is plain.
func (l *leaf) wanted() string {
	if l.kind == isListed {
		if needles := l.listNeedles(); len(needles) > 0 {
			return needles[0].Text
		}
		return l.words
	}
	_, text, _ := strings.Cut(l.words, " ")
	return strings.TrimSuffix(strings.TrimPrefix(text, "^"), "$")
}
