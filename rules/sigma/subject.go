package sigma

import (
	"fmt"
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// subject is a rule or a correlation as others refer to it.
type subject struct {
	meta    *rule.Meta
	shared  bool // its id was that of an earlier document of its file
	refused bool
	digest  uint32       // of one without an id
	index   int          // of a rule: in Engine.rules
	of      *correlation // nil for a rule
	own, as Source       // of a rule: as it is written, and as it is evaluated

	silenced, loud bool // correlations that do not want its own alerts, or do
}

// subject reads what a rule or a correlation is called and makes it known under its id and its name. One that is
// refused is known too: who refers to it should hear why that fails.
func (c *compiler) subject(doc document, what string) *subject {
	s := &subject{meta: c.meta(doc.node, what), shared: doc.shared}
	if c.text(doc.node, "id") == "" {
		s.digest = digest(doc.node)
	}
	key := idKey(s.meta.ID)
	switch first := c.names[key]; {
	case len(first) == 0:
	case first[0].refused:
		delete(c.names, key)
	case doc.shared:
		s.meta.ID = c.freeID(s.meta.ID)
		c.names[idKey(s.meta.ID)] = []*subject{s}
	case c.renamed(s, doc):
		key = idKey(s.meta.ID)
	default:
		c.fatal(errorAt(doc.naming().position(doc.pos), "rule id %q is already that of the rule at %s", s.meta.ID, c.names[idKey(s.meta.ID)][0].meta.Pos))
		return s
	}
	c.names[key] = append(c.names[key], s)
	if name := c.text(doc.node, "name"); name != "" {
		c.nameSubject(s, nameKey(name), doc.get("name"))
	}
	return s
}

func (c *compiler) nameSubject(s *subject, key string, name *node) {
	switch first := c.names[key]; {
	case len(first) > 0 && first[0].refused:
		delete(c.names, key)
	case len(first) > 0 && !s.shared:
		c.warn(name.pos, "name %q is already that of the rule at %s: no correlation or filter can refer to it", name.text, first[0].meta.Pos)
	}
	c.names[key] = append(c.names[key], s)
}

// freeID numbers the rules that a collection gives one id.
func (c *compiler) freeID(id string) string {
	for n := len(c.names[idKey(id)]) + 1; ; n++ {
		free := fmt.Sprintf("%s-%d", id, n)
		if len(c.names[idKey(free)]) == 0 {
			return free
		}
	}
}

// Ids are UUIDs, in either case; names are not folded.
func idKey(id string) string     { return "id " + strings.ToLower(id) }
func nameKey(name string) string { return "name " + name }

// lookup returns what a reference means: several rules if a collection gave them one id or name.
func (c *compiler) lookup(ref *node) ([]*subject, error) {
	text := strings.TrimSpace(ref.text)
	found := c.names[idKey(text)]
	if len(found) == 0 {
		found = c.names[nameKey(text)]
	}
	if len(found) == 0 {
		return nil, errorAt(ref.pos, "no rule has the id or name %q", text)
	}
	for _, s := range found[1:] {
		if !s.shared {
			return nil, errorAt(ref.pos, "the name %q is that of several rules: %s and %s", text, found[0].meta.Pos, s.meta.Pos)
		}
	}
	return found, nil
}

// enter goes back to the log source of a rule, so that fields are read as its own are.
func (c *compiler) enter(s *subject, here rule.Pos) {
	c.begin(here)
	c.quiet = true
	c.logsource(s.as, &node{kind: mapNode, pos: here})
	c.windows = s.own.Product == "windows"
	c.begin(here)
	c.quiet = false
}

// position returns where n is, or another place if there is no n.
func (n *node) position(otherwise rule.Pos) rule.Pos {
	if n == nil {
		return otherwise
	}
	return n.pos
}
