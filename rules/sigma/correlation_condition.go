package sigma

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// The conditions that compare a number.

func (c *compiler) readCondition(k *correlation) {
	n := k.body.get("condition")
	temporal := k.out.Kind == rule.Temporal || k.out.Kind == rule.Ordered
	switch {
	case n == nil || n.kind == nullNode:
		if !temporal {
			c.fatal(errorAt(k.body.pos, "correlation: no condition"))
		}
	case n.kind == mapNode:
		c.readBounds(k, n)
		c.checkBounds(k, n)
	case n.scalar() && temporal:
		c.readExpression(k, n)
	default:
		c.fatal(errorAt(n.pos, "condition: needs a map such as {gte: 10}, not %s", n.kind))
	}
}

var boundNames = []string{"gt", "gte", "lt", "lte", "eq", "neq"}

func (c *compiler) readBounds(k *correlation, n *node) {
	for i, key := range n.keys {
		v := n.items[i]
		switch {
		case slices.Contains(boundNames, key.text):
			f, err := strconv.ParseFloat(v.text, 64)
			if !v.scalar() || err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
				c.fatal(errorAt(v.pos, "condition: %s needs a number, not %s", key.text, described(v)))
				continue
			}
			k.out.Bounds = append(k.out.Bounds, rule.Bound{Op: key.text, Value: f})
		case key.text == "field":
			k.values = c.fieldNames(n, "field")
		case key.text == "percentile":
			c.readPercentile(k, v)
		default:
			c.fatal(errorAt(key.pos, "condition: %q is not known: write %s, field or percentile", key.text, strings.Join(boundNames, ", ")))
		}
	}
	if len(k.out.Bounds) == 0 && !c.failed {
		c.fatal(errorAt(n.pos, "condition: compares with no number: write one of %s", strings.Join(boundNames, ", ")))
	}
}

func described(n *node) string {
	if n.scalar() {
		return fmt.Sprintf("%q", n.text)
	}
	return n.kind.String()
}

func (c *compiler) readPercentile(k *correlation, v *node) {
	f, err := strconv.ParseFloat(v.text, 64)
	if !v.scalar() || err != nil || !(f >= 0 && f <= 100) {
		c.fatal(errorAt(v.pos, "condition: percentile needs a number from 0 to 100, not %s", described(v)))
		return
	}
	if k.out.Kind != rule.ValuePercentile {
		c.warn(v.pos, "condition: percentile has a meaning for type value_percentile only")
	}
	k.out.Percentile = f
}

// checkBounds refuses a condition that says too little, or what can never be.
func (c *compiler) checkBounds(k *correlation, n *node) {
	if k.out.Kind == rule.ValuePercentile && n.get("percentile") == nil {
		k.out.Percentile = 50
	}
	switch k.out.Kind {
	case rule.Temporal, rule.Ordered:
		c.countRules(k, n)
		return
	case rule.EventCount:
		if len(k.values) > 0 {
			c.warn(k.values[0].pos, "condition: event_count counts events: field has no meaning; value_count counts values")
			k.values = nil
		}
	case rule.ValueCount:
		if len(k.values) == 0 {
			c.fatal(errorAt(n.pos, "condition: value_count needs a field"))
		}
	default:
		if len(k.values) != 1 {
			c.fatal(errorAt(n.pos, "condition: %s needs one field", c.text(k.body, "type")))
		}
	}
	if !c.failed && !possible(k.out) {
		c.fatal(errorAt(n.pos, "condition can never hold: a window has at least one event"))
	}
	if counts(k.out) && !c.failed && !possible(upTo(k.out, rule.MaxPerGroup)) {
		c.warn(n.pos, "condition never holds: no more than %d events of a group are remembered", rule.MaxPerGroup)
	}
}

// upTo returns a correlation that counts no further than most.
func upTo(k *rule.Correlation, most float64) *rule.Correlation {
	c := *k
	c.Bounds = append(slices.Clip(k.Bounds), rule.Bound{Op: "lte", Value: most})
	return &c
}

func counts(k *rule.Correlation) bool { return k.Kind == rule.EventCount || k.Kind == rule.ValueCount }

// possible reports whether some number satisfies all bounds: a whole one from 1 where things are counted.
func possible(k *rule.Correlation) bool {
	tries := []float64{1}
	for _, b := range k.Bounds {
		tries = append(tries, b.Value, math.Floor(b.Value)+1, math.Ceil(b.Value)-1,
			math.Nextafter(b.Value, math.Inf(1)), math.Nextafter(b.Value, math.Inf(-1)))
	}
	return slices.ContainsFunc(tries, func(f float64) bool {
		return (!counts(k) || f >= 1 && f == math.Trunc(f)) && satisfies(f, k.Bounds)
	})
}

func satisfies(f float64, bounds []rule.Bound) bool {
	return !slices.ContainsFunc(bounds, func(b rule.Bound) bool {
		switch b.Op {
		case "gt":
			return !(f > b.Value)
		case "gte":
			return !(f >= b.Value)
		case "lt":
			return !(f < b.Value)
		case "lte":
			return !(f <= b.Value)
		case "eq":
			return f != b.Value
		}
		return f == b.Value
	})
}
