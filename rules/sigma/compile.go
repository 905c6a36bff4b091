package sigma

import (
	"errors"
	"fmt"
	"slices"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Compile compiles the rules of all files. A rule with an error is left out, with a fatal Diag that
// says why and where, and never hinders the others. The diags are in the order of the files.
func Compile(files []rule.File) (*Engine, []rule.Diag) {
	c := &compiler{
		engine:   &Engine{},
		fieldIDs: make(map[string]int),
		leafIDs:  make(map[string]int),
		ruleIDs:  make(map[string]rule.Pos),
	}
	for _, f := range files {
		c.file(f)
	}
	return c.engine, c.diags
}

type compiler struct {
	engine   *Engine
	diags    []rule.Diag
	fieldIDs map[string]int // of Engine.fields
	leafIDs  map[string]int // of Engine.leaves, by field and key
	ruleIDs  map[string]rule.Pos

	// Of the rule at hand.
	failed bool
	here   rule.Pos
}

func (c *compiler) file(f rule.File) {
	if len(f.Data) > maxFile {
		c.fatal(errorAt(rule.Pos{File: f.Name}, "file is larger than %d bytes", maxFile))
		return
	}
	for _, chunk := range split(f) {
		doc, err := chunk.parse()
		switch {
		case err != nil:
			c.fatal(err)
		case doc != nil:
			c.document(doc)
		}
	}
}

func (c *compiler) document(doc *node) {
	c.failed, c.here = false, doc.pos
	if doc.kind != mapNode {
		c.fatal(errorAt(doc.pos, "a rule is a map, not %s", doc.kind))
		return
	}
	for _, kind := range []string{"correlation", "filter", "action"} {
		if n := doc.get(kind); n != nil {
			c.fatal(errorAt(n.pos, "%s documents are not supported yet", kind))
			return
		}
	}
	m := c.meta(doc)
	c.logsource(doc.get("logsource"))
	if c.failed {
		return
	}
	x := c.detection(doc.get("detection"))
	if first, ok := c.ruleIDs[m.ID]; ok {
		c.fatal(errorAt(c.idPos(doc), "rule id %q is already that of the rule at %s", m.ID, first))
	}
	if !c.failed {
		c.ruleIDs[m.ID] = m.Pos
		c.commit(x)
		c.engine.rules = append(c.engine.rules, compiled{m, x})
	}
}

func (c *compiler) idPos(doc *node) rule.Pos {
	if n := doc.get("id"); n != nil {
		return n.pos
	}
	return doc.pos
}

// commit gives the leaves of an accepted rule their places, shared where the same was asked before.
func (c *compiler) commit(x *expr) {
	if x.done {
		return
	}
	x.done = true
	if x.leaf == nil {
		for _, k := range x.kids {
			c.commit(k)
		}
		return
	}
	key := fmt.Sprintf("%d %s", x.leaf.field, x.leaf.key)
	id, ok := c.leafIDs[key]
	if !ok {
		id = len(c.engine.leaves)
		c.leafIDs[key] = id
		c.engine.leaves = append(c.engine.leaves, x.leaf)
	}
	x.id, x.leaf = id, c.engine.leaves[id]
}

// field returns the index of a field. One that the view does not know is always absent.
func (c *compiler) field(name string, at *node) int {
	id, ok := c.fieldIDs[name]
	if !ok {
		id = len(c.engine.fields)
		c.fieldIDs[name] = id
		c.engine.fields = append(c.engine.fields, event.SigmaProcessCreation(name))
	}
	if c.engine.fields[id] == nil {
		c.warn(at.pos, "field %q is not answerable from audit exec events; it counts as absent", name)
	}
	return id
}

func (c *compiler) pos(n *node) rule.Pos {
	if n == nil {
		return c.here
	}
	return n.pos
}

// fatal notes an error of the rule at hand, and does nothing for nil.
func (c *compiler) fatal(err error) {
	if err == nil {
		return
	}
	d := rule.Diag{Pos: c.here, Fatal: true, Msg: err.Error()}
	var ie *inputError
	if errors.As(err, &ie) {
		d.Pos, d.Msg = ie.pos, ie.msg
	}
	c.failed = true
	c.add(d)
}

func (c *compiler) warn(pos rule.Pos, format string, args ...any) {
	c.add(rule.Diag{Pos: pos, Msg: fmt.Sprintf(format, args...)})
}

// add drops what was said already: a pattern and a list of conditions can meet the same fault twice.
func (c *compiler) add(d rule.Diag) {
	if last := c.diags[max(0, len(c.diags)-8):]; !slices.Contains(last, d) {
		c.diags = append(c.diags, d)
	}
}
