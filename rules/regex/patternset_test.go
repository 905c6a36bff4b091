package regex

import "github.com/auditpy/auditpy/rules/predicate"

// patternSet asks many expressions about one subject, as the engines do that know the needles of their rules: it looks
// for the literals of all of them in one pass, and then asks only those that may match.
type patternSet struct {
	all      []*Regexp
	literals *predicate.Literals
	owners   []int32 // the expression of each literal, in ascending order
	always   []int32 // expressions without literals, in ascending order
	found    []int32 // of match: literals
}

// result is the answer of one expression of a patternSet.
type result struct {
	index  int32
	answer Answer // Yes or Undecided
}

// newPatternSet returns the set of all, which it keeps.
func newPatternSet(all []*Regexp) *patternSet {
	s := &patternSet{all: all}
	var needles []predicate.Needle
	for i, re := range all {
		if len(re.needles) == 0 {
			s.always = append(s.always, int32(i))
		}
		for _, n := range re.needles {
			needles, s.owners = append(needles, n), append(s.owners, int32(i))
		}
	}
	if len(needles) > 0 {
		s.literals = predicate.CompileLiterals(needles)
	}
	return s
}

// match appends to dst, in ascending order of index, the results of all expressions that match or are undecided. It does
// not allocate if dst has room.
func (s *patternSet) match(dst []result, subject string, sc *Scratch) []result {
	s.found = s.found[:0]
	if s.literals != nil {
		s.found = s.literals.Find(s.found, subject)
	}
	always := s.always
	last := int32(-1)
	for _, literal := range s.found {
		i := s.owners[literal]
		if i == last {
			continue
		}
		for ; len(always) > 0 && always[0] < i; always = always[1:] {
			dst = s.ask(dst, always[0], subject, sc)
		}
		dst, last = s.ask(dst, i, subject, sc), i
	}
	for _, i := range always {
		dst = s.ask(dst, i, subject, sc)
	}
	return dst
}

func (s *patternSet) ask(dst []result, i int32, subject string, sc *Scratch) []result {
	if a := s.all[i].Match(subject, sc); a != No {
		dst = append(dst, result{i, a})
	}
	return dst
}
