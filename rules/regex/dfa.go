package regex

import (
	"strings"
	"sync/atomic"
)

// dfa decides whether a regular tree matches anywhere in a subject, in one pass. It makes a state, a set of states of
// the nfa, when a subject first needs it.
//
// What surprised us: one symbol of look-ahead decides every assertion, if the end of the subject is a symbol, and an LF
// that is the last byte another one.
//
// Some expressions have a state for nearly each byte of some subjects: x.{20}y. Such searches end as a crowd.
//
// It is immutable but for spare, and safe for concurrent use.
type dfa struct {
	nfa    *nfa
	must   string // a text that each subject that matches has; may be empty
	stride uint32 // of a row: a column for each class, and one each for lastLF and the end

	// spare is the states of the last search. Who searches takes them out; a second goroutine finds none and makes its
	// own. So match needs no lock, and in one goroutine no allocation once the states are there.
	spare atomic.Pointer[states]
}

// The bounds of a search.
const (
	maxStates     = 4096
	maxStateBytes = 1 << 20
	// What is kept for the next search is at most keepBytes and took at most warmSteps to make. A search that makes
	// more than warmSteps, or has to forget states, begins again with none, and if that happens once more, as a crowd. So
	// what is decided does not hang on the searches before: one that ends with states of others would need at most
	// 2 * warmSteps without them, and none is begun so if the limit is less.
	warmSteps = 1 << 18
	keepBytes = 1 << 16
	// bytesPerStep is how many bytes are read in the time of one step.
	bytesPerStep = 8
)

// newDFA fails if the tree, which must be regular, is too large. With utf, subjects are UTF-8.
func newDFA(tree *node, utf bool) (*dfa, error) {
	n, err := newNFA(tree, utf)
	if err != nil {
		return nil, err
	}
	return &dfa{nfa: n, must: mustHave(tree), stride: uint32(n.classes.count + 2)}, nil
}

// trivial reports whether all subjects match.
func (d *dfa) trivial() bool { return d.nfa.states[d.nfa.start].kind == nfaMatch }

// match reports whether the subject matches, and how many steps that took: one for each state of the nfa that was
// visited to make a state, and one for bytesPerStep bytes. Not decided within limit, but for the bytes: !decided.
func (d *dfa) match(subject string, limit int) (yes, decided bool, steps int) {
	if limit <= 0 {
		return false, false, 0
	}
	if !strings.Contains(subject, d.must) {
		return false, true, len(subject)/bytesPerStep + 1
	}
	st := d.spare.Swap(nil)
	if st == nil {
		st = newStates(d)
	}
	s := search{states: st, subject: subject, limit: limit}
	yes, decided = s.run()
	st.keep(s.steps)
	d.spare.Store(st)
	return yes, decided, s.steps + s.at/bytesPerStep + 1
}

// search is one call of match.
type search struct {
	*states
	subject string
	at      int
	limit   int
	steps   int
	first   int  // flushes when it began
	cold    bool // no state is from an earlier search
	paid    int  // steps before that
	tried   bool // to do without states
}

// run is the loop over the subject; all that is not a step from one known state to another is in slow.
func (s *search) run() (yes, decided bool) {
	state := s.begin()
	body, classes := s.body(), &s.nfa.classes.of
	for {
		rows, i := s.rows, s.at
		for i < len(body) {
			next := rows[state+uint32(classes[body[i]])]
			if next != state { // a loop is read ahead: no load waits for the one before it (1.5 ns/byte, now 0.5)
				if next <= isMatch {
					break
				}
				state = next
			}
			i++
		}
		s.at = i
		if state = s.slow(state); state <= isMatch {
			return state == isMatch, state != unknown
		}
	}
}
