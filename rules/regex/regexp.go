package regex

import (
	"slices"

	"github.com/auditpy/auditpy/rules/predicate"
)

// Options of Compile. The zero value is PCRE2 without options.
type Options struct {
	Flags Flags
	// Text makes a character of an expression that is regular one of UTF-8 in subjects that are UTF-8; in others and
	// without it, a byte is one.
	Text bool
	// Limit bounds the steps of one search; zero is DefaultLimit. A step takes some nanoseconds.
	Limit int
}

// DefaultLimit is how many steps a search may take if nothing else is said: 10 to 20 milliseconds.
const DefaultLimit = 2_000_000

// Answer says whether a subject matches.
type Answer uint8

// Answers.
const (
	No Answer = iota
	Yes
	Undecided // the budget of steps, or the memory that a search may take, was not enough
)

func (a Answer) String() string { return [...]string{"no", "yes", "undecided"}[a] }

// Regexp is an expression that was compiled. It is immutable and safe for concurrent use.
type Regexp struct {
	expr    string
	limit   int
	dfa     *dfa     // nil if the expression is not regular
	needs   []*dfa   // if it is not: each matches if the expression does
	chars   *dfa     // if it is there, of subjects that are UTF-8 and not ASCII; dfa is of all others
	program *program // nil if it is regular and too large for this
	whole   bool     // it matches the whole of a subject or not
	names   []string // of groups
	needles []predicate.Needle

	warnings []Error
}

// Compile reads an expression of PCRE2 10.42. The error is an *Error, which says where it is refused.
func Compile(expr string, o Options) (*Regexp, error) {
	t, err := parse(expr, o.Flags)
	if err != nil {
		return nil, err
	}
	re, err := fromTree(expr, t, o)
	if err == nil && o.Text {
		re.readCharacters(o.Flags)
	}
	return re, err
}

// fromTree makes a Regexp of what an expression means, whatever its dialect.
func fromTree(expr string, t *tree, o Options) (*Regexp, error) {
	re := &Regexp{expr: expr, limit: o.Limit, needles: required(t.root), names: make([]string, t.groups+1)}
	if re.limit == 0 {
		re.limit = DefaultLimit
	}
	for _, n := range t.names {
		re.names[n.index] = n.name
	}
	re.warnings = t.warnings
	re.automata(t)
	program, err := newProgram(t)
	if err != nil && re.dfa == nil {
		return nil, err
	}
	re.program = program
	return re, nil
}

// automata makes what can be decided without backtracking.
func (re *Regexp) automata(t *tree) {
	if root := plainer(t.root); regular(root) {
		re.dfa, _ = newDFA(root, t.utf)
		return
	}
	for _, n := range needs(t.root) {
		if d, err := newDFA(n, t.utf); err == nil && !d.trivial() {
			re.needs = append(re.needs, d)
		}
	}
}

// String returns the expression as it was given.
func (re *Regexp) String() string { return re.expr }

// Groups returns the names of the groups by number, "" for those that have none. The first is the whole match.
func (re *Regexp) Groups() []string { return re.names }

// Regular reports whether one pass over a subject decides if it matches. If not, a subject that was made for it may
// leave the search undecided.
func (re *Regexp) Regular() bool { return re.dfa != nil }

// Warnings returns what whoever wrote the expression should know: what another version of PCRE2 takes for something
// else, and that it is not regular.
func (re *Regexp) Warnings() []Error {
	if re.Regular() {
		return re.warnings
	}
	return append(slices.Clone(re.warnings), Error{0, "a long subject made for this expression may leave it undecided: it is not regular"})
}

// Required returns needles of which each subject that matches has one, ASCII letters in either case, as
// predicate.Literals finds them; nil if none are known.
func (re *Regexp) Required() []predicate.Needle { return re.needles }

// Match reports whether the expression matches somewhere in subject. sc may be nil.
func (re *Regexp) Match(subject string, sc *Scratch) Answer {
	if len(subject) > maxSubject {
		return Undecided
	}
	if sc == nil {
		sc = new(Scratch)
	}
	if re.dfa != nil {
		return answerOf(sc.pass(re.dfaFor(subject), subject, re.limit))
	}
	return re.search(subject, sc)
}

// search looks for the match itself, unless it is seen that there is none.
func (re *Regexp) search(subject string, sc *Scratch) Answer {
	for _, d := range re.needs {
		if yes, decided := sc.pass(d, subject, re.limit); decided && !yes {
			return No
		}
	}
	yes, decided := sc.machine.search(re.program, subject, sc.allowed(re.limit))
	sc.machine.subject = ""
	sc.take(sc.machine.steps())
	return answerOf(yes, decided)
}

// Find appends to dst where the first match is, as PCRE2 tells it: the offsets in subject of begin and end of the
// match and of each group, -1 for groups that are not set. It appends nothing if the answer is not Yes; nor if it is and
// where could not be decided. sc may be nil.
func (re *Regexp) Find(dst []int, subject string, sc *Scratch) ([]int, Answer) {
	if sc == nil {
		sc = new(Scratch)
	}
	if re.dfa != nil {
		a := re.Match(subject, sc)
		if a == Yes && re.whole {
			dst = append(dst, 0, len(subject))
		}
		if a != Yes || re.program == nil {
			return dst, a
		}
	}
	if len(subject) > maxSubject {
		return dst, Undecided
	}
	a := re.search(subject, sc)
	switch {
	case a == Yes:
		dst = sc.machine.offsets(dst)
	case re.dfa != nil:
		a = Yes
	}
	return dst, a
}

// maxSubject is the length that a search can do; it is far more than any record has.
const maxSubject = 1 << 28
