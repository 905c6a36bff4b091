package wazuh

import (
	"cmp"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/auditpy/auditpy/rules/rule"
)

// before orders siblings: level 0 first, then the highest; equal ones as in the files. The root of audit's own tree is
// the last.
func before(a, b *definition) int {
	rank := func(d *definition) int {
		switch {
		case d.id == auditRoot:
			return -1
		case d.place == 0:
			return 17
		}
		return d.place
	}
	return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(a.order, b.order))
}

// finish makes the rules of the engine.
func (c *compiler) finish() {
	e := c.engine
	inFiles := slices.Clone(c.defs)
	slices.SortStableFunc(c.defs, before)
	for i, d := range c.defs {
		d.index = int32(i)
	}
	for _, d := range c.defs {
		e.rules = append(e.rules, c.compiled(d))
	}
	c.countAll()
	c.needs()
	known := make(map[*definition]bool)
	for _, d := range c.defs {
		e.rules[d.index].meta.Never = d.neverWhy(known)
	}
	for _, d := range inFiles {
		if !d.base {
			e.listed = append(e.listed, e.rules[d.index].meta)
		}
	}
	e.undecided = make([]atomic.Uint64, len(e.leaves))
	e.build()
}

func (c *compiler) compiled(d *definition) compiled {
	r := compiled{
		meta: c.meta(d), id: d.id, level: d.level, tests: d.tests, noAlert: d.noAlert, silent: d.level == 0 || d.noLog, base: d.base, doubt: d.doubt,
		grouping: d.base || d.top && d.decoders, same: d.same, differ: d.differ, ignore: d.ignore, title: c.template(d.title),
	}
	for _, p := range d.parents {
		r.parents = append(r.parents, p.index)
	}
	if d.top {
		r.parents = append(r.parents, root)
	}
	slices.Sort(r.parents)
	if d.matched != 0 || d.matchedIn != nil {
		r.freq = c.frequencyOf(d, r.meta)
	}
	return r
}

func (c *compiler) meta(d *definition) *rule.Meta {
	m := &rule.Meta{
		ID: strconv.Itoa(d.id), Title: d.title, Level: levelOf(d.level), Severity: d.level, Dialect: "wazuh",
		Tags: d.groups, Techniques: d.techniques, References: d.references, Pos: d.src.pos(d.off),
		Author: d.told.author, Description: d.told.about, FalsePositives: d.told.falsePositives, Response: d.told.response,
	}
	if m.Title == "" {
		m.Title = "Wazuh rule " + m.ID
	}
	return m
}
