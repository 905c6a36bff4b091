package wazuh

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Compile compiles the rules of all files, which may refer to each other, and the lists that they name (see File.List).
// A rule with an error is left out, with a fatal Diag that says why and where, and never hinders the others. The diags
// are in the order of the files, and within a file by position.
func Compile(files []rule.File, o Options) (*Engine, []rule.Diag) {
	c := newCompiler(o)
	for _, f := range files {
		if f.List != "" {
			c.lists[listName(f.List)] = parseList(string(f.Data))
			c.own = c.own || listName(f.List) == auditKeys
		}
	}
	rules := slices.DeleteFunc(slices.Clone(files), func(f rule.File) bool { return f.List != "" })
	if len(rules) == 0 {
		return c.engine, nil
	}
	for i, f := range append(c.baseFiles(), rules...) {
		c.base = i < len(c.baseFiles())
		c.file(f)
	}
	c.link()
	c.finish()
	c.warnNever()
	c.sortDiags(rules)
	return c.engine, c.diags
}

type compiler struct {
	engine *Engine
	lists  map[string]*list
	own    bool // the list of audit keys is the user's
	diags  []rule.Diag

	defs     []*definition // in the order of the files
	byID     map[int]*definition
	refused  map[int]bool // ids of rules with errors
	fieldIDs map[string]int32
	leafIDs  map[string]int32
	patterns map[string]*pattern

	matchedGroups int // rules with if_matched_group

	// Of the file at hand.
	base bool
	src  *source
	vars map[string]text
}

func newCompiler(o Options) *compiler {
	zone := o.Zone
	if zone == nil {
		zone = time.UTC
	}
	return &compiler{
		engine: &Engine{zone: zone}, lists: map[string]*list{auditKeys: parseList(builtinKeys)}, byID: make(map[int]*definition),
		refused: make(map[int]bool), fieldIDs: make(map[string]int32), leafIDs: make(map[string]int32), patterns: make(map[string]*pattern),
	}
}

func (c *compiler) fatal(src *source, off int, format string, args ...any) {
	if src.name == baseName { // what is wrong with a rule that replaces one of ours is told of that one
		return
	}
	c.diags = append(c.diags, rule.Diag{Pos: src.pos(off), Fatal: true, Msg: fmt.Sprintf(format, args...)})
}

func (c *compiler) warn(src *source, off int, format string, args ...any) {
	if src.name == baseName {
		return
	}
	c.diags = append(c.diags, rule.Diag{Pos: src.pos(off), Msg: fmt.Sprintf(format, args...)})
}

func (c *compiler) sortDiags(files []rule.File) {
	order := make(map[string]int)
	for i, f := range files {
		if _, ok := order[f.Name]; !ok {
			order[f.Name] = i
		}
	}
	slices.SortStableFunc(c.diags, func(a, b rule.Diag) int {
		return cmp.Or(cmp.Compare(order[a.Pos.File], order[b.Pos.File]), a.Pos.Compare(b.Pos))
	})
}

// rule reads a rule and makes it known, if there is nothing wrong with it.
func (c *compiler) rule(e *element, groups []string) {
	d := &definition{src: c.src, off: e.off, body: e, base: c.base, seq: len(c.defs), groups: slices.Clone(groups), decoders: true, patternText: make(map[string]*joined)}
	if e.fault != nil {
		c.blame(d, e.fault.off, "%s", e.fault.msg)
	}
	c.attributes(d)
	for _, k := range e.kids {
		c.element(d, k)
	}
	c.joinedPatterns(d)
	c.consistent(d)
	if d.failed {
		if d.id > 0 {
			c.refused[d.id] = true
		}
		return
	}
	c.admit(d)
}

// blame refuses the rule at hand.
func (c *compiler) blame(d *definition, off int, format string, args ...any) {
	d.failed = true
	c.fatal(d.src, off, format, args...)
}

// admit takes a rule in, unless its id is taken. Rules of ours give way.
func (c *compiler) admit(d *definition) {
	old := c.byID[d.id]
	d.place, d.order = d.level, d.seq
	switch {
	case old == nil:
		if d.overwrite {
			c.warn(d.src, d.off, "rule %d: overwrite=\"yes\", but there is no such rule to overwrite: it is taken as a new one", d.id)
		}
	case d.overwrite:
		d.sids, d.ifGroups, d.ifLevel, d.place, d.order, d.seq = old.sids, old.ifGroups, old.ifLevel, old.place, old.order, old.seq
		c.drop(old)
	case old.base: // groups and levels of rules before it mean it, in whatever order the files come
		d.seq = old.seq
		c.drop(old)
	default:
		c.fatal(d.src, d.off, "rule %d: the id is taken by the rule at %s; overwrite=\"yes\" would replace that", d.id, old.src.pos(old.off))
		return
	}
	c.byID[d.id] = d
	c.defs = append(c.defs, d)
}

func (c *compiler) drop(d *definition) {
	c.defs = slices.DeleteFunc(c.defs, func(o *definition) bool { return o == d })
}

// field returns the index of a field in Engine.fields.
func (c *compiler) field(name string) int32 {
	key := strings.ToLower(name)
	id, ok := c.fieldIDs[key]
	if !ok {
		id = int32(len(c.engine.fields))
		c.fieldIDs[key] = id
		c.engine.fields = append(c.engine.fields, field{name, event.Wazuh(key)})
	}
	return id
}

// ask adds a test to a rule, the same one where another asked it before.
func (c *compiler) ask(d *definition, l leaf, negate bool) {
	if l.kind != isDecoded && l.kind != isNever {
		d.decoders = false
	}
	key := l.key()
	id, ok := c.leafIDs[key]
	if !ok {
		id = int32(len(c.engine.leaves))
		c.leafIDs[key] = id
		c.engine.leaves = append(c.engine.leaves, &l)
	}
	d.tests = append(d.tests, use{id, negate})
}

// number reads a number of a rule, between bounds.
func (c *compiler) number(d *definition, a *attribute, lo, hi int) int {
	t := a.text.expand(c.vars)
	s := strings.Trim(t.s, blanks)
	n, err := strconv.Atoi(s)
	if err != nil || n < lo || n > hi {
		c.blame(d, a.off, "%s=%q: needs a number from %d to %d", a.name, s, lo, hi)
		return lo
	}
	return n
}
