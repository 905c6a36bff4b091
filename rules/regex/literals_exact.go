package regex

import "slices"

// mustHave returns the longest text that each subject in which n matches has, byte for byte; "" if none is easily seen.
func mustHave(n *node) string {
	var m must
	if !accepts(n) {
		m.add(n)
		m.end()
	}
	return string(m.best)
}

// must collects bytes that follow each other in every match.
type must struct{ run, best []byte }

func (m *must) end() {
	if len(m.run) > len(m.best) {
		m.best = slices.Clone(m.run)
	}
	m.run = m.run[:0]
}

func (m *must) add(n *node) {
	switch n.op {
	case opEmpty, opKeep, opAssert, opLook: // of no width
	case opConcat, opCapture, opAtomic:
		for _, k := range n.kids {
			m.add(k)
		}
	case opRepeat:
		m.repeat(n)
	case opSet:
		if b, ok := n.set.only(); ok {
			m.run = append(m.run, b)
			return
		}
		m.end()
	default:
		m.end()
	}
}

func (m *must) repeat(n *node) {
	m.end()
	if n.min > 0 {
		m.add(n.kids[0])
		m.end()
	}
}
