package sigma

import (
	"slices"

	"github.com/auditpy/auditpy/rules/rule"
)

// Correlations returns the correlations in the order of their files. What a rule contributes to them stands in the
// Parts of its matches; what a correlation contributes to another, in its Outer.
func (e *Engine) Correlations() []*rule.Correlation { return e.correlations }

// partOf is what the matches of a rule contribute to one correlation. Fields are indices in Engine.fields, in the view
// of the rule.
type partOf struct {
	of    *rule.Correlation
	ref   int
	group []int
	value []int
}

// correlation is a correlation while it is compiled. Its rules are looked up when all files have been read.
type correlation struct {
	doc   document
	body  *node
	self  *subject
	out   *rule.Correlation
	state linkState

	refs     []*node      // the rules as they are named
	targets  [][]*subject // what each of them means
	group    []*node
	values   []*node // the field that is counted, or the fields
	aliases  *node
	byAlias  map[string]map[*subject]*node
	generate *node // nil: not written
	level    bool  // written
}

type linkState uint8

const (
	unlinked linkState = iota
	linking
	linked
)

// readCorrelations reads the correlations and makes them known.
func (c *compiler) readCorrelations() {
	for _, k := range c.correlations {
		c.begin(k.doc.pos)
		k.body = k.doc.get("correlation")
		k.self = c.subject(k.doc, "correlation")
		k.self.of = k
		c.readCorrelation(k)
		k.self.refused = c.failed
	}
}

// linkCorrelations joins the correlations with what they refer to.
func (c *compiler) linkCorrelations() {
	for _, k := range c.correlations {
		c.link(k)
	}
	for _, k := range c.correlations {
		if !k.self.refused {
			c.engine.correlations = append(c.engine.correlations, k.out)
			c.contribute(k)
		}
	}
	c.silence()
}

// link resolves the references of k, after those of what it refers to. A correlation of a refused one is refused.
func (c *compiler) link(k *correlation) {
	if k.state != unlinked || k.self.refused {
		return
	}
	k.state = linking
	c.begin(k.doc.pos)
	var why []error
	for _, ref := range k.refs {
		found, err := c.lookup(ref)
		if err != nil {
			why = append(why, err)
		}
		for _, s := range found {
			why = append(why, c.linkTo(s, ref))
		}
		k.targets = append(k.targets, found)
	}
	c.begin(k.doc.pos)
	for _, err := range why {
		c.fatal(err)
	}
	c.distinct(k)
	if !c.failed {
		c.readAliases(k)
		c.linkedLevel(k)
	}
	k.self.refused, k.state = c.failed, linked
}

// linkTo links what a reference leads to, and says why it cannot be referred to.
func (c *compiler) linkTo(s *subject, ref *node) error {
	if s.of != nil {
		if s.of.state == linking {
			return errorAt(ref.pos, "correlation %q leads back to this one", ref.text)
		}
		c.link(s.of)
	}
	if s.refused {
		return errorAt(ref.pos, "rule %q is refused", ref.text)
	}
	return nil
}

// distinct refuses a rule that is named by its id and by its name: it would count twice. Where the order counts, two
// matches are meant.
func (c *compiler) distinct(k *correlation) {
	first := make(map[*subject]*node)
	for i, found := range k.targets {
		for _, s := range found {
			if name := first[s]; name != nil && k.out.Kind != rule.Ordered {
				c.fatal(errorAt(k.refs[i].pos, "rules: %q and %q are the same rule", name.text, k.refs[i].text))
			}
			first[s] = k.refs[i]
		}
	}
}

// linkedLevel gives a correlation without a level the highest of its rules.
func (c *compiler) linkedLevel(k *correlation) {
	for _, s := range slices.Concat(k.targets...) {
		if s.of != nil && len(k.values) > 0 {
			c.fatal(errorAt(k.values[0].pos, "matches of a correlation, such as %q, have no field that can be counted", s.meta.ID))
		}
		if !k.level {
			k.out.Meta.Level = max(k.out.Meta.Level, s.meta.Level)
		}
	}
}

// contribute tells the rules and correlations that k refers to what they contribute to it.
func (c *compiler) contribute(k *correlation) {
	for ref, found := range k.targets {
		for _, s := range found {
			c.wanted(k, s)
			if s.of != nil {
				s.of.out.Outer = append(s.of.out.Outer, rule.Link{To: k.out, Ref: ref, Group: c.innerGroup(k, s)})
				continue
			}
			c.enter(s, k.doc.pos)
			r := &c.engine.rules[s.index]
			r.parts = append(r.parts, partOf{k.out, ref, c.fieldsOf(k, k.group, s), c.fieldsOf(k, k.values, s)})
		}
	}
}

func (c *compiler) fieldsOf(k *correlation, names []*node, s *subject) (ids []int) {
	for _, n := range names {
		f := k.field(n, s)
		ids = append(ids, c.field(f.text, f))
	}
	return ids
}

// innerGroup finds the values that k groups by among those that an inner correlation groups by: a match of that has no
// other fields.
func (c *compiler) innerGroup(k *correlation, s *subject) (at []int) {
	for _, n := range k.group {
		f := k.field(n, s)
		i := slices.IndexFunc(s.of.group, func(g *node) bool { return g.text == f.text })
		if i < 0 {
			c.warn(f.pos, "correlation %q does not group by %q: its matches do not take part", s.meta.ID, f.text)
		}
		at = append(at, i)
	}
	return at
}

// wanted notes whether the correlation lets a rule alert on its own. Without generate, that is no matter of rules in
// other files: whoever loads one more file should not lose an alert.
func (c *compiler) wanted(k *correlation, s *subject) {
	switch {
	case k.generate != nil && isTrue(k.generate):
		s.loud = true
	case k.generate != nil || s.meta.Pos.File == k.doc.pos.File:
		s.silenced = true
	}
}

// silence mutes what only correlations ask for. One that wants the alerts of a rule is enough.
func (c *compiler) silence() {
	for _, s := range c.rules {
		c.engine.rules[s.index].silent = s.silenced && !s.loud
	}
	for _, k := range c.correlations {
		if !k.self.refused {
			k.out.Silent = k.self.silenced && !k.self.loud
		}
	}
}
