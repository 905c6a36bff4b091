package regex

import "github.com/auditpy/auditpy/rules/predicate"

// Set asks many expressions about one subject: it looks for the literals of all of them in one pass, and then asks only
// those that may match. With 300 expressions and a command line of 200 bytes that are few (BenchmarkSet).
//
// It is immutable and safe for concurrent use.
type Set struct {
	all      []*Regexp
	literals *predicate.Literals
	owners   []int32 // the expression of each literal, in ascending order
	always   []int32 // expressions without literals, in ascending order
}

// Result is the answer of one expression of a Set.
type Result struct {
	Index  int32
	Answer Answer // Yes or Undecided
}

// NewSet returns the set of all, which it keeps.
func NewSet(all []*Regexp) *Set {
	s := &Set{all: all}
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

// Match appends to dst, in ascending order of Index, the results of all expressions that match or are undecided. It does
// not allocate if dst has room and sc is not nil.
func (s *Set) Match(dst []Result, subject string, sc *Scratch) []Result {
	if sc == nil {
		sc = new(Scratch)
	}
	sc.found = sc.found[:0]
	if s.literals != nil {
		sc.found = s.literals.Find(sc.found, subject)
	}
	always := s.always
	last := int32(-1)
	for _, literal := range sc.found {
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

func (s *Set) ask(dst []Result, i int32, subject string, sc *Scratch) []Result {
	if a := s.all[i].Match(subject, sc); a != No {
		dst = append(dst, Result{i, a})
	}
	return dst
}
