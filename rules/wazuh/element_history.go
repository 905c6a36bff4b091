package wazuh

import (
	"slices"
	"strconv"
	"strings"
)

// What a frequency rule asks of events before.

func (c *compiler) ifMatchedSID(d *definition, e *element) {
	s := c.textOf(e).s
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxID {
		c.blame(d, e.off, "<if_matched_sid>: %q is no id of a rule", s)
		return
	}
	d.matched, d.matchedAt = n, e.off
}

// maxMatchedGroups bounds the rules with if_matched_group: each is held to the groups of all rules.
const maxMatchedGroups = 1000

func (c *compiler) ifMatchedGroup(d *definition, e *element) {
	t := c.textOf(e)
	p, err := osMatch(t.s)
	if err != nil {
		c.blame(d, e.off, "<if_matched_group>: %v", err)
		return
	}
	if c.matchedGroups++; c.matchedGroups > maxMatchedGroups {
		c.blame(d, e.off, "<if_matched_group>: in more than %d rules", maxMatchedGroups)
	}
	d.matchedIn, d.matchedAt = p, e.off
	d.matchedGroups = words(strings.ReplaceAll(t.s, "|", ","))
}

func (c *compiler) sameField(d *definition, e *element) {
	for _, name := range words(c.textOf(e).s) {
		c.compare(d, e, name, &d.same)
	}
}

func (c *compiler) differentField(d *definition, e *element) {
	for _, name := range words(c.textOf(e).s) {
		c.compare(d, e, name, &d.differ)
	}
}

// maxCompared bounds the fields of either kind: what matched before is kept with the values of all.
const maxCompared = 32

// compare adds a field that events of a frequency rule have in common, or not.
func (c *compiler) compare(d *definition, e *element, name string, to *[]valueOf) {
	d.compareAt = e.off
	f := c.field(name)
	if c.engine.fields[f].get == nil && to == &d.same {
		d.neverMatches(e.off, "<%s>: audit events have no %s", e.name, orField(name, e))
	}
	switch {
	case slices.Contains(*to, f):
	case len(*to) == maxCompared:
		c.blame(d, e.off, "<%s>: more than %d fields are compared", e.name, maxCompared)
	default:
		*to = append(*to, f)
	}
}

func orField(name string, e *element) string {
	if name == "" {
		return strings.TrimPrefix(e.name, "same_")
	}
	return name
}
