package wazuh

import "slices"

// neverMatches notes why no audit event can match a rule.
func (d *definition) neverMatches(off int, format string, args ...any) {
	if d.never == nil {
		d.never = faultAt(off, format, args...)
	}
}

// neverWhy says why no audit event comes to a rule: for its own reason or because none comes to any of its parents. It is "" if one may.
func (d *definition) neverWhy(known map[*definition]bool) string {
	if d.never != nil {
		return d.never.msg
	}
	if d.isNever(known) {
		return "its parents never match"
	}
	return ""
}

func (d *definition) isNever(known map[*definition]bool) bool {
	never, ok := known[d]
	if ok {
		return never
	}
	known[d] = false // a circle is no reason
	never = d.never != nil || !d.top && len(d.parents) > 0 && !slices.ContainsFunc(d.parents, func(p *definition) bool { return !p.isNever(known) })
	known[d] = never
	return never
}

// warnNever tells of the rules that no audit event can match: one by one where they are few. Files of other products
// have nothing but such rules.
func (c *compiler) warnNever() {
	const few = 5
	rules, never := make(map[*source]int), make(map[*source][]*definition)
	for _, d := range c.defs {
		if rules[d.src]++; d.never != nil {
			never[d.src] = append(never[d.src], d)
		}
	}
	for src, ds := range never {
		if len(ds) > few {
			first := ds[0]
			for _, d := range ds {
				if d.never.off < first.never.off {
					first = d
				}
			}
			c.warn(src, first.never.off, "%d of %d rules never match, this is the first: %s", len(ds), rules[src], first.never.msg)
			continue
		}
		for _, d := range ds {
			c.warn(src, d.never.off, "%s: rule %d never matches", d.never.msg, d.id)
		}
	}
}
