package correlate

import (
	"slices"
	"testing"
	"time"

	"github.com/auditpy/auditpy/rules/rule"
)

// chained returns an inner correlation of a and b, and lets outer, whose first rule it is, refer to it.
func chained(inner, outer *rule.Correlation, group ...int) *rule.Correlation {
	inner.Meta = &rule.Meta{ID: "inner", Level: rule.Low}
	inner.Silent = true
	outer.Refs[0] = "inner"
	inner.Outer = []rule.Link{{To: outer, Group: group}}
	return inner
}

func TestChains(t *testing.T) {
	pair := func() *rule.Correlation { return over(rule.Temporal, "ab") }
	lonely := func() *rule.Correlation {
		return withExpr(over(rule.Temporal, "ab"), op("and", ref(0), op("not", ref(1))))
	}
	minute := func(c *rule.Correlation) *rule.Correlation { c.Span = time.Minute; return c }
	notFirst := op("and", ref(1), op("not", ref(0)))
	for _, tt := range []struct {
		name, events, want string
		of                 *rule.Correlation
	}{
		{"a count of pairs", "1a 2b 20a 21b", "4: 1 2 3 4", chained(pair(), minute(over(rule.EventCount, "_", bound("gte", 2))), 0)},
		{"then another", "1a 2b 3z", "3: 1 2 3", chained(pair(), over(rule.Ordered, "_z"), 0)},
		{"the other came first", "1a 2z 3b", "", chained(pair(), over(rule.Ordered, "_z"), 0)},
		{"at the time of its last event", "1a 9b 18z", "3: 1 2 3", chained(pair(), over(rule.Ordered, "_z"), 0)},
		{"groups of the inner one", "1a:x 2b:x 3z:y", "", chained(pair(), over(rule.Ordered, "_z"), 0)},
		{"a group that the inner one lacks", "1a 2b 3z", "", chained(pair(), over(rule.Ordered, "_z"), -1)},
		{"kinds of values take no firing", "1a 2b", "", chained(pair(), over(rule.ValueCount, "_", bound("gte", 1)), 0)},
		// The inner one is decided when its window closes; the outer one waits for it.
		{"decided on closing", "1a 5z 20-", "3: 1 2", chained(lonely(), over(rule.Ordered, "_z"), 0)},
		{"decided on closing, at the end", "1a 5z", "0: 1 2", chained(lonely(), over(rule.Ordered, "_z"), 0)},
		{"decided on closing, false", "1a 2b 5z 40-", "", chained(lonely(), over(rule.Ordered, "_z"), 0)},
		{"decided a day later", "1a 5z 90000-", "3: 1 2", chained(lonely(), over(rule.Ordered, "_z"), 0)},
		{"both decided on closing", "1a 5z 60-", "", chained(lonely(), withExpr(over(rule.Temporal, "_z"), notFirst), 0)},
		{"both decided on closing, one absent", "1a 2b 5z 60-", "4: 3", chained(lonely(), withExpr(over(rule.Temporal, "_z"), notFirst), 0)},
		{"what waits begins the next window", "1a 2b 5z 18z 60-", "5: 3; 5: 4", chained(lonely(), withExpr(over(rule.Temporal, "_z"), notFirst), 0)},
	} {
		f := newFeeder(Options{}, tt.of)
		if got := f.run(tt.events); got != tt.want {
			t.Errorf("%s: %s: alerts %q, want %q", tt.name, tt.events, got, tt.want)
		}
		if s := f.c.Stats(); s.Groups != 0 || s.WindowBytes != 0 {
			t.Errorf("%s: after Flush: %+v", tt.name, s)
		}
	}
}

// TestChainedRules: the alert names the correlation, the one it refers to, and the rules; and the level is its own.
func TestChainedRules(t *testing.T) {
	outer := over(rule.Ordered, "_z")
	outer.Meta.Level = rule.Medium
	f := newFeeder(Options{}, chained(over(rule.Temporal, "ab"), outer, 0))
	f.feed("1a")
	f.feed("2b")
	as := f.c.Observe(nil, at(3, 3000, nil), f.matches(parseSample("3z")))
	if len(as) != 1 || as[0].Level != rule.Medium {
		t.Fatalf("alerts = %+v, want one of the level medium", as)
	}
	var ids []string
	for _, r := range as[0].Rules {
		ids = append(ids, r.ID)
	}
	if want := []string{"c", "inner", "a", "b", "z"}; !slices.Equal(ids, want) {
		t.Errorf("rules %q, want %q", ids, want)
	}
}
