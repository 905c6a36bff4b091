package agent

import (
	"fmt"
	"time"

	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

// doubtWatch tells of regular expressions that took too many steps, at once and then seldom: who can cause one can cause
// thousands.
type doubtWatch struct {
	of   *rules.Set
	told uint64
	next time.Duration
	list []rule.Undecided
}

const (
	doubtEvery = 10 * time.Minute
	maxDoubts  = 8 // tests that a notice names
)

func (s *supervisor) checkUndecided(now moment) {
	d := &s.doubt
	if d.of != s.loop.Rules { // a reload counts anew
		d.of, d.told = s.loop.Rules, 0
	}
	d.list = s.loop.Rules.Undecided(d.list[:0])
	var sum uint64
	var tests []string
	for _, u := range d.list {
		sum += u.Count
		if len(tests) < maxDoubts {
			tests = append(tests, fmt.Sprintf("%s like %s", u.Field, u.Pattern))
		}
	}
	if sum == d.told || now.mono < d.next {
		return
	}
	about := map[string]any{"count": sum - d.told, "tests": tests, "rules": doubtful(d.list)}
	d.told, d.next = sum, now.mono+doubtEvery
	s.tell(testsUndecided, now, about)
}

// doubtful are the rules that asked, each once.
func doubtful(list []rule.Undecided) (ids []string) {
	seen := make(map[string]bool)
	for _, u := range list {
		for _, m := range u.Rules {
			if !seen[m.ID] && len(ids) < maxDoubts {
				seen[m.ID] = true
				ids = append(ids, m.ID)
			}
		}
	}
	return ids
}
