package regex

// partition numbers classes of bytes.
type partition struct {
	of    [256]uint8
	one   [256]uint8 // a byte of each class
	count int
}

// partition finds the classes and groups that the states tell apart.
func (n *nfa) partition() {
	classes, groups := splitter{}, splitter{}
	for i := range n.states {
		switch s := &n.states[i]; s.kind {
		case nfaByte:
			classes.split(s.set)
		case nfaAhead:
			classes.split(s.set)
		case nfaBehind: // the class of a byte tells its group, so that one byte of a class can stand for all
			classes.split(s.set)
			groups.split(s.set)
		case nfaAssert:
			if set := s.assert.tells(); set != nil {
				classes.split(set)
				groups.split(set)
			}
		}
		n.anyBehind = n.anyBehind || n.states[i].behind()
	}
	n.classes, n.groups = classes.partition(), groups.partition()
}

var (
	wordSet = func() *set {
		s := &set{}
		s.addRange('0', '9')
		s.addRange('A', 'Z')
		s.addRange('a', 'z')
		s.add('_')
		return s
	}()
	lfSet = func() *set { s := &set{}; s.add('\n'); return s }()
)

// tells returns the bytes beside a position that decide a, nil if none do.
func (a assert) tells() *set {
	switch a {
	case word, notWord:
		return wordSet
	case lineBegin, lineEnd:
		return lfSet
	}
	return nil
}

// behind reports whether what is before a position matters to s.
func (s *nfaState) behind() bool {
	return s.kind == nfaBehind ||
		s.kind == nfaAssert && s.assert != textEnd && s.assert != textEndLF && s.assert != lineEnd
}

// looksAtStart finds what a thread that begins anywhere depends on.
func (n *nfa) looksAtStart() {
	set, w := newStateSet(n), walk{nfa: n}
	for g := range n.groups.count {
		set.reset()
		n.restarts = w.from(n.start, place{prev: n.groups.one[g]}, set) || len(set.items) > 0 || n.restarts
	}
	set.reset()
	for todo := []uint32{n.start}; len(todo) > 0; {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		s := &n.states[i]
		if !set.visit(i) || s.kind == nfaByte || s.kind == nfaMatch || s.kind == nfaFail {
			continue
		}
		n.startBehind = n.startBehind || s.behind()
		todo = append(todo, s.out, s.alt)
	}
}

// splitter refines one class, of all bytes, by sets. A set that was seen is not looked at again.
type splitter struct {
	of    [256]uint8
	count int // less one
	seen  map[set]bool
}

func (p *splitter) split(s *set) {
	if p.seen[*s] || p.count == 255 {
		return
	}
	if p.seen == nil {
		p.seen = map[set]bool{}
	}
	p.seen[*s] = true
	var in, out [256]bool
	for b := range 256 {
		if s.has(byte(b)) {
			in[p.of[b]] = true
		} else {
			out[p.of[b]] = true
		}
	}
	var moved [256]uint8
	for b := range 256 {
		c := p.of[b]
		if !s.has(byte(b)) || !in[c] || !out[c] {
			continue
		}
		if moved[c] == 0 {
			p.count++
			moved[c] = uint8(p.count)
		}
		p.of[b] = moved[c]
	}
}

func (p *splitter) partition() partition {
	all := partition{of: p.of, count: p.count + 1}
	for b := range 256 {
		all.one[p.of[b]] = byte(b)
	}
	return all
}
