package regex

// place is what an automaton knows of a position.
type place struct {
	begin       bool // of the subject; else prev is before it
	prev        byte
	known       bool // what follows: if not, the next three say nothing
	end, lastLF bool // the end, or an LF that is the last byte
	next        byte // unless end
}

// truth is whether a condition holds; later: that depends on what follows.
type truth uint8

const (
	no truth = iota
	yes
	later
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// holds tells whether a state that consumes nothing lets pass.
func (s *nfaState) holds(p place) truth {
	t := later
	switch {
	case s.kind == nfaAssert:
		t = s.assert.holds(p)
	case s.kind == nfaBehind:
		t = truthOf(!p.begin && s.set.has(p.prev))
	case p.known:
		t = truthOf(!p.end && s.set.has(p.next))
	}
	if s.negate && t != later {
		return yes - t
	}
	return t
}

func (a assert) holds(p place) truth {
	switch a {
	case textBegin, matchStart: // a search begins at the beginning
		return truthOf(p.begin)
	case lineBegin:
		if p.begin || p.prev != '\n' {
			return truthOf(p.begin)
		}
	}
	if !p.known {
		return later
	}
	switch a {
	case textEnd:
		return truthOf(p.end)
	case textEndLF:
		return truthOf(p.end || p.lastLF)
	case lineBegin:
		return truthOf(!p.end)
	case lineEnd:
		return truthOf(p.end || p.next == '\n')
	}
	here := !p.begin && wordSet.has(p.prev) != (!p.end && wordSet.has(p.next)) ||
		p.begin && !p.end && wordSet.has(p.next)
	return truthOf(here == (a == word))
}
