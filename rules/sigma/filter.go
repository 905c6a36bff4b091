package sigma

import (
	"slices"
	"strings"
)

// filter narrows rules: each becomes "(rule) and (condition of the filter)", with the identifiers kept apart.
type filter struct {
	doc    document
	body   *node
	source Source
	refs   []*node // nil: all rules of the log source
	conds  map[Source]*expr
}

// applyFilters adds the filters to the rules that they name, in the order of the files.
func (c *compiler) applyFilters() {
	for _, f := range c.filters {
		c.begin(f.doc.pos)
		c.meta(f.doc.node, "filter")
		f.source = c.ownSource(f.doc.node)
		c.readFilter(f)
		if c.failed {
			continue
		}
		for _, s := range c.filtered(f) {
			c.applyFilter(f, s)
		}
	}
}

// readFilter compiles the filter for no rule, so that its faults show even if it names none.
func (c *compiler) readFilter(f *filter) {
	f.body, f.conds = f.doc.get("filter"), make(map[Source]*expr)
	if f.body.kind != mapNode {
		c.fatal(errorAt(f.body.pos, "filter: needs a map with rules, identifiers and a condition"))
		return
	}
	c.filterRules(f)
	c.dry = true
	x := c.detection(f.body, "filter")
	c.dry = false
	if x != nil && !c.failed && !x.negates(make(map[*expr]bool)) {
		c.warn(f.body.get("condition").pos,
			"filter without a \"not\": it keeps only what its selection matches; to drop that, write \"not\" before it")
	}
}

func (c *compiler) filterRules(f *filter) {
	n := f.body.get("rules")
	if n == nil || n.kind == nullNode || n.kind == mapNode {
		c.fatal(errorAt(n.position(f.body.pos), "filter: rules needs a list of ids or names, or any"))
		return
	}
	if n.scalar() && (strings.EqualFold(n.text, "any") || strings.EqualFold(n.text, "all")) {
		return
	}
	for _, ref := range n.each() {
		if ref == nil || !ref.scalar() {
			c.fatal(errorAt(c.pos(ref), "filter: rules needs ids or names"))
			return
		}
		f.refs = append(f.refs, ref)
	}
}

// filtered returns the rules that f is for. A name that is none's is odd but no fault: rules come and go.
func (c *compiler) filtered(f *filter) (out []*subject) {
	if f.refs == nil {
		for _, s := range c.rules {
			if f.covers(s) {
				out = append(out, s)
			}
		}
		if len(out) == 0 {
			c.warn(f.body.get("rules").pos, "filter: no rule has its log source")
		}
		return out
	}
	for _, ref := range f.refs {
		out = append(out, c.named(f, ref)...)
	}
	slices.SortFunc(out, func(a, b *subject) int { return a.index - b.index })
	return slices.Compact(out)
}

// named returns the rules that one reference of a filter means.
func (c *compiler) named(f *filter, ref *node) (out []*subject) {
	found, err := c.lookup(ref)
	if err != nil {
		c.warn(ref.pos, "filter: %s", err.(*inputError).msg)
	}
	for _, s := range found {
		switch {
		case s.of != nil:
			c.warn(ref.pos, "filter: %q is a correlation, and a filter narrows rules: name those that it refers to", ref.text)
		case s.refused:
			c.warn(ref.pos, "filter: rule %q is refused", ref.text)
		case !f.covers(s):
			c.warn(ref.pos, "filter: rule %q is of another log source, so the filter does not apply to it", ref.text)
		default:
			out = append(out, s)
		}
	}
	return out
}

// covers reports whether the log source of f contains that of the rule, as written or as overridden.
func (f *filter) covers(s *subject) bool { return f.source.contains(s.own) || f.source.contains(s.as) }

func (c *compiler) applyFilter(f *filter, s *subject) {
	x, ok := f.conds[s.as]
	if !ok {
		c.enter(s, f.doc.pos)
		x = c.detection(f.body, "filter")
		if c.failed {
			x = nil
		}
		f.conds[s.as] = x
		if x != nil {
			c.commit(x)
		}
	}
	if x != nil {
		r := &c.engine.rules[s.index]
		r.cond = join(opAnd, []*expr{r.cond, x})
		r.cond.done = true
	}
}

// negates reports whether anything in x stands under a not. seen keeps it linear: a condition may name an identifier
// many times.
func (x *expr) negates(seen map[*expr]bool) bool {
	if seen[x] {
		return false
	}
	seen[x] = true
	return x.op == opNot || slices.ContainsFunc(x.kids, func(k *expr) bool { return k.negates(seen) })
}
