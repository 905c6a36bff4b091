package eql

import "github.com/auditpy/auditpy/internal/event"

// verdict is what can be told of a condition before all of an event's fields are asked.
type verdict int8

const (
	never verdict = iota
	perhaps
	always
)

// teller tells what it can of a test.
type teller interface{ tell(leaf int) verdict }

// told tells what t can of a condition. It may say perhaps where never or always would be right.
func (c *cond) told(t teller) verdict {
	switch c.op {
	case condLeaf:
		return t.tell(c.leaf)
	case condNot:
		return always - c.kids[0].told(t)
	case condAnd:
		least := always
		for _, kid := range c.kids {
			if least = min(least, kid.told(t)); least == never {
				break
			}
		}
		return least
	case condOr:
		most := never
		for _, kid := range c.kids {
			if most = max(most, kid.told(t)); most == always {
				break
			}
		}
		return most
	case condTrue:
		return always
	}
	return never
}

// reduce returns what is left to be asked of a condition.
func (c *cond) reduce(t teller) *cond {
	switch c.told(t) {
	case always:
		return &cond{op: condTrue}
	case never:
		return &cond{op: condFalse}
	}
	if c.op == condLeaf {
		return c
	}
	left := &cond{op: c.op}
	for _, kid := range c.kids {
		if kid.told(t) == perhaps { // one that decided would have decided c
			left.kids = append(left.kids, kid.reduce(t))
		}
	}
	if len(left.kids) == 1 && c.op != condNot {
		return left.kids[0]
	}
	return left
}

// ofKind tells of events of one kind.
type ofKind struct {
	p    *program
	kind *event.Kind
}

func (k ofKind) tell(leaf int) verdict { return k.p.ofLeaf(k.p.leaves[leaf], k.kind) }

// of tells what can be told of a condition by the kind of an event.
func (p *program) of(c *cond, k *event.Kind) verdict { return c.told(ofKind{p, k}) }

// remembered is an ofKind that tries each test once: while rules are loaded, hundreds ask the same of all kinds.
type remembered struct {
	ofKind
	known []verdict // by leaf, plus one; 0: not tried
}

func (k *remembered) tell(leaf int) verdict {
	if leaf >= len(k.known) {
		k.known = append(k.known, make([]verdict, len(k.p.leaves)-len(k.known))...)
	}
	if k.known[leaf] == 0 {
		k.known[leaf] = 1 + k.ofKind.tell(leaf)
	}
	return k.known[leaf] - 1
}

// allKinds are those of event.Kinds.
func (p *program) allKinds() []*remembered {
	kinds := event.Kinds()
	all := make([]*remembered, len(kinds))
	for i := range kinds {
		all[i] = &remembered{ofKind: ofKind{p, &kinds[i]}}
	}
	return all
}

// appendTold appends what k tells of each test in a condition.
func (k *remembered) appendTold(dst []byte, c *cond) []byte {
	if c.op == condLeaf {
		return append(dst, byte(k.tell(c.leaf)))
	}
	for _, kid := range c.kids {
		dst = k.appendTold(dst, kid)
	}
	return dst
}

func (p *program) ofLeaf(l *leaf, k *event.Kind) verdict {
	if l.kind == isExpression {
		return perhaps
	}
	f := &p.fields[l.field]
	if f.get == nil {
		return never
	}
	sure, unsure, decided := k.Says(f.name)
	if !decided {
		return perhaps
	}
	if passes(l, sure) {
		return always
	}
	if passes(l, unsure) {
		return perhaps
	}
	return never
}

func passes(l *leaf, values []string) bool {
	for _, v := range values {
		if _, ok := l.test(v, nil); ok {
			return true
		}
	}
	return false
}
