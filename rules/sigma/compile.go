package sigma

import (
	"cmp"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/auditpy/auditpy/rules/regex"
	"github.com/auditpy/auditpy/rules/rule"
)

// Compile compiles the rules, filters and correlations of all files, which may refer to each other. One with an error is
// left out, with a fatal Diag that says why and where, and never hinders the others. The diags are in the order of the
// files, and within a file by position.
func Compile(files []rule.File, o Options) (*Engine, []rule.Diag) {
	c, diags := compileAll(files, o)
	return c.engine, diags
}

func compileAll(files []rule.File, o Options) (*compiler, []rule.Diag) {
	c := &compiler{
		engine:   &Engine{},
		options:  o,
		said:     make(map[rule.Diag]bool),
		fieldIDs: make(map[fieldID]int),
		leafIDs:  make(map[string]int),
		regexps:  make(map[string]*regex.Regexp),
		names:    make(map[string][]*subject),
	}
	order := make(map[string]int)
	for i, f := range files {
		if _, ok := order[f.Name]; !ok {
			order[f.Name] = i
		}
	}
	c.files(files)
	c.readCorrelations()
	c.applyFilters()
	c.linkCorrelations()
	slices.SortStableFunc(c.diags, func(a, b rule.Diag) int {
		return cmp.Or(cmp.Compare(order[a.Pos.File], order[b.Pos.File]), a.Pos.Compare(b.Pos))
	})
	c.engine.undecided = make([]atomic.Uint64, len(c.engine.leaves))
	c.needs()
	c.engine.build()
	return c, c.diags
}

type compiler struct {
	engine   *Engine
	options  Options
	diags    []rule.Diag
	said     map[rule.Diag]bool
	fieldIDs map[fieldID]int          // of Engine.fields
	leafIDs  map[string]int           // of Engine.leaves, by field and key
	regexps  map[string]*regex.Regexp // by flags and text

	rules        []*subject // in the order of Engine.rules
	names        map[string][]*subject
	filters      []*filter
	correlations []*correlation

	// Of the document at hand.
	failed bool
	here   rule.Pos
	dry    bool // fields are only names: a filter is read before its rules are known
	view   view // that its log source means
	// windows: the rule is written for Windows, and an override has it evaluated here.
	windows bool
	quiet   bool   // what would be said was said before
	never   string // why no event is of its log source
}

// files compiles the rules of files as it reads them, so that few documents are in memory at a time; filters and
// correlations wait for the rules of all files.
func (c *compiler) files(files []rule.File) {
	var l collection
	file := 0
	for p := range ahead(files) {
		<-p.done
		if p.file != file {
			file, l = p.file, collection{}
		}
		c.parsed(p, &l)
	}
}

// parsed compiles a document, which may depend on those before it in its file.
func (c *compiler) parsed(p *parsing, l *collection) {
	if p.err != nil {
		l.last = nil
		c.fatal(p.err)
		return
	}
	if p.node == nil {
		return
	}
	doc, err := l.next(p.node)
	c.fatal(err)
	if doc.node != nil {
		c.document(doc)
	}
}

func (c *compiler) document(doc document) {
	c.begin(doc.pos)
	switch {
	case doc.get("detection") != nil: // a rule may have keys of its author's
		c.rule(doc)
	case doc.get("correlation") != nil:
		c.correlations = append(c.correlations, &correlation{doc: doc})
	case doc.get("filter") != nil:
		c.filters = append(c.filters, &filter{doc: doc})
	default:
		c.rule(doc)
	}
}

func (c *compiler) begin(pos rule.Pos) { c.failed, c.here = false, pos }

func (c *compiler) rule(doc document) {
	s := c.subject(doc, "rule")
	c.never = ""
	s.own = c.ownSource(doc.node)
	s.as = c.overridden(s.own)
	var x *expr
	if !c.failed {
		c.logsource(s.as, doc.get("logsource"))
		c.windows = s.own.Product == "windows"
	}
	if !c.failed {
		x = c.detection(doc.get("detection"), "detection")
	}
	doubt := c.onLimit(doc.node)
	if s.refused = c.failed; s.refused {
		return
	}
	s.meta.Never = c.never
	c.commit(x)
	s.index = len(c.engine.rules)
	c.rules = append(c.rules, s)
	c.engine.rules = append(c.engine.rules, compiled{meta: s.meta, cond: x, view: c.view, doubt: doubt})
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
