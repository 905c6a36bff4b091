package sigma

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/auditpy/auditpy/rules/rule"
)

// The part of a correlation that can be read without the rules that it refers to.

var correlationKinds = map[string]rule.CorrelationKind{
	"event_count":      rule.EventCount,
	"value_count":      rule.ValueCount,
	"temporal":         rule.Temporal,
	"temporal_ordered": rule.Ordered,
	"value_sum":        rule.ValueSum,
	"value_avg":        rule.ValueAvg,
	"value_percentile": rule.ValuePercentile,
	"value_median":     rule.ValueMedian,
}

const kindNames = "event_count, value_count, temporal, temporal_ordered, value_sum, value_avg, value_percentile or value_median"

// What one correlation may ask for: each costs memory for each group.
const (
	maxRefs   = 256
	maxGroups = 64 // fields of group-by, and of a condition
)

func (c *compiler) readCorrelation(k *correlation) {
	k.out = &rule.Correlation{Meta: k.self.meta}
	k.level = c.text(k.doc.node, "level") != ""
	if k.body.kind != mapNode {
		c.fatal(errorAt(k.body.pos, "correlation: needs a map with type, rules, timespan and condition"))
		return
	}
	k.generate, k.aliases = k.body.get("generate"), k.body.get("aliases")
	c.correlationKeys(k)
	name := c.text(k.body, "type")
	kind, ok := correlationKinds[name]
	if !ok {
		c.fatal(errorAt(k.body.get("type").position(k.body.pos), "correlation: type %q is not known: write %s", name, kindNames))
		return
	}
	k.out.Kind = kind
	c.readSpan(k)
	k.group = c.fieldNames(k.body, "group-by")
	for _, g := range k.group {
		k.out.By = append(k.out.By, g.text)
	}
	k.refs = c.once(k, c.fieldNames(k.body, "rules"))
	c.readCondition(k)
	for _, ref := range k.refs {
		k.out.Refs = append(k.out.Refs, ref.text)
	}
	switch {
	case c.failed:
	case len(k.refs) == 0:
		c.fatal(errorAt(k.body.pos, "correlation: no rules"))
	case len(k.refs) > maxRefs:
		c.fatal(errorAt(k.refs[maxRefs].pos, "rules: more than %d", maxRefs))
	case len(k.refs) == 1 && (kind == rule.Temporal || kind == rule.Ordered):
		c.warn(k.refs[0].pos, "rules: a %s correlation of one rule holds at each match of it", name)
	}
}

// correlationKeys refuses what is of the wrong form and tells what has no meaning.
func (c *compiler) correlationKeys(k *correlation) {
	for i, key := range k.body.keys {
		v := k.body.items[i]
		switch key.text {
		case "type", "rules", "group-by", "timespan", "condition":
		case "generate":
			if v.kind == nullNode {
				k.generate = nil
			} else if !isTrue(v) && !isFalse(v) {
				c.fatal(errorAt(v.pos, "generate: needs true or false, not %q", v.text))
			}
		case "aliases":
			if v.kind == nullNode {
				k.aliases = nil
			} else if v.kind != mapNode {
				c.fatal(errorAt(v.pos, "aliases: needs a map, not %s", v.kind))
			}
		case "timeframe":
			c.warn(key.pos, "correlation: write timespan, not timeframe")
		case "level", "status", "tags", "title", "id", "name":
			c.warn(key.pos, "correlation: %s has no meaning here: it belongs beside correlation", key.text)
		default:
			c.warn(key.pos, "correlation: key %q has no meaning", key.text)
		}
	}
}

func isTrue(n *node) bool {
	return n.scalar() && (strings.EqualFold(n.text, "true") || strings.EqualFold(n.text, "yes"))
}

func isFalse(n *node) bool {
	return n.scalar() && (strings.EqualFold(n.text, "false") || strings.EqualFold(n.text, "no"))
}

// fieldNames returns the texts of a key, which may be one or a list.
func (c *compiler) fieldNames(n *node, key string) (out []*node) {
	v := n.get(key)
	if v == nil || v.kind == nullNode {
		return nil
	}
	for _, item := range v.each() {
		if !item.scalar() || item.text == "" {
			c.fatal(errorAt(item.pos, "%s: needs names, not %s", key, item.kind))
			continue
		}
		out = append(out, item)
	}
	if key != "rules" && len(out) > maxGroups {
		c.fatal(errorAt(out[maxGroups].pos, "%s: more than %d fields", key, maxGroups))
		return nil
	}
	return out
}

var timespan = regexp.MustCompile(`^([0-9]{1,9})([smhdwMy])$`)

// A month and a year are those of the mean Gregorian calendar, as in the reference.
var spanUnits = map[string]time.Duration{
	"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
	"M": 2629746 * time.Second, "y": 31556952 * time.Second,
}

func (c *compiler) readSpan(k *correlation) {
	n := k.body.get("timespan")
	if n == nil || n.kind == nullNode {
		c.fatal(errorAt(k.body.pos, "correlation: no timespan"))
		return
	}
	m := timespan.FindStringSubmatch(n.text)
	if m == nil {
		c.fatal(errorAt(n.pos, "timespan %q: write a number and s, m, h or d, such as 90m", n.text))
		return
	}
	count, _ := strconv.ParseInt(m[1], 10, 64)
	unit := spanUnits[m[2]]
	if count == 0 || count > int64(math.MaxInt64/unit) {
		c.fatal(errorAt(n.pos, "timespan %q is out of range", n.text))
		return
	}
	if m[2] == "M" {
		c.warn(n.pos, "timespan %q is months: minutes are written m", n.text)
	}
	k.out.Span = time.Duration(count) * unit
}

// once drops rules that are named twice: only where the order counts are two matches meant.
func (c *compiler) once(k *correlation, all []*node) (refs []*node) {
	seen := make(map[string]bool)
	for _, ref := range all {
		if seen[ref.text] && k.out.Kind != rule.Ordered {
			c.warn(ref.pos, "rules: %q is named twice", ref.text)
			continue
		}
		seen[ref.text] = true
		refs = append(refs, ref)
	}
	return refs
}
