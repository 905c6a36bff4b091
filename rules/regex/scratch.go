package regex

// Scratch is the working memory of searches and their common budget. The zero value is ready and has no common
// budget: each search may take its own limit. It must not be used by two searches at once.
type Scratch struct {
	machine machine
	bounded bool
	left    int // of the budget
	passes  int // and of that of single passes
}

// SetBudget sets how many steps all searches until the next call may take together. When they are spent, answers are
// Undecided. Regular expressions have as much for themselves: whoever makes a value that takes all steps of an
// expression that is not regular would else hide from all others.
func (sc *Scratch) SetBudget(steps int) { sc.bounded, sc.left, sc.passes = true, steps, steps }

// Left returns how many steps of the budget are left to expressions that are not regular.
func (sc *Scratch) Left() int { return sc.left }

// allowed returns how many steps the next search may take.
func (sc *Scratch) allowed(limit int) int {
	if sc.bounded {
		return max(0, min(limit, sc.left))
	}
	return limit
}

// pass runs an automaton over subject and takes its steps off what single passes may take.
func (sc *Scratch) pass(d *dfa, subject string, limit int) (yes, decided bool) {
	if sc.bounded {
		limit = max(0, min(limit, sc.passes))
	}
	yes, decided, steps := d.match(subject, limit)
	sc.passes = max(0, sc.passes-steps)
	return yes, decided
}

// take takes the steps of a search off the budget.
func (sc *Scratch) take(steps int) {
	if sc.bounded {
		sc.left = max(0, sc.left-steps)
	}
}

// answerOf is what a search found.
func answerOf(yes, decided bool) Answer {
	switch {
	case !decided:
		return Undecided
	case yes:
		return Yes
	}
	return No
}
