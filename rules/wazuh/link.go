package wazuh

import (
	"cmp"
	"slices"
	"strconv"
)

// maxLinks bounds the links from children to parents: a rule may name all others by a group or a level.
const maxLinks = 1 << 20

// consistent refuses what contradicts itself in a rule.
func (c *compiler) consistent(d *definition) {
	history := d.matched != 0 || d.matchedIn != nil
	switch {
	case d.hasTimes && !history:
		c.blame(d, d.off, "rule %d: frequency without if_matched_sid or if_matched_group: Wazuh refuses this too", d.id)
	case (len(d.same) > 0 || len(d.differ) > 0) && !history:
		c.blame(d, d.compareAt, "rule %d: same_ or different_ fields without if_matched_sid or if_matched_group: with what?", d.id)
	case d.matched != 0 && d.matchedIn != nil:
		c.blame(d, d.matchedAt, "rule %d: if_matched_sid and if_matched_group exclude each other", d.id)
	case len(d.sids) > 0 && (len(d.ifGroups) > 0 || d.ifLevel > 0) || len(d.ifGroups) > 0 && d.ifLevel > 0:
		c.warn(d.src, d.off, "rule %d: of if_sid, if_level and if_group only the first counts", d.id)
	}
	if d.title == "" && !d.failed {
		c.warn(d.src, d.off, "rule %d has no description", d.id)
	}
	if history && len(d.sids) == 0 && len(d.ifGroups) == 0 {
		if d.matched != 0 {
			d.sids = []ref{{d.matched, d.matchedAt}}
		}
		d.ifGroups = d.matchedGroups
	}
}

// link finds the parents of all rules, in the order of the files: a rule hangs under groups and levels of rules before
// it only.
func (c *compiler) link() {
	slices.SortStableFunc(c.defs, func(a, b *definition) int { return cmp.Compare(a.seq, b.seq) })
	for again := true; again; { // a rule that falls takes its children with it
		again = false
		for _, d := range c.defs {
			if !d.failed && len(d.sids) > 0 && !c.hasParent(d) {
				again = true
			}
		}
	}
	c.defs = slices.DeleteFunc(c.defs, func(d *definition) bool { return d.failed })
	left := maxLinks
	before := earlier{byGroup: make(map[string][]*definition)}
	for _, d := range c.defs {
		d.room = left
		c.parents(d, &before)
		if len(d.parents) > left {
			c.blame(d, d.off, "rule %d: over %d links from rules to parents", d.id, maxLinks)
			d.parents = nil
		}
		left -= len(d.parents)
		if !d.failed { // what is refused is nobody's parent
			before.add(d)
		}
	}
	c.reach()
}

// hasParent reports whether one of the rules that d names is there, and what to do about those that are not.
func (c *compiler) hasParent(d *definition) bool {
	found := 0
	for _, s := range d.sids {
		if p := c.byID[s.id]; p != nil && !p.failed {
			found++
		}
	}
	if found > 0 || d.top {
		return true
	}
	s := d.sids[0]
	if p := c.byID[s.id]; p != nil || c.refused[s.id] {
		c.blame(d, s.off, "rule %d: rule %d, under which it hangs, is refused", d.id, s.id)
		return false
	}
	if !d.audit {
		c.blame(d, s.off, "rule %d: there is no rule %d for it to hang under", d.id, s.id)
		return false
	}
	c.warn(d.src, s.off, "rule %d: there is no rule %d for it to hang under: as it looks at audit fields, it is asked of all audit events", d.id, s.id)
	d.top = true
	return true
}

// earlier are the rules before one.
type earlier struct {
	byGroup map[string][]*definition
	byLevel [17][]*definition
}

func (e *earlier) add(d *definition) {
	e.byLevel[d.level] = append(e.byLevel[d.level], d)
	for _, g := range d.groups {
		e.byGroup[g] = append(e.byGroup[g], d)
	}
}

// adopt gives d parents, each once, and no more than one over what there is room for.
func (d *definition) adopt(parents []*definition) {
	for _, p := range parents {
		if len(d.parents) > d.room {
			return
		}
		if p != d && p.adopter != d {
			p.adopter = d
			d.parents = append(d.parents, p)
		}
	}
}

