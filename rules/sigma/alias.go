package sigma

import "slices"

// readAliases looks up the rules that aliases name.
func (c *compiler) readAliases(k *correlation) {
	k.byAlias = make(map[string]map[*subject]*node)
	if k.aliases == nil {
		return
	}
	asked := slices.Concat(k.group, k.values)
	for i, alias := range k.aliases.keys {
		if !slices.ContainsFunc(asked, func(n *node) bool { return n.text == alias.text }) {
			c.warn(alias.pos, "alias %q is never used", alias.text)
		}
		k.byAlias[alias.text] = c.alias(k, k.aliases.items[i])
	}
	for _, n := range asked {
		fields, isAlias := k.byAlias[n.text]
		for i, found := range k.targets {
			if isAlias && slices.ContainsFunc(found, func(s *subject) bool { return fields[s] == nil }) {
				c.fatal(errorAt(n.pos, "alias %q has no field for rule %q", n.text, k.refs[i].text))
			}
		}
	}
}

// alias returns the field that each rule has for an alias.
func (c *compiler) alias(k *correlation, n *node) map[*subject]*node {
	fields := make(map[*subject]*node)
	if n.kind != mapNode {
		c.fatal(errorAt(n.pos, "aliases: needs a map of rules and their fields"))
		return fields
	}
	all := slices.Concat(k.targets...)
	for i, name := range n.keys {
		found, err := c.lookup(name)
		c.fatal(err)
		if !n.items[i].scalar() {
			c.fatal(errorAt(n.items[i].pos, "aliases: needs the name of a field, not %s", n.items[i].kind))
			continue
		}
		for _, s := range found {
			if !slices.Contains(all, s) {
				c.warn(name.pos, "aliases: rule %q is not one of this correlation", name.text)
			}
			fields[s] = n.items[i]
		}
	}
	return fields
}

// field returns the field that a group-by or a condition names, as the rule calls it.
func (k *correlation) field(n *node, s *subject) *node {
	if fields, ok := k.byAlias[n.text]; ok {
		return fields[s]
	}
	return n
}
