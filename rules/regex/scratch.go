package regex

// Scratch is the working memory of searches and their common budget. The zero value is ready and has no common
// budget: each search may take its own limit. It must not be used by two searches at once.
type Scratch struct {
	machine machine
	bounded bool
	left    int
	found   []int32 // of Set.Match: literals
}

// SetBudget sets how many steps all searches until the next call may take together. When they are spent, answers are
// Undecided.
func (sc *Scratch) SetBudget(steps int) { sc.bounded, sc.left = true, steps }

// Left returns how many steps of the budget are left.
func (sc *Scratch) Left() int { return sc.left }

// allowed returns how many steps the next search may take.
func (sc *Scratch) allowed(limit int) int {
	if sc.bounded {
		return max(0, min(limit, sc.left))
	}
	return limit
}

// answer takes the steps of a search off the budget.
func (sc *Scratch) answer(yes, decided bool, steps int) Answer {
	if sc.bounded {
		sc.left = max(0, sc.left-steps)
	}
	switch {
	case !decided:
		return Undecided
	case yes:
		return Yes
	}
	return No
}