func (c *compiler) parents(d *definition, before *earlier) {
	switch {
	case d.top:
	case len(d.sids) > 0:
		for _, s := range d.sids {
			p := c.byID[s.id]
			switch {
			case p == nil:
				c.warn(d.src, s.off, "rule %d: there is no rule %d for it to hang under", d.id, s.id)
			case p.failed:
				c.warn(d.src, s.off, "rule %d: rule %d, under which it hangs, is refused", d.id, s.id)
			default:
				d.adopt([]*definition{p})
			}
		}
	case d.ifLevel > 0:
		for _, ps := range before.byLevel[d.ifLevel:] {
			d.adopt(ps)
		}
		c.orphan(d, "a level of "+strconv.Itoa(d.ifLevel)+" or more")
	case len(d.ifGroups) > 0:
		for _, g := range d.ifGroups {
			d.adopt(before.byGroup[g])
		}
		c.orphan(d, "the group "+d.ifGroups[0])
	default:
		d.top = true
		c.foreign(d)
	}
}

// firstLocal is the first id that Wazuh leaves to its users.
const firstLocal = 100_000

// foreign shuts a rule of Wazuh's own for other logs: in Wazuh audit events come under 80700 before any such rule. A
// user's rule without parents is asked, as what else could be meant.
func (c *compiler) foreign(d *definition) {
	if d.audit || d.base || d.id >= firstLocal || d.id == auditRoot {
		return
	}
	d.neverMatches(d.off, "rule %d has no parents and an id below %d: it is Wazuh's own for other logs", d.id, firstLocal)
	c.ask(d, leaf{kind: isNever, name: "log", words: "is not of audit"}, false)
}

// orphan says that a rule has no parents although it asks for some.
func (c *compiler) orphan(d *definition, what string) {
	switch {
	case len(d.parents) > 0:
	case d.audit:
		c.warn(d.src, d.off, "rule %d: no rule before it has %s: as it looks at audit fields, it is asked of all audit events", d.id, what)
		d.top = true
	default:
		c.blame(d, d.off, "rule %d: no rule before it has %s", d.id, what)
	}
}

// reach refuses the rules that no way leads to: they hang under each other.
func (c *compiler) reach() {
	kids := make(map[*definition][]*definition)
	var open []*definition
	for _, d := range c.defs {
		if d.failed {
			continue
		}
		if d.top {
			open = append(open, d)
		}
		for _, p := range d.parents {
			kids[p] = append(kids[p], d)
		}
	}
	for len(open) > 0 {
		d := open[len(open)-1]
		open = open[:len(open)-1]
		if !d.reachable {
			d.reachable = true
			open = append(open, kids[d]...)
		}
	}
	for _, d := range c.defs {
		if !d.reachable && !d.failed {
			c.blame(d, d.off, "rule %d: no way leads to it from a rule without parents: rules hang under each other, or under one that is refused", d.id)
		}
	}
	c.defs = slices.DeleteFunc(c.defs, func(d *definition) bool { return d.failed })
	c.cutLoops(kids)
}

// cutLoops refuses the rules that lead back to themselves.
func (c *compiler) cutLoops(kids map[*definition][]*definition) {
	left := make(map[*definition]int) // parents not yet passed
	var open []*definition
	for _, d := range c.defs {
		d.parents = slices.DeleteFunc(d.parents, func(p *definition) bool { return p.failed })
		if left[d] = len(d.parents); left[d] == 0 {
			open = append(open, d)
		}
	}
	for len(open) > 0 {
		d := open[len(open)-1]
		open = open[:len(open)-1]
		for _, k := range kids[d] {
			if left[k]--; left[k] == 0 {
				open = append(open, k)
			}
		}
	}
	for _, d := range c.defs {
		if left[d] > 0 {
			c.blame(d, d.off, "rule %d: rules that hang under each other lead back to it, or to one above it", d.id)
		}
	}
	c.defs = slices.DeleteFunc(c.defs, func(d *definition) bool { return d.failed })
}
