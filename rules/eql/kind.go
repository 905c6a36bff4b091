package eql

import "github.com/auditpy/auditpy/internal/event"

// verdict is what can be told of a condition before an event's fields are asked.
type verdict int8

const (
	never verdict = iota
	perhaps
	always
)

// of tells whether a condition can hold for events of a kind. It may say perhaps where never or always would be right.
func (p *program) of(c *cond, k *event.Kind) verdict {
	switch c.op {
	case condLeaf:
		return p.ofLeaf(p.leaves[c.leaf], k)
	case condNot:
		return always - p.of(c.kids[0], k)
	case condAnd:
		least := always
		for _, kid := range c.kids {
			if least = min(least, p.of(kid, k)); least == never {
				break
			}
		}
		return least
	case condOr:
		most := never
		for _, kid := range c.kids {
			if most = max(most, p.of(kid, k)); most == always {
				break
			}
		}
		return most
	case condTrue:
		return always
	}
	return never
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
		if _, ok := l.test(v); ok {
			return true
		}
	}
	return false
}
