package coverage

import (
	"fmt"
	"slices"
	"strings"
)

// reasons gathers why calls are not recorded, so that one that holds for all of them is told once.
type reasons struct {
	of    *capability
	order []string
	calls map[string][]*call
}

func newReasons(of *capability) *reasons { return &reasons{of: of, calls: make(map[string][]*call)} }

func (r *reasons) add(c *call, why []string) {
	for _, w := range why {
		if r.calls[w] == nil {
			r.order = append(r.order, w)
		}
		r.calls[w] = append(r.calls[w], c)
	}
}

// told puts the names of the calls into the reasons.
func (r *reasons) told(native bool) (all []string) {
	for _, w := range r.order {
		all = append(all, fmt.Sprintf(w, r.named(r.calls[w], native)))
	}
	return all
}

func (r *reasons) named(some []*call, native bool) string {
	compat := 0
	for _, c := range r.of.calls {
		if c.compat {
			compat++
		}
	}
	switch n := len(r.of.calls); {
	case len(some) == n || native && len(some) == n-compat:
		return r.of.words
	case len(some) == compat && !slices.ContainsFunc(some, func(c *call) bool { return !c.compat }):
		return r.of.words + " of 32-bit programs"
	}
	var names []string
	for _, c := range some {
		if names = append(names, c.String()); len(names) == 6 && len(some) > 7 {
			names = append(names, "…")
			break
		}
	}
	return strings.Join(names, ", ")
}
